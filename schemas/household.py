"""The household (家庭): the people who live together, whom a worker visits."""

from typing import TYPE_CHECKING, Annotated

import msgspec

from schemas.aid.means import AssetItem, DebtItem, ExpenseItem, IncomeItem
from schemas.annotations import Ref, entry
from schemas.codes import CodeTable, Unit
from schemas.declare import FIXED, HIGHEST, LATEST, REVIEW, TEXT, UNION, Record, field
from schemas.forms import COMMUNITY_CODE, MONTH
from schemas.masks import ADDRESS, NAME, WHOLE
from schemas.needs import Assistance, Need, Risk
from schemas.privacy import Privacy
from schemas.treatment import BAND, DROPPED, KEPT, PARTS

if TYPE_CHECKING:
    from schemas.person import Person

OPEN, BASIC, CONTACT, CASE = Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT, Privacy.CASE


class Registration(CodeTable, zh="城乡类别", en="Urban or rural"):
    """Which minimum living line applies."""

    URBAN = "urban", "城镇", "Urban"
    RURAL = "rural", "农村", "Rural"


class Dwelling(CodeTable, zh="住房情况", en="Dwelling"):
    """By what right the family lives where it lives."""

    OWNED = "owned", "自有住房", "Owned"
    OWNED_DANGEROUS = "owned_dangerous", "自有危房", "Owned, dangerous"
    PUBLIC_RENTAL = "public_rental", "公租房", "Public rental"
    PRIVATE_RENTAL = "private_rental", "市场租赁", "Rented"
    WITH_RELATIVES = "with_relatives", "借住亲友", "With relatives or friends"
    EMPLOYER = "employer", "单位宿舍", "Employer's housing"
    NONE = "none", "无固定住所", "No fixed dwelling"
    OTHER = "other", "其他", "Other"


class Category(CodeTable, zh="家庭类别", en="Category of household"):
    """The groups that assistance goes by. `edge`, `rigid_spending`: low-income, above the minimum line."""

    MINIMUM_LIVING = "minimum_living", "低保家庭", "On the minimum living allowance"
    EXTREME_POVERTY = "extreme_poverty", "特困供养", "In extreme poverty"
    EDGE = "edge", "低保边缘家庭", "On the edge of the minimum line"
    RIGID_SPENDING = "rigid_spending", "刚性支出困难家庭", "In difficulty by rigid spending"
    DISABLED = "disabled", "残疾人家庭", "With a disabled member"
    GRAVELY_ILL = "gravely_ill", "重病患者家庭", "With a gravely ill member"
    CHILD_IN_DIFFICULTY = "child_in_difficulty", "困境儿童家庭", "With a child in difficulty"
    LEFT_BEHIND_CHILD = "left_behind_child", "留守儿童家庭", "With a left-behind child"
    ELDER_ALONE = "elder_alone", "独居空巢老人家庭", "Elder living alone or empty-nest"
    ONE_CHILD_LOST = "one_child_lost", "计划生育特殊家庭", "Special family of family planning"
    SINGLE_PARENT = "single_parent", "单亲家庭", "Single parent"
    ZERO_EMPLOYMENT = "zero_employment", "零就业家庭", "Nobody employed"
    VETERAN = "veteran", "退役军人及优抚对象家庭", "Veteran or entitled family"
    MIGRANT = "migrant", "流动人口家庭", "Migrant"
    OTHER = "other", "其他", "Other"


class Location(msgspec.Struct):
    """Where the dwelling is, in degrees of WGS 84 as a phone's receiver gives them."""

    longitude: Annotated[float, entry("经度", "Longitude", minimum=-180, maximum=180)]
    latitude: Annotated[float, entry("纬度", "Latitude", minimum=-90, maximum=90)]
    accuracy_m: Annotated[
        int | None, entry("精度", "Accuracy", minimum=0, maximum=100_000, unit=Unit.METRE)
    ] = None


