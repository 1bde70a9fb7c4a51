"""What a family lives on, spends, has and owes: the lines of the household's tables (家庭经济状况)."""

from typing import Annotated

import msgspec

from schemas.annotations import entry
from schemas.codes import CodeTable, Unit

_MOST_FEN = 10**11


class IncomeKind(CodeTable, zh="收入种类", en="Kind of income", source="民发〔2021〕57号"):
    """As offices check them one by one. Which of them count, and how much of it, is `counted_income`.

    `allowance` says too little for that: what is paid under a name of its own has a kind of its own.
    """

    WAGES = "wages", "工资性收入", "Wages"
    BUSINESS = "business", "经营净收入", "Net income from business or farming"
    PROPERTY = "property", "财产净收入", "Net income from property"
    PENSION = "pension", "养老金", "Pension"
    SUPPORT = "support", "赡养抚养扶养费", "Support from relatives"
    UNEMPLOYMENT = "unemployment", "失业保险金", "Unemployment benefit"
    BASIC_PENSION = "basic_pension", "城乡居民基础养老金", "Basic pension of residents"
    ASSISTANCE = "assistance", "社会救助款物", "Social assistance, in money or kind"
    DISABILITY = "disability", "残疾人两项补贴", "The two allowances for disabled people"
    PREFERENTIAL = "preferential", "优待抚恤金", "Pensions for veterans and the bereaved of martyrs"
    REWARD = "reward", "奖学金和奖励性补助", "Scholarships and rewards"
    OLD_AGE = "old_age", "高龄津贴", "Old-age allowance"
    ALLOWANCE = "allowance", "其他补贴补助", "Other allowances"
    OTHER = "other", "其他收入", "Other"


class ExpenseKind(CodeTable, zh="支出种类", en="Kind of expense"):
    """What the family cannot do without. Which of them are rigid spending is `rigid_expenses`."""

    FOOD = "food", "饮食", "Food"
    HOUSING = "housing", "住房水电", "Housing, water and power"
    HEATING = "heating", "取暖", "Heating"
    MEDICAL = "medical", "医疗", "Medical"
    REHABILITATION = "rehabilitation", "康复护理", "Rehabilitation and nursing"
    EDUCATION = "education", "教育", "Education"
    DEBT = "debt", "偿还债务", "Debts"
    OTHER = "other", "其他支出", "Other"


class AssetKind(CodeTable, zh="财产种类", en="Kind of asset", source="民发〔2021〕57号"):
    """What a family has: what can be moved, and what cannot."""

    DEPOSITS = "deposits", "现金和存款", "Cash and deposits"
    SECURITIES = "securities", "有价证券和基金", "Securities and funds"
    INSURANCE = "insurance", "商业保险", "Commercial insurance"
    CLAIMS = "claims", "债权", "Money owed to the family"
    ONLINE = "online", "互联网金融资产", "Assets held online"
    BUSINESS = "business", "经营主体出资", "A share in a business"
    VEHICLE = "vehicle", "机动车辆", "Motor vehicle"
    MACHINERY = "machinery", "大型农机具和船舶", "Large machinery or a boat"
    HOUSE = "house", "房屋", "House or flat"
    LAND = "land", "承包地和宅基地", "Contracted land or a homestead"
    OTHER = "other", "其他财产", "Other"


class DebtKind(CodeTable, zh="债务种类", en="Kind of debt"):
    """What a family borrowed for."""

    MEDICAL = "medical", "看病", "Illness"
    EDUCATION = "education", "上学", "Schooling"
    HOUSING = "housing", "购房建房", "A dwelling"
    BUSINESS = "business", "经营", "A business"
    LIVING = "living", "日常生活", "Daily living"
    WEDDING_OR_FUNERAL = "wedding_or_funeral", "婚丧", "A wedding or a funeral"
    OTHER = "other", "其他债务", "Other"


class IncomeItem(msgspec.Struct):
    """One line of the income table."""

    kind: Annotated[IncomeKind, entry("种类", "Kind")]
    amount_fen: Annotated[
        int, entry("每月金额", "Amount a month", minimum=0, maximum=_MOST_FEN, unit=Unit.FEN)
    ]
    note: Annotated[str | None, entry("说明", "Note", max_length=200)] = None


class ExpenseItem(msgspec.Struct):
    """One line of the expense table."""

    kind: Annotated[ExpenseKind, entry("种类", "Kind")]
    amount_fen: Annotated[
        int, entry("每月金额", "Amount a month", minimum=0, maximum=_MOST_FEN, unit=Unit.FEN)
    ]
    note: Annotated[str | None, entry("说明", "Note", max_length=200)] = None


class AssetItem(msgspec.Struct):
    """One line of the table of assets. What it would fetch is often known to nobody; that it is there is."""

    kind: Annotated[AssetKind, entry("种类", "Kind")]
    value_fen: Annotated[int | None, entry("估值", "Value", minimum=0, maximum=_MOST_FEN, unit=Unit.FEN)] = (
        None
    )
    count: Annotated[int | None, entry("数量", "How many", minimum=1, maximum=1000)] = None
    note: Annotated[str | None, entry("说明", "Note", max_length=200)] = None


class DebtItem(msgspec.Struct):
    """One line of the table of debts: what is owed still, not what is paid back a month."""

    kind: Annotated[DebtKind, entry("种类", "Kind")]
    amount_fen: Annotated[
        int, entry("尚欠金额", "Amount still owed", minimum=0, maximum=_MOST_FEN, unit=Unit.FEN)
    ]
    note: Annotated[str | None, entry("说明", "Note", max_length=200)] = None
