"""The two allowances for disabled people (两项补贴, 国发〔2015〕52号): who may apply, and why. Pure.

困难残疾人生活补贴 helps with what a disability costs a poor family, 重度残疾人护理补贴 with long-term care.
Said as data, so that phones reckon offline exactly as the server does. A hint for the worker, never a
decision: it names the facts that it rests on, those still to be asked, and what the local office has to say.
"""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any, Final

import msgspec

from schemas.codes import CodeTable
from schemas.family.allowance_application import AllowanceKind
from schemas.family.disability import DisabilityCertificate
from schemas.family.figures import ALLOWANCE_AMOUNTS, ALLOWANCE_TERMS
from schemas.person_codes import DisabilityGrade, DisabilityKind

SOURCE: Final = "国发〔2015〕52号"
SINCE: Final = date(2016, 1, 1)
"""From this day on there are these allowances everywhere."""


class Prospect(CodeTable, zh="申请可能", en="Prospect of an application"):
    """How an application would stand by the facts recorded."""

    MAY_APPLY = "may_apply", "可以申请", "May apply"
    ASK_OFFICE = "ask_office", "视当地规定，请询主管部门", "By local rules: ask the office"
    NOT_YET_TOLD = "not_yet_told", "信息不全，请补充", "Cannot be told yet: facts are missing"
    MAY_NOT = "may_not", "不符合条件", "May not"


class Effect(Enum):
    """What a fact does to an application."""

    SPEAKS_FOR = "for"
    EXCLUDES = "against"
    LOCAL = "local"  # the place decides
    NOTE = "note"  # to be known, whatever else


class Clause(msgspec.Struct, frozen=True):
    """Where `field` of the survey is one of `values`, this is its effect; with neither, in any other case.

    `least`: instead, where it is that figure of `disability_allowance_terms` or more.
    """

    effect: Effect
    zh: str
    en: str
    field: str
    values: tuple[Any, ...] = ()
    least: str | None = None

    def holds(self, said: Any, on: date) -> bool:
        """Whether it does where the field says `said`, on a day."""
        if self.least is not None:
            figure = ALLOWANCE_TERMS.value_of(self.least, on)
            return figure is not None and said >= figure
        return not self.values or said in self.values


Question = tuple[Clause, ...]
"""One thing to be told of an application: the first clause that holds tells it.

A clause whose field nobody has filled in yet stops there: it has to be asked, for it might hold. Where no
clause holds, nothing follows.
"""

_CERTIFIED: Final[Question] = (
    Clause(
        Effect.SPEAKS_FOR,
        "持有残疾人证",
        "Holds the certificate",
        "certificate",
        (DisabilityCertificate.HELD.code,),
    ),
    Clause(Effect.EXCLUDES, "须先办理或换领残疾人证", "The certificate has to be got first", "certificate"),
)
_POOR: Final[Question] = (
    Clause(
        Effect.SPEAKS_FOR,
        "低保家庭中的残疾人",
        "Of a family on the minimum living allowance",
        "on_minimum_living",
        (True,),
    ),
    Clause(
        Effect.LOCAL,
        "低收入及其他困难残疾人由当地规定",
        "On a low income: by what the place has decided",
        "on_low_income",
        (True,),
    ),
    Clause(
        Effect.EXCLUDES,
        "不是低保或低收入家庭",
        "Neither on the minimum living allowance nor on a low income",
        "on_minimum_living",
    ),
)
_SEVERE: Final[Question] = (
    Clause(
        Effect.SPEAKS_FOR,
        "残疾等级为一级或二级",
        "Of grade 1 or 2",
        "disability_grade",
        (DisabilityGrade.FIRST.code, DisabilityGrade.SECOND.code),
    ),
    Clause(
        Effect.LOCAL,
        "非重度智力、精神残疾人由当地规定",
        "Of intellect or mind and less severe: by what the place has decided",
        "disability_kind",
        (DisabilityKind.INTELLECT.code, DisabilityKind.MIND.code),
    ),
    Clause(
        Effect.LOCAL,
        "三、四级其他残疾人由当地规定",
        "Of grade 3 or 4: by what the place has decided",
        "disability_grade",
    ),
)
# 6个月以上: 以上 takes the number itself in (民法典, article 1259).
_CARED_FOR: Final[Question] = (
    Clause(
        Effect.SPEAKS_FOR,
        "因残疾的护理用品和照护支出持续达到规定月数",
        "Care for the disability has been paid for long enough",
        "care_months",
        least="long_term_care_months",
    ),
    Clause(
        Effect.EXCLUDES,
        "照护支出未达到规定月数",
        "Care for the disability has not been paid for long enough",
        "care_months",
    ),
)
_EXTREME_POVERTY: Final[Question] = (
    Clause(
        Effect.EXCLUDES,
        "纳入特困供养的不享受两项补贴",
        "Whoever is supported as in extreme poverty has neither",
        "in_extreme_poverty",
        (True,),
    ),
)
_INJURED: Final[Question] = (
    Clause(
        Effect.EXCLUDES,
        "领取工伤保险生活护理费的不享受两项补贴",
        "Whoever is paid for nursing by work injury insurance has neither",
        "on_injury_nursing",
        (True,),
    ),
)
_ORPHAN: Final[Question] = (
    Clause(
        Effect.EXCLUDES,
        "享受孤儿基本生活保障的残疾儿童不享受生活补贴，可享受护理补贴",
        "A disabled child on the orphans' allowance has the nursing allowance alone",
        "on_orphan_allowance",
        (True,),
    ),
)
_ANOTHER: Final[Question] = (
    Clause(
        Effect.NOTE,
        "另有老年、因公致残、离休等同类补贴的，择高申领一类",
        "Of this and another allowance of its sort the higher one is chosen",
        "on_other_allowance",
        (True,),
    ),
)

