"""What a family lives on, and what follows from it: categories, needs, assistance and risk.

The figures are believable, not official: pensions, wages and costs as people in Lanzhou told them in 2022.
"""

import random
from typing import Final, NamedTuple

import msgspec

from schemas.aid.standards import COUNTED_INCOME
from service.demo.families import BEGIN, Family, Member
from service.demo.lines import LINES
from service.demo.places import Home

EDGE: Final = 1.5  # 低保边缘: below one and a half times the line (民发〔2021〕57号)


class Item(NamedTuple):
    """A line of the income or expense table. Yuan a month."""

    kind: str
    yuan: int
    note: str | None = None


class Means(msgspec.Struct):
    """A family's means, and the words of `schemas.household` that they amount to.

    `line`: the minimum living line that applies, in yuan a head and month.
    """

    income: list[Item]
    expenses: list[Item]
    dwelling: str
    assets: str
    line: int
    categories: list[str] = []
    needs: list[str] = []
    assistance: list[str] = []
    risk: str = "low"

    @property
    def source(self) -> str:
        """What the family mainly lives on, in a word."""
        words = {
            "wages": "打工收入",
            "business": "经营收入",
            "pension": "养老金",
            "basic_pension": "养老金",
            "support": "子女赡养费",
            "assistance": "各类补贴",
            "disability": "各类补贴",
            "old_age": "各类补贴",
        }
        most = max(self.income, key=lambda item: item.yuan, default=None)
        return words.get(most.kind, "零星收入") if most else "亲友接济"

    def per_head(self, members: int) -> int:
        """Yuan a head and month."""
        return sum(item.yuan for item in self.income) // members

    def counted_per_head(self, members: int) -> int:
        """The same of what counts before the law: what an application is decided by."""
        return sum(item.yuan for item in self.income if is_counted(item)) // members


def is_counted(item: Item) -> bool:
    """Whether an income counts, as far as that was decided when the pilot began."""
    return COUNTED_INCOME.value_of(item.kind, BEGIN) == 100


def means_of(chance: random.Random, family: Family, home: Home, is_rural: bool) -> Means:
    """What `family` lives on in that home."""
    income = [item for member in family.members for item in _income(chance, member)]
    if family.absent == "father_works":
        income.append(Item("support", chance.randint(20, 36) * 100, f"丈夫从{family.away}寄回"))
    elif family.absent == "parents_work":
        income.append(Item("support", chance.randint(6, 16) * 100, f"孩子父母从{family.away}寄回"))
    elif family.absent == "divorce" and chance.random() < 0.5:
        income.append(Item("support", chance.randint(3, 8) * 100, "抚养费"))
    elif family.absent == "children_apart" and chance.random() < 0.5:
        income.append(Item("support", chance.randint(2, 9) * 100, "子女给的生活费"))
    dwelling = home.housing if home.housing != "resettlement" else "owned"
    if home.housing == "owned" and chance.random() < 0.1:
        dwelling = "owned_dangerous" if home.is_house else "private_rental"
    made = Means(
        income,
        _expenses(chance, family, dwelling),
        dwelling,
        _assets(chance, is_rural, dwelling),
        LINES[is_rural],
    )
    _assist(chance, family, made)
    _categorise(family, made)
    _find_needs(chance, family, made, is_rural)
    made.risk = _risk(family)
    return made


def _income(chance: random.Random, member: Member) -> list[Item]:
    amount = chance.randint
    items = []
    match member.work:
        case "employed":
            items.append(Item("wages", amount(26, 48) * 100, f"{member.name}工资"))
        case "casual":
            items.append(Item("wages", amount(9, 26) * 100, f"{member.name}打零工"))
        case "trade":
            items.append(Item("business", amount(22, 52) * 100, f"{member.name}{_trade(chance, member)}"))
        case "farming":
            items.append(Item("business", amount(4, 13) * 100, f"{member.name}种地"))
        case "retired":
            items.append(Item("pension", amount(240, 430) * 10, f"{member.name}退休金"))
    if member.is_elder and member.work != "retired":
        items.append(Item("basic_pension", amount(14, 24) * 10, f"{member.name}城乡居民养老金"))
    if member.age() >= 80:
        items.append(Item("old_age", 60 if member.age() < 90 else 100, f"{member.name}高龄津贴"))
    if member.disability is not None and member.disability.grade <= 2:
        items.append(Item("disability", 110, f"{member.name}残疾人护理补贴"))
    if member.concern in ("scattered_orphan", "de_facto_unsupported"):
        items.append(Item("assistance", 1130, f"{member.name}基本生活补贴"))
    return items


def _trade(chance: random.Random, member: Member) -> str:
    if member.nationality in ("03", "26"):
        return chance.choice(("牛肉面馆", "卖牛羊肉", "开小饭馆", "贩皮毛", "卖馍馍"))
    return chance.choice(("小卖部", "修车铺", "菜摊", "理发店", "跑出租"))


def _expenses(chance: random.Random, family: Family, dwelling: str) -> list[Item]:
    amount = chance.randint
    items = [
        Item("food", len(family.members) * amount(38, 62) * 10),
        Item("housing", amount(9, 24) * 10, "水电燃气物业"),
        Item("heating", amount(9, 19) * 10, "按月摊"),
    ]
    if dwelling == "private_rental":
        items[1] = Item("housing", amount(6, 12) * 100, "房租和水电")
    for member in family.members:
        if member.is_grave:
            items.append(Item("medical", amount(7, 32) * 100, f"{member.name}治疗"))
        elif member.illness is not None:
            items.append(Item("medical", amount(8, 38) * 10, f"{member.name}买药"))
        if member.disability is not None and member.age() < 14:
            items.append(Item("rehabilitation", amount(5, 18) * 100, f"{member.name}康复训练"))
        if member.work == "pupil":
            late = member.education in ("senior", "vocational")
            items.append(Item("education", amount(4, 8) * 100 if late else amount(8, 26) * 10, member.name))
        elif member.work == "student":
            items.append(Item("education", amount(11, 16) * 100, f"{member.name}大学生活费"))
    if chance.random() < 0.12:
        items.append(Item("debt", amount(3, 12) * 100))
    return items


