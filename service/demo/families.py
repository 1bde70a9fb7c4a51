"""Families as a pilot's files hold them: who lives together, how old, and what has happened to them.

Not a census: files are kept of those who may need somebody, so elders alone, grandparents with grandchildren,
illness and disability are many. What belongs together is made together: parents are old enough, a pupil's
grade follows from the year of birth, who is widowed was married.
"""

import random
from collections.abc import Callable
from datetime import date
from typing import Final

import msgspec

from schemas.age import age_on
from service.demo.names import FEMALE, HAN, MALE, full_name, surname

BEGIN: Final = date(2022, 9, 27)
END: Final = date(2023, 9, 27)


class Disability(msgspec.Struct, frozen=True):
    """A certified disability: kind and grade (1 is the most severe) after GB/T 26341."""

    kind: str
    grade: int


class Member(msgspec.Struct):
    """One who lives in the household. `relation` is to the head; `illness` as people call it."""

    name: str
    sex: str
    born: date
    nationality: str
    relation: str
    marital: str = "single"
    education: str = "primary"
    work: str = "none"
    illness: str | None = None
    is_grave: bool = False
    disability: Disability | None = None
    lost_self_care: int = 0  # of the six acts: eating, dressing, getting up, toilet, walking, bathing
    concern: str | None = None

    def age(self, on: date = BEGIN) -> int:
        """Full years on that day."""
        return age_on(self.born, on)

    @property
    def is_elder(self) -> bool:
        """60 and over when the pilot began."""
        return self.age() >= 60

    @property
    def is_minor(self) -> bool:
        """Under 18 when the pilot began."""
        return self.age() < 18


class Family(msgspec.Struct):
    """A household's people, the head first.

    `form` says how they live, `absent` why somebody is missing, `away` where those work who left, and
    `gone` which of the children's parents died or left.
    """

    form: str
    members: list[Member]
    absent: str | None = None
    away: str | None = None
    gone: str | None = None

    @property
    def head(self) -> Member:
        return self.members[0]

    @property
    def elders(self) -> list[Member]:
        return [member for member in self.members if member.is_elder]

    @property
    def minors(self) -> list[Member]:
        return [member for member in self.members if member.is_minor]


AWAY: Final = ("新疆", "西宁", "西安", "浙江义乌", "银川", "内蒙古", "苏州", "拉萨", "格尔木", "广东")
CHRONIC: Final = {
    "高血压": 30,
    "糖尿病": 18,
    "冠心病": 14,
    "高血压、糖尿病": 8,
    "慢性支气管炎": 10,
    "脑梗后遗症": 8,
    "类风湿关节炎": 7,
    "腰椎间盘突出": 7,
    "膝关节退行性病变": 8,
    "慢性胃炎": 5,
    "白内障": 5,
    "肺心病": 4,
}
OVERWORKED: Final = {
    "腰椎间盘突出": 40,
    "慢性胃炎": 20,
    "高血压": 20,
    "肾结石": 8,
    "甲状腺结节": 12,
    "痛风": 8,
}
GRAVE: Final = {
    "尿毒症，每周透析三次": 8,
    "肺癌术后": 5,
    "乳腺癌术后化疗": 5,
    "肝硬化": 5,
    "脑出血后偏瘫": 7,
    "股骨头坏死": 6,
    "再生障碍性贫血": 2,
    "胃癌术后": 5,
    "尘肺病": 5,
    "帕金森病": 4,
}
DISABILITIES: Final = {"limbs": 45, "sight": 12, "hearing": 14, "speech": 3, "intellect": 13, "mind": 13}