QUESTIONS: Final[dict[AllowanceKind, tuple[Question, ...]]] = {
    AllowanceKind.LIVING: (_CERTIFIED, _POOR, _EXTREME_POVERTY, _INJURED, _ORPHAN, _ANOTHER),
    AllowanceKind.NURSING: (
        _CERTIFIED,
        _SEVERE,
        _CARED_FOR,
        _EXTREME_POVERTY,
        _INJURED,
        _ANOTHER,
    ),
}


class Ground(msgspec.Struct, frozen=True):
    """A fact, by its field in the survey, and what follows from it."""

    field: str
    zh: str
    en: str


class Allowance(msgspec.Struct, frozen=True):
    """`amount_fen`: a month, None where the office has not said. `missing`: fields still to be asked."""

    kind: AllowanceKind
    prospect: Prospect
    grounds: tuple[Ground, ...]
    missing: tuple[str, ...]
    amount_fen: int | None
    source: str = SOURCE


def allowances(survey: Mapping[str, Any], on: date) -> list[Allowance]:
    """Both allowances for whom a `disability_survey` is about, by what it says, on a day."""
    return [_allowance(kind, questions, survey, on) for kind, questions in QUESTIONS.items()]


def _allowance(
    kind: AllowanceKind, questions: tuple[Question, ...], survey: Mapping[str, Any], on: date
) -> Allowance:
    grounds: dict[Effect, list[Ground]] = {effect: [] for effect in Effect}
    if on < SINCE:
        grounds[Effect.EXCLUDES].append(
            Ground("on", "两项补贴自 2016 年 1 月 1 日起实施", "There are no such allowances before 2016")
        )
    missing: list[str] = []
    for question in questions:
        for clause in question:
            said = survey.get(clause.field)
            if said is None:
                missing.append(clause.field)
                break
            if clause.holds(said, on):
                grounds[clause.effect].append(Ground(clause.field, clause.zh, clause.en))
                break
    found = grounds[Effect.SPEAKS_FOR] + grounds[Effect.LOCAL]
    if against := grounds[Effect.EXCLUDES]:  # one is enough, whatever is not known yet
        prospect, found, missing = Prospect.MAY_NOT, against, []
    elif missing:
        prospect = Prospect.NOT_YET_TOLD
    elif grounds[Effect.LOCAL]:
        prospect = Prospect.ASK_OFFICE
    else:
        prospect = Prospect.MAY_APPLY
    told = (*found, *grounds[Effect.NOTE])
    return Allowance(kind, prospect, told, tuple(missing), ALLOWANCE_AMOUNTS.value_of(kind.code, on))


def said() -> dict[str, Any]:
    """The rule for clients."""
    return {
        "collection": "disability_survey",
        "since": SINCE.isoformat(),
        "source": SOURCE,
        "terms": ALLOWANCE_TERMS.name,
        "amounts": ALLOWANCE_AMOUNTS.name,
        "questions": {
            kind.code: [[_said(clause) for clause in question] for question in questions]
            for kind, questions in QUESTIONS.items()
        },
        "prospects": [{"code": each.code, "zh": each.zh, "en": each.en} for each in Prospect],
    }


def _said(clause: Clause) -> dict[str, Any]:
    return {
        "field": clause.field,
        "values": list(clause.values),
        "least": clause.least,
        "effect": clause.effect.value,
        "zh": clause.zh,
        "en": clause.en,
    }