def _assets(chance: random.Random, is_rural: bool, dwelling: str) -> str:
    if dwelling in ("private_rental", "public_rental"):
        return chance.choice(
            ("无自有住房，无存款", "无房无车", "无自有住房，电动车一辆", "无自有住房，存款两千元")
        )
    if is_rural:
        return chance.choice(
            (
                "宅基地一处，平房四间",
                "宅基地一处，承包地两亩",
                "承包地三亩，三轮车一辆",
                "平房三间，无存款",
                "电动三轮一辆，承包地一亩半",
            )
        )
    return chance.choice(
        (
            "住房一套，无车",
            "住房一套，存款一万余元",
            "无存款",
            "住房一套，电动车一辆",
            "房改房一套，无其他财产",
            "存款三千元",
        )
    )


def _assist(chance: random.Random, family: Family, made: Means) -> None:
    line, count = made.line, len(family.members)
    total = sum(item.yuan for item in made.income)
    has_nobody = family.absent == "no_children" and family.form == "elder_alone"
    if has_nobody and total < line and chance.random() < 0.7:
        made.assistance.append("extreme_poverty")
        made.income.append(Item("assistance", int(line * 1.3) - total, "特困供养金"))
    elif total < line * count and chance.random() < 0.66:
        made.assistance.append("minimum_living")
        made.income.append(Item("assistance", max(60, (line * count - total) // 10 * 10), "低保金"))
    for member in family.members:
        if member.disability is not None and member.disability.grade <= 2:
            made.assistance.append("disabled_nursing")
            if "minimum_living" in made.assistance:
                made.assistance.append("disabled_living")
                made.income.append(Item("disability", 110, f"{member.name}困难残疾人生活补贴"))
        if member.age() >= 80:
            made.assistance.append("old_age")
        if member.concern == "scattered_orphan":
            made.assistance.append("orphan")
        if member.concern == "de_facto_unsupported":
            made.assistance.append("unsupported_child")
    made.assistance = list(dict.fromkeys(made.assistance))


def _categorise(family: Family, made: Means) -> None:
    line, per_head = made.line, made.per_head(len(family.members))
    found: list[str] = [kind for kind in ("minimum_living", "extreme_poverty") if kind in made.assistance]
    sick = sum(item.yuan for item in made.expenses if item.kind in ("medical", "rehabilitation", "education"))
    if not found and line <= per_head < line * EDGE:
        found.append("edge")
    elif not found and per_head >= line * EDGE and sick > 0.4 * per_head * len(family.members):
        found.append("rigid_spending")
    members = family.members
    concerns = {member.concern for member in members} - {None}
    if any(member.disability for member in members):
        found.append("disabled")
    if any(member.is_grave for member in members):
        found.append("gravely_ill")
    if "left_behind" in concerns:
        found.append("left_behind_child")
    if concerns - {"left_behind"}:
        found.append("child_in_difficulty")
    if family.form in ("elder_alone", "empty_nest"):
        found.append("elder_alone")
    if family.form == "one_parent":
        found.append("single_parent")
    able = [
        member for member in members if 18 <= member.age() < 60 and member.work not in ("unable", "student")
    ]
    if able and all(member.work == "none" for member in able):
        found.append("zero_employment")
    made.categories = found


def _find_needs(chance: random.Random, family: Family, made: Means, is_rural: bool) -> None:
    members, line = family.members, made.line
    is_low = made.per_head(len(members)) < line * EDGE
    elders = family.elders
    lost = max((member.lost_self_care for member in members), default=0)
    pupils = [member for member in members if member.work in ("pupil", "student")]
    wanted = {
        "income": is_low,
        "medical": any(member.is_grave for member in members),
        "medicine": is_low and any(elder.illness for elder in elders),
        "daily_care": lost > 0,
        "meals": family.form in ("elder_alone", "empty_nest") and (lost > 0 or family.head.age() >= 82),
        "company": family.form == "elder_alone" or (family.form == "empty_nest" and chance.random() < 0.5),
        "education": bool(pupils) and is_low,
        "tutoring": family.form == "grandparents" and bool(pupils),
        "guardianship": family.absent in ("orphan", "unsupported"),
        "employment": "zero_employment" in made.categories,
        "housing": made.dwelling in ("owned_dangerous", "private_rental") and (is_low or is_rural),
        "heating": is_rural and family.form == "elder_alone" and is_low,
        "aids": any(each.disability and each.disability.kind == "limbs" for each in elders),
        "mental": family.form in ("one_parent", "adult_alone", "elder_alone") and chance.random() < 0.2,
        "rehabilitation": any(each.disability and each.age() < 14 for each in members),
    }
    made.needs = [need for need, is_wanted in wanted.items() if is_wanted]


def _risk(family: Family) -> str:
    head, concerns = family.head, {member.concern for member in family.members}
    lost = max(member.lost_self_care for member in family.members)
    if family.form == "elder_alone" and (head.age() >= 84 or lost >= 2 or head.is_grave):
        return "high"
    if concerns & {"scattered_orphan", "de_facto_unsupported"}:
        return "high"
    if family.form == "elder_alone" or lost >= 3 or concerns - {None}:
        return "medium"
    if any(member.is_grave for member in family.members) or head.age() >= 80:
        return "medium"
    return "low"