class _Maker:
    """Draws members of one family, who share surname and nationality where a household would."""

    def __init__(self, chance: random.Random, nationality: str, is_rural: bool) -> None:
        self.chance = chance
        self.nationality = nationality
        self.is_rural = is_rural
        self.surname = surname(chance, nationality)

    def likely(self, share: float) -> bool:
        return self.chance.random() < share

    def drawn(self, weights: dict[str, int]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def born(self, age: int) -> date:
        """A birthday of somebody who is `age` when the pilot begins."""
        day = date.fromordinal(BEGIN.toordinal() - self.chance.randint(0, 364))
        return day.replace(year=day.year - age, day=min(day.day, 28))

    def member(
        self, relation: str, sex: str, age: int, marital: str = "single", outside: bool = False
    ) -> Member:
        """Somebody of the family; `outside`: married in, or of another family by descent."""
        born = self.born(age)
        family = surname(self.chance, self.nationality) if outside else self.surname
        made = Member(
            full_name(self.chance, family, self.nationality, sex, born.year),
            sex,
            born,
            self.nationality,
            relation,
            marital,
        )
        made.education = self._education(made)
        made.work = self._work(made)
        self._health(made)
        return made

    def _education(self, member: Member) -> str:
        age = member.age()
        if age < 18:
            school_year = BEGIN.year - member.born.year - (member.born.month > 8)
            if school_year < 6:
                return "none"
            if school_year < 12:
                return "primary"
            return "junior" if school_year < 15 else self.drawn({"senior": 3, "vocational": 2})
        schooled = 0.25 if self.is_rural else 0.5
        if age >= 75:
            return self.drawn(
                {"none": 45, "primary": 35, "junior": int(30 * schooled), "senior": int(14 * schooled)}
            )
        if age >= 60:
            return self.drawn(
                {"none": 15, "primary": 35, "junior": 32, "senior": int(30 * schooled), "college": 2}
            )
        if age >= 40:
            return self.drawn(
                {"primary": 18, "junior": 42, "senior": int(40 * schooled), "vocational": 8, "college": 8}
            )
        if age >= 23:
            return self.drawn(
                {"primary": 4, "junior": 36, "senior": 16, "vocational": 14, "college": 18, "bachelor": 12}
            )
        return self.drawn({"junior": 20, "senior": 30, "vocational": 20, "college": 15, "bachelor": 15})

    def _work(self, member: Member) -> str:
        age = member.age()
        if age < 18:
            return "preschool" if member.education == "none" else "pupil"
        if age >= (60 if member.sex == MALE else 55):
            if self.is_rural:
                return "farming" if age < 70 and self.likely(0.6) else "none"
            return "retired" if self.likely(0.62) else "none"
        if age < 23 and member.education in ("college", "bachelor"):
            return "student"
        if self.is_rural:
            return self.drawn({"farming": 34, "casual": 38, "employed": 12, "trade": 6, "none": 10})
        return self.drawn({"employed": 30, "casual": 36, "trade": 12, "none": 22})

    def _health(self, member: Member) -> None:
        age = member.age()
        if self.likely(0.02 if age < 18 else 0.09 if age < 60 else 0.13):
            member.disability = Disability(
                self.drawn(DISABILITIES), self.chance.choices((1, 2, 3, 4), (14, 28, 32, 26))[0]
            )
        if age >= 30 and self.likely(0.05 if age < 60 else 0.06):
            member.illness, member.is_grave = self.drawn(GRAVE), True
            if member.sex == MALE and member.illness.startswith("乳腺"):
                member.illness = "肺癌术后"
        elif self.likely(0.01 if age < 30 else 0.14 if age < 50 else 0.36 if age < 65 else 0.66):
            member.illness = "哮喘" if age < 30 else self.drawn(OVERWORKED if age < 50 else CHRONIC)
        if age >= 60:
            lost = self.chance.choices((0, 1, 2, 3, 4, 5, 6), (84, 5, 3, 3, 2, 2, 1))[0]
            if age >= 80 and self.likely(0.25):
                lost = max(lost, self.chance.randint(1, 4))
            member.lost_self_care = lost
        if (
            member.disability
            and member.disability.grade == 1
            and member.disability.kind in ("limbs", "intellect")
        ):
            member.lost_self_care = max(member.lost_self_care, self.chance.randint(2, 5))
        if (
            not member.is_minor
            and age < 60
            and (
                member.is_grave
                or member.lost_self_care
                or (member.disability is not None and member.disability.grade <= 2)
            )
        ):
            member.work = "unable"

    def sex(self) -> str:
        return self.chance.choice((MALE, FEMALE))

    def couple(self, age: int, head: str = MALE) -> list[Member]:
        """A married couple, its head of that sex and about that age; the wife mostly a little younger."""
        wife = max(20, age - self.chance.choices(range(-2, 7), (3, 6, 12, 14, 18, 16, 12, 6, 4))[0])
        if head == MALE:
            return [
                self.member("head", MALE, age, "married"),
                self.member("spouse", FEMALE, wife, "married", outside=True),
            ]
        return [
            self.member("head", FEMALE, age, "married", outside=True),
            self.member("spouse", MALE, age + self.chance.randint(-1, 5), "married"),
        ]

    def children(self, mother: int, count: int, oldest: int = 17) -> list[Member]:
        """Children of a mother of that age, the eldest first, none over `oldest`, a year and more apart."""
        made = []
        age = max(0, min(oldest, mother - self.chance.randint(20, 30)))
        for _ in range(count):
            if age < 0:
                break
            sex = self.sex()
            made.append(self.member("son" if sex == MALE else "daughter", sex, age))
            age -= self.chance.randint(2, 6)
        return made

    def number_of_children(self) -> int:
        return self.chance.choices((1, 2, 3), (48, 44, 8) if self.nationality == HAN else (22, 48, 30))[0]


def _alone(make: _Maker) -> Family:
    age = make.chance.choices((64, 69, 74, 79, 84, 89), (14, 18, 22, 22, 16, 8))[0] + make.chance.randint(
        -3, 3
    )
    sex = make.chance.choices((MALE, FEMALE), (38, 62))[0]
    marital = make.drawn({"widowed": 72, "divorced": 14, "single": 14 if sex == MALE else 3})
    absent = "no_children" if marital == "single" or make.likely(0.12) else "children_apart"
    away = make.chance.choice(AWAY) if absent == "children_apart" and make.likely(0.35) else None
    elder = make.member("head", sex, age, marital)
    elder.lost_self_care = min(elder.lost_self_care, 2)  # who has lost more does not live alone for long
    return Family("elder_alone", [elder], absent, away)


def _empty_nest(make: _Maker) -> Family:
    age = make.chance.randint(64, 86)
    away = make.chance.choice(AWAY) if make.likely(0.4) else None
    couple = make.couple(age)
    couple[1].born = make.born(max(60, couple[1].age()))
    return Family("empty_nest", couple, "children_apart", away)


def _with_grandchildren(make: _Maker) -> Family:
    age = make.chance.randint(56, 72)
    if make.likely(0.6):
        elders = make.couple(age)
    else:
        elders = [make.member("head", FEMALE, age, "widowed", outside=True)]
    absent = make.drawn({"parents_work": 62, "divorce": 14, "one_dead": 12, "unsupported": 9, "orphan": 3})
    parent = age - make.chance.randint(21, 27)
    children = make.children(parent, 1 if absent != "parents_work" else make.number_of_children(), 16)
    for child in children:
        child.relation = "grandson" if child.sex == MALE else "granddaughter"
        if absent == "orphan":
            child.concern = "scattered_orphan"
        elif absent == "unsupported":
            child.concern = "de_facto_unsupported"
        elif absent == "parents_work" and make.is_rural and child.age() < 16:
            child.concern = "left_behind"
        elif absent != "parents_work" or make.likely(0.3):
            child.concern = "in_difficulty"
    gone = make.chance.choice(("father", "mother")) if absent in ("divorce", "one_dead") else None
    return Family("grandparents", elders + children, absent, make.chance.choice(AWAY), gone)


def _parents_and_children(make: _Maker) -> Family:
    age = make.chance.randint(28, 47)
    couple = make.couple(age)
    count = make.number_of_children()
    children = make.children(couple[1].age(), count)
    family = Family("nuclear", couple + children)
    for child in children:
        if child.disability or (child.illness and make.likely(0.5)):
            child.concern = "in_difficulty"
    if make.is_rural and make.likely(0.2) and children:
        # The father works far away and only comes home for the New Year: he is no member of this household.
        mother = couple[1]
        mother.relation = "head"
        family = Family("mother_at_home", [mother, *children], "father_works", make.chance.choice(AWAY))
        if mother.is_grave or mother.work == "unable":
            for child in children:
                if child.age() < 16:
                    child.concern = "left_behind"
    return family


def _one_parent(make: _Maker) -> Family:
    age = make.chance.randint(28, 48)
    sex = make.chance.choices((MALE, FEMALE), (36, 64))[0]
    marital = make.drawn({"divorced": 64, "widowed": 36})
    parent = make.member("head", sex, age, marital, outside=sex == FEMALE)
    children = make.children(age - (2 if sex == MALE else 0), make.chance.choices((1, 2), (70, 30))[0])
    for child in children:
        if parent.work in ("none", "unable") or make.likely(0.3):
            child.concern = "in_difficulty"
    absent = "divorce" if marital == "divorced" else "one_dead"
    gone = "father" if sex == FEMALE else "mother"
    return Family("one_parent", [parent, *children], absent, gone=gone)


def _three_generations(make: _Maker) -> Family:
    age = make.chance.randint(30, 44)
    couple = make.couple(age)
    children = make.children(couple[1].age(), make.chance.choices((1, 2), (60, 40))[0])
    sex = make.chance.choices((MALE, FEMALE), (35, 65))[0]
    elder = make.member(
        "father" if sex == MALE else "mother",
        sex,
        age + make.chance.randint(22, 32),
        "widowed",
        outside=sex == FEMALE,
    )
    parents = [elder]
    if make.likely(0.4):
        elder.marital = "married"
        other = FEMALE if sex == MALE else MALE
        years = max(age + 19, elder.age() + make.chance.randint(-3, 1 if other == FEMALE else 4))
        parents.append(
            make.member(
                "mother" if other == FEMALE else "father", other, years, "married", outside=other == FEMALE
            )
        )
    return Family("three_generations", couple + children + parents)


def _childless_couple(make: _Maker) -> Family:
    return Family("couple", make.couple(make.chance.randint(42, 59)), "children_grown")


def _adult_alone(make: _Maker) -> Family:
    sex = make.chance.choices((MALE, FEMALE), (72, 28))[0]
    adult = make.member("head", sex, make.chance.randint(32, 58), make.drawn({"single": 58, "divorced": 42}))
    if adult.disability is None and adult.illness is None:
        adult.disability = Disability(make.drawn(DISABILITIES), make.chance.randint(1, 3))
        if adult.disability.grade <= 2:
            adult.work = "unable"
    return Family("adult_alone", [adult])


def _with_disabled_child(make: _Maker) -> Family:
    age = make.chance.randint(62, 78)
    elders = (
        make.couple(age) if make.likely(0.5) else [make.member("head", FEMALE, age, "widowed", outside=True)]
    )
    sex = make.sex()
    youngest = min(elder.age() for elder in elders)
    child = make.member(
        "son" if sex == MALE else "daughter", sex, max(20, youngest - make.chance.randint(22, 32)), "single"
    )
    child.disability = Disability(
        make.drawn({"intellect": 45, "mind": 35, "limbs": 20}),
        make.chance.choices((1, 2, 3), (30, 50, 20))[0],
    )
    child.work = "unable"
    return Family("disabled_adult_child", [*elders, child])


def _grown_child(make: _Maker) -> Family:
    age = make.chance.randint(50, 66)
    couple = make.couple(age)
    sex = make.sex()
    child = make.member(
        "son" if sex == MALE else "daughter",
        sex,
        max(18, couple[1].age() - make.chance.randint(22, 29)),
        "single",
    )
    return Family("grown_child", [*couple, child])


_FORMS: Final[dict[Callable[[_Maker], Family], tuple[int, int]]] = {
    # in a town, in the country
    _alone: (17, 12),
    _empty_nest: (14, 14),
    _with_grandchildren: (5, 15),
    _parents_and_children: (25, 22),
    _one_parent: (8, 5),
    _three_generations: (9, 14),
    _childless_couple: (5, 4),
    _adult_alone: (7, 6),
    _with_disabled_child: (4, 4),
    _grown_child: (6, 4),
}


def family(chance: random.Random, nationalities: dict[str, int], is_rural: bool) -> Family:
    """A family of a community where these nationalities live, by weight."""
    nationality = chance.choices(list(nationalities), list(nationalities.values()))[0]
    weights = [weight[is_rural] for weight in _FORMS.values()]
    form = chance.choices(list(_FORMS), weights)[0]
    return form(_Maker(chance, nationality, is_rural))
