"""How grave things are by declared signs, and what of it is written down: by itself a risk only rises.

What a visit or an assessment found shows signs, each of a risk; the gravest that shows is suggested. Beside
it stands the risk that people have recorded of the person. The graver of the two counts, so that neither a
better visit nor a form that was left empty ever lowers anything. Lowering is a change of its own: somebody
who has read what was recorded sets `risk` of the person, and says why in `risk_note`. The policy of that
field (`highest`) keeps whatever warning they had not read.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

from schemas.conditions import Is
from schemas.declare import Declaration
from schemas.needs import Risk
from schemas.verdict import Records, Ruled, Verdict, explained, verdicts

DEFAULT: Final = "产品默认规则，待主管部门确认"
"""What a sign rests on that no paper names."""
_RISING: Final[tuple[Risk, ...]] = tuple(Risk)


def sign(risk: Risk, fact: str, *codes: str) -> Ruled:
    """A sign by default: the fact is one of `codes`."""
    return Ruled(risk, Is(fact, codes), DEFAULT)


def gravest(risks: Iterable[Risk | None]) -> Risk | None:
    """The gravest of those that are known."""
    return max((risk for risk in risks if risk is not None), key=_RISING.index, default=None)


class RiskVerdict(msgspec.Struct, frozen=True):
    """`suggested` by what was found, `recorded` by people, and `counts`, the graver one.

    `signs`: those that show, the gravest first. `missing`: facts that nobody has recorded and that could show
    a graver one.
    """

    suggested: Risk
    recorded: Risk | None
    counts: Risk
    signs: tuple[Verdict, ...]
    missing: tuple[str, ...]
    zh: str
    en: str

    @property
    def to_record(self) -> Risk | None:
        """What is to be written as the person's risk; None where nothing has risen."""
        return self.counts if self.counts is not self.recorded else None


def risk_by(
    signs: Iterable[Ruled],
    records: Records,
    on: date,
    declared: Mapping[str, Declaration],
    recorded: Risk | None,
) -> RiskVerdict:
    """The risk by `signs`, whose codes are risks, on that day. Where no sign shows it is low."""
    found = verdicts(signs, records, on, declared)
    shown = sorted((each for each in found if each.holds), key=_place, reverse=True)
    suggested = _RISING[_place(shown[0])] if shown else Risk.LOW
    counts = gravest((suggested, recorded)) or suggested
    graver = [each for each in found if each.holds is None and _place(each) > _RISING.index(counts)]
    missing = tuple(dict.fromkeys(path for each in graver for path in each.missing))
    zh = [f"风险等级按“{counts.zh}”计", f"现有情况提示“{suggested.zh}”"]
    en = [f"The risk counts as {counts.en.lower()}", f"what was found suggests {suggested.en.lower()}"]
    if recorded is not None:
        zh.append(f"已评定为“{recorded.zh}”")
        en.append(f"{recorded.en.lower()} was recorded")
    for each in shown:
        zh.append(each.zh)
        en.append(each.en)
    if missing:
        labels = explained(missing, declared)
        zh.append("尚缺" + "、".join(label for label, _ in labels))
        en.append("not known yet: " + ", ".join(label for _, label in labels))
    return RiskVerdict(suggested, recorded, counts, tuple(shown), missing, "；".join(zh), "; ".join(en))


def _place(verdict: Verdict) -> int:
    return _RISING.index(verdict.code)
