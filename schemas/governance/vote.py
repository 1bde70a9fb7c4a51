"""What a vote comes to, and why. Pure: a hint for who writes the result down, who decides.

At a residents' meeting more than half of those entitled must be there, and what more than half of those
there agree to is decided (城市居民委员会组织法 as of 1990, article 9). The law was revised with effect from
2026, and other forms of deliberation go by what their community has agreed: of these the count is told, and
that other rules decide.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from schemas.codes import CodeTable
from schemas.governance.deliberation import DeliberationKind

LAW: Final = "城市居民委员会组织法（1990年施行）第九条"
REVISED_ON: Final = date(2026, 1, 1)


class VoteResult(CodeTable, zh="表决结果", en="Result of a vote"):
    """What the count comes to by the rule."""

    PASSED = "passed", "过半数通过", "Passed by more than half"
    NOT_PASSED = "not_passed", "未过半数", "Not passed"
    NO_QUORUM = "no_quorum", "到会未过半数，不能表决", "Too few were there to decide"
    MISCOUNTED = "miscounted", "票数多于到会人数，请重新清点", "More votes than people: count again"
    UNTOLD = "untold", "信息不全，不能判断", "Cannot be told from what is recorded"


class Vote(msgspec.Struct, frozen=True):
    """`present`, `votes`: as counted. `missing`: what has to be filled in. `source`: the law that decides."""

    result: VoteResult
    present: int
    votes: int
    missing: tuple[str, ...]
    zh: str
    en: str
    source: str | None


def vote(deliberation: Mapping[str, Any], proposal: Mapping[str, Any]) -> Vote:
    """What the votes on `proposal` come to in `deliberation`."""
    present = sum(line["count"] for line in deliberation.get("attending") or ())
    agreed = proposal.get("votes_for") or 0
    votes = agreed + (proposal.get("votes_against") or 0) + (proposal.get("abstained") or 0)
    by_law = deliberation.get("kind") == DeliberationKind.RESIDENTS_MEETING.code
    wanted = ["attending", *(["entitled"] if by_law else [])]
    missing = tuple(name for name in wanted if not deliberation.get(name))
    if missing:
        result = VoteResult.UNTOLD
    elif votes > present:
        result = VoteResult.MISCOUNTED
    elif by_law and 2 * present <= deliberation["entitled"]:
        result = VoteResult.NO_QUORUM
    else:
        result = VoteResult.PASSED if 2 * agreed > present else VoteResult.NOT_PASSED
    is_law = by_law and date.fromisoformat(deliberation["on"]) < REVISED_ON
    whose = "" if is_law else "；按“到会过半数”计算，请以现行规定或本社区议事规则为准"
    whose_en = "" if is_law else "; reckoned by more than half of those there: the rules in force decide"
    return Vote(
        result,
        present,
        votes,
        missing,
        f"{result.zh}（到会 {present} 人，共 {votes} 票）{whose}",
        f"{result.en} ({present} there, {votes} votes){whose_en}",
        LAW if is_law else None,
    )
