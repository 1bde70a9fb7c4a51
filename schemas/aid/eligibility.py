"""What a family may be entitled to, fact by fact: a hint for the worker, never a decision.

Of each of the eight kinds, the help of society and the two recognitions it says that they may apply, that
they do not, or that it cannot be told yet; what that rests on, what is missing and who can say it, which
papers to bring and which department decides. What is not known makes the answer open and never a no: nobody
is sent away because a form was left empty.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec

from schemas.aid.assistance import DEPARTMENTS, AssistanceKind, Department, LowIncome
from schemas.aid.circumstances import Circumstances, Missing, Said
from schemas.aid.conditions import WAYS, WHAT, Way
from schemas.aid.documents import DOCUMENTS, Document
from schemas.aid.facts import FACTS, Fact
from schemas.aid.grounds import Told
from schemas.aid.traits import all_of, any_of
from schemas.codes import CodeTable


class Answer(CodeTable, zh="初步判断", en="What can be said of it"):
    """Whether a kind of assistance is worth an application."""

    MAY = "may_apply", "可以申请", "May apply"
    NOT = "does_not_apply", "不符合", "Does not apply"
    UNTOLD = "cannot_be_told", "尚不能判断", "Cannot be told yet"


class Basis(CodeTable, zh="事实依据", en="What a fact rests on"):
    """Where it is known from."""

    ANSWER = "answer", "评估时的回答", "The answer at the screening"
    FILE = "file", "档案推算", "Worked out from the file"
    BOTH = "both", "回答与档案一致", "Answer and file, which agree"
    CONTRADICTION = "contradiction", "回答与档案不一致", "Answer and file contradict each other"
    NOTHING = "nothing", "尚无依据", "Nothing yet"


class Finding(msgspec.Struct, frozen=True):
    """One fact: whether it is so (None: not told), where that is known from, and why.

    `is_wanted` is what the way asks for: of the facts of `unless` that they are not so. `is_of_another`: the
    answer says yes of a member, and of this one the file says no.
    """

    fact: str
    zh: str
    en: str
    truth: bool | None
    basis: Basis
    is_wanted: bool = True
    why: Said | None = None
    missing: tuple[Missing, ...] = ()
    source: str | None = None
    is_of_another: bool = False

    @property
    def is_met(self) -> bool | None:
        """Whether it is as the way asks."""
        return None if self.truth is None else self.truth is self.is_wanted


class WayTold(msgspec.Struct, frozen=True):
    """One way to an entitlement, with all its facts; for `member`, where it is for one who applies alone."""

    is_open: bool | None
    findings: tuple[Finding, ...]
    source: str
    member: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What can be said of one kind. `members`: who of the family may apply for it alone.

    `is_received`: the family's file says that it has it already. `ways` are all that were looked at.
    """

    what: str
    zh: str
    en: str
    answer: Answer
    ways: tuple[WayTold, ...]
    missing: tuple[Missing, ...]
    documents: tuple[Document, ...]
    department: Department
    members: tuple[str, ...] = ()
    is_received: bool = False

    def because(self) -> Said:
        """The answer and the facts that it turns on, in a sentence."""
        return _sentence(self)


_RECOGNISED: Final = frozenset(each.code for each in LowIncome)


def verdicts(family: Circumstances, on: date) -> tuple[Verdict, ...]:
    """What can be said of each kind on that day, in the order of the law."""
    known: dict[tuple[str, str | None], Finding] = {}
    return tuple(_verdict(what, family, on, known) for what in WHAT)


def may_apply(family: Circumstances, on: date) -> list[AssistanceKind]:
    """The kinds that are worth an application, in the order of the law."""
    found = {each.what for each in verdicts(family, on) if each.answer is Answer.MAY}
    return [kind for kind in AssistanceKind if kind.code in found]


def _verdict(
    what: CodeTable, family: Circumstances, on: date, known: dict[tuple[str, str | None], Finding]
) -> Verdict:
    told = tuple(
        _told(way, member, family, on, known)
        for way in WAYS
        if way.what is what
        for member in _applicants(way, family, on)
    )
    is_open = any_of(way.is_open for way in told)
    answer = Answer.MAY if is_open else Answer.NOT if is_open is False else Answer.UNTOLD
    return Verdict(
        what=what.code,
        zh=what.zh,
        en=what.en,
        answer=answer,
        ways=told,
        missing=tuple(dict.fromkeys(_missing(told))) if answer is Answer.UNTOLD else (),
        documents=DOCUMENTS[what.code],
        department=_department(what),
        members=tuple(dict.fromkeys(_who(told))),
        is_received=_is_received(what, family),
    )