class Household(Record, collection="household", zh="家庭", en="Household", opens_file=True):
    """A family living together (共同生活的家庭成员), the unit that assistance is counted by.

    Income, expenses and assets are lines and the month they are of, decided together: lines of one month
    under the heading of another would be figures that nobody gave. No lines under a month say that there was
    nothing; no month says that nobody asked.
    """

    community: Annotated[
        str,
        # Right until the family moves, which is a `move` of the record and one correction here.
        field(
            "所属社区代码",
            "Code of the community",
            privacy=OPEN,
            merge=FIXED,
            correctable=True,
            form=COMMUNITY_CODE,
            sample=DROPPED,  # the sample says the area, where enough others share it
        ),
    ]
    name: Annotated[
        str,
        field(
            "户名",
            "Name of the household",
            privacy=BASIC,
            merge=LATEST,
            mask=NAME,
            min_length=1,
            max_length=50,
            sample=DROPPED,
        ),
    ]
    address: Annotated[
        str,
        field(
            "住址",
            "Address",
            privacy=BASIC,
            merge=LATEST,
            mask=ADDRESS,
            min_length=1,
            max_length=200,
            sample=DROPPED,
        ),
    ]
    head: Annotated[Ref["Person"] | None, field("户主", "Head", privacy=OPEN, merge=REVIEW)] = None
    kind: Annotated[
        Registration | None, field("城乡类别", "Urban or rural", privacy=BASIC, merge=LATEST, mask=WHOLE)
    ] = None
    members: Annotated[
        int | None,
        field(
            "家庭人口",
            "Members",
            privacy=BASIC,
            merge=LATEST,
            mask=WHOLE,
            minimum=1,
            maximum=50,
            unit=Unit.PERSON,
            sample=BAND,
        ),
    ] = None
    location: Annotated[Location | None, field("位置", "Location", privacy=CONTACT, merge=LATEST)] = None
    housing: Annotated[
        Dwelling | None, field("住房情况", "Dwelling", privacy=BASIC, merge=LATEST, mask=WHOLE)
    ] = None
    income_items: Annotated[
        tuple[IncomeItem, ...],
        field(
            "收入明细", "Income", privacy=CASE, merge=LATEST, together="income", max_items=50, sample=PARTS
        ),
    ] = ()
    income_month: Annotated[
        str | None,
        field(
            "收入核算月份",
            "Month of income",
            privacy=CASE,
            merge=LATEST,
            together="income",
            form=MONTH,
            sample=KEPT,
        ),
    ] = None
    expense_items: Annotated[
        tuple[ExpenseItem, ...],
        field(
            "支出明细",
            "Expenses",
            privacy=CASE,
            merge=LATEST,
            together="expenses",
            max_items=50,
            sample=PARTS,
        ),
    ] = ()
    expense_month: Annotated[
        str | None,
        field(
            "支出核算月份",
            "Month of expenses",
            privacy=CASE,
            merge=LATEST,
            together="expenses",
            form=MONTH,
            sample=KEPT,
        ),
    ] = None
    assets: Annotated[
        str | None, field("财产状况", "Assets", privacy=CASE, merge=LATEST, max_length=1000)
    ] = None
    asset_items: Annotated[
        tuple[AssetItem, ...],
        field(
            "财产明细",
            "Assets, line by line",
            privacy=CASE,
            merge=LATEST,
            together="assets",
            max_items=50,
            sample=PARTS,
        ),
    ] = ()
    asset_month: Annotated[
        str | None,
        field(
            "财产核算月份",
            "Month of the assets",
            privacy=CASE,
            merge=LATEST,
            together="assets",
            form=MONTH,
            sample=KEPT,
        ),
    ] = None
    debt_items: Annotated[
        tuple[DebtItem, ...],
        field("债务明细", "Debts", privacy=CASE, merge=LATEST, max_items=50, sample=PARTS),
    ] = ()
    categories: Annotated[
        frozenset[Category], field("家庭类别", "Categories", privacy=BASIC, merge=UNION, mask=WHOLE)
    ] = frozenset()
    needs: Annotated[frozenset[Need], field("需求", "Needs", privacy=BASIC, merge=UNION, mask=WHOLE)] = (
        frozenset()
    )
    assistance: Annotated[
        frozenset[Assistance],
        field("已享受的救助和补贴", "Assistance received", privacy=BASIC, merge=UNION, mask=WHOLE),
    ] = frozenset()
    risk: Annotated[Risk | None, field("风险等级", "Risk level", privacy=CASE, merge=HIGHEST)] = None
    note: Annotated[str | None, field("备注", "Note", privacy=CASE, merge=TEXT, max_length=4000)] = None