def _applicants(way: Way, family: Circumstances, on: date) -> Iterator[str | None]:
    """Whom a way is looked at for: the household, or each member; nobody by name where no member is known."""
    if way.of_member:
        yield from family.members(on) or (None,)
    else:
        yield None


def _told(
    way: Way,
    member: str | None,
    family: Circumstances,
    on: date,
    known: dict[tuple[str, str | None], Finding],
) -> WayTold:
    findings = []
    for name in way.names:
        fact = FACTS[name]
        key = name, member if fact.of_member else None
        if key not in known:
            known[key] = _finding(fact, family, key[1], on)
        is_wanted = name in way.facts
        found = known[key]
        findings.append(found if is_wanted else msgspec.structs.replace(found, is_wanted=False))
    return WayTold(all_of(found.is_met for found in findings), tuple(findings), way.source, member)


def _finding(fact: Fact, family: Circumstances, member: str | None, on: date) -> Finding:
    answered: bool | None = family.answers().get(fact.name) if fact.asked else None
    told = Told(None) if fact.ground is None else fact.ground.told(family, member, on)
    truth, basis = _together(fact, answered, told.truth)
    missing = told.missing
    if truth is None and fact.asked and answered is None:
        missing = (Missing(f"screening.{fact.name}", fact.zh, fact.en), *missing)
    if basis is Basis.CONTRADICTION:
        missing = (
            Missing(
                f"screening.{fact.name}",
                f"“{fact.zh}”评估时的回答与档案不一致，请核对",
                f"{fact.en}: the answer and the file contradict each other, check both",
            ),
        )
    return Finding(
        fact=fact.name,
        zh=fact.zh,
        en=fact.en,
        truth=truth,
        basis=basis,
        why=None if told.truth is None else told.why,
        missing=missing if truth is None else (),
        source=told.source if told.truth is not None else None,
        is_of_another=fact.of_member and bool(answered) and told.truth is False,
    )


def _together(fact: Fact, answered: bool | None, told: bool | None) -> tuple[bool | None, Basis]:
    if answered is None:
        return told, Basis.NOTHING if told is None else Basis.FILE
    if told is None:
        return answered, Basis.ANSWER
    if answered is told:
        return told, Basis.BOTH
    # An answer about "that member" is about one of them: of this one the file speaks, unless the answer says
    # yes to what the file cannot know, such as what a province adds to the list.
    if fact.of_member:
        return (answered, Basis.ANSWER) if answered else (told, Basis.FILE)
    return None, Basis.CONTRADICTION


def _missing(ways: tuple[WayTold, ...]) -> Iterator[Missing]:
    """What would tell the ways that are neither open nor closed."""
    for way in ways:
        if way.is_open is None:
            for found in way.findings:
                yield from found.missing


def _who(ways: tuple[WayTold, ...]) -> Iterator[str]:
    for way in ways:
        if way.is_open and way.member is not None and not any(each.is_of_another for each in way.findings):
            yield way.member


def _is_received(what: CodeTable, family: Circumstances) -> bool:
    received = "categories" if what.code in _RECOGNISED else "assistance"
    return what.code in (family.home().get(received) or ())


def _department(what: CodeTable) -> Department:
    return DEPARTMENTS[what] if isinstance(what, AssistanceKind) else Department.CIVIL_AFFAIRS


def _sentence(verdict: Verdict) -> Said:
    if verdict.answer is Answer.UNTOLD:
        zh = "、".join(each.zh for each in verdict.missing)
        en = "; ".join(each.en for each in verdict.missing)
        return Said(
            f"{verdict.zh}：{verdict.answer.zh}，还需要：{zh}", f"{verdict.en}: {verdict.answer.en}: {en}"
        )
    told: list[tuple[str, str]] = []
    for way in verdict.ways:
        if verdict.answer is Answer.MAY and not way.is_open:
            continue
        # Of a closed way, what closes it; of an open one, all of it.
        turning = [found for found in way.findings if verdict.answer is Answer.MAY or found.is_met is False]
        told += [_clause(found) for found in turning]
    zh = "；".join(dict.fromkeys(clause for clause, _ in told))
    en = "; ".join(dict.fromkeys(clause for _, clause in told))
    return Said(f"{verdict.zh}：{verdict.answer.zh}（{zh}）", f"{verdict.en}: {verdict.answer.en} ({en})")


def _clause(found: Finding) -> tuple[str, str]:
    zh = f"{found.zh}：{'是' if found.truth else '否'}"
    en = f"{found.en}: {'yes' if found.truth else 'no'}"
    if found.why is not None:
        zh, en = f"{zh}，{found.why.zh}", f"{en}, {found.why.en}"
    return zh, en
