"""What one change does to one record (protocol.md, How concurrent edits meet).

A pure function of (record, change, declaration): no clock, no database, no randomness. The position in the
area's log and the time of receipt are given. It answers with data; `apply` carries it out.

Every edit counts, also one that sends what stands already: it takes a stamp and has its part delivered again.
So the order in which the server hears of concurrent edits does not matter where a policy needs no person, and
nobody is ever found not to have seen a stamp that they could not have been told of.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from schemas.declare import Declaration, Field, Policy
from schemas.faults import KEPT
from schemas.privacy import ALL_CLASSES, CLASSES, Privacy
from schemas.problems import (
    CHANGE_INVALID,
    FIELD_FIXED,
    RECORD_DELETED,
    RECORD_PERMANENT,
    TRANSITION_NOT_DECLARED,
    FieldProblem,
    ProblemKind,
)
from sync.record import CREATION, DELETION, Claim, Deletion, Stamp, Stored
from sync.text import merge_texts
from sync.wire import Change, Outcome

ABSENT: Any = object()
"""In place of a value: the record does not have the field."""

_encode = msgspec.json.Encoder().encode
_SAFE_INTEGER = 2**53
_RANK: dict[Outcome, int] = {"applied": 0, "merged": 1, "conflict": 2}
_NEW = 0  # the rev of a stamp that `apply` is still to place


class Edit(NamedTuple):
    """A change as it is decided: who made it, when by their clock (clamped), and its place in the log.

    `after_rev`: the place of the author's change that it names as `after`, 0 for none. `reads`: the classes
    that the author may read.
    """

    change: Change
    by: str
    at: str
    rev: int
    after_rev: int = 0
    reads: int = ALL_CLASSES
    account: UUID | None = None


class Dispute(NamedTuple):
    """Two people disagree and the policy asks for a person: what was sent and is not in force.

    `deletion`: who deleted what the edit has brought back; otherwise the candidate is the edit's own.
    """

    kind: str  # "field" or "delete"
    privacy: Privacy
    fields: tuple[str, ...]
    standing: dict[str, Any]
    sent: dict[str, Any]
    deletion: Deletion | None = None


class Refusal(Exception):
    """The change cannot be applied; it goes to quarantine with this problem.

    `area`: where the record lies now, if the supervisor of that area is the one who can let it through.
    """

    def __init__(
        self, kind: ProblemKind, errors: list[FieldProblem] | None = None, area: UUID | None = None
    ) -> None:
        super().__init__(kind.type)
        self.kind = kind
        self.errors = errors or []
        self.area = area


class Decision:
    """What a change does: values now in force, stamps, disputes, and the outcome as a word."""

    __slots__ = ("claims", "deleted", "disputes", "effect", "late", "members", "outcome", "stamps", "values")

    def __init__(self) -> None:
        self.outcome: Outcome = "applied"
        # field: value that comes into force
        self.values: dict[str, Any] = {}
        # field: its stamp, where it is not simply the author's
        self.stamps: dict[str, Stamp] = {}
        # set field: every member with the stamps of those who added it
        self.members: dict[str, dict[str, list[Stamp]]] = {}
        # field decided by the highest value: what is still stood by
        self.claims: dict[str, list[Claim]] = {}
        # field: value in force where it is not the one sent
        self.effect: dict[str, Any] = {}
        # fields of which a later value of the same author was there already
        self.late: list[str] = []
        self.disputes: list[Dispute] = []
        # None: as it was; True: deleted by this change; False: restored by it
        self.deleted: bool | None = None

    def at_least(self, outcome: Outcome) -> None:
        """Raise the outcome along applied, merged, conflict."""
        if _RANK[outcome] > _RANK[self.outcome]:
            self.outcome = outcome


def refused_op(change: Change, declared: Declaration) -> Refusal | None:
    """Why `change` cannot be of its kind of record, whatever there is: told without a look at any.

    What the law wants kept neither goes nor comes back, and what stands where a child's file is goes with it.
    """
    if declared.permanent and change.op != "write":
        return Refusal(RECORD_PERMANENT, [_STAYS])
    if declared.starting and change.op == "move":
        return Refusal(CHANGE_INVALID, [_GOES_ALONG])
    return None


def decide_creation(change: Change, declared: Declaration, *, is_whole: bool = False) -> Decision:
    """A record nobody has seen yet. Raises `Refusal` where it is not whole, unless `is_whole` says it is."""
    decision = Decision()
    values = change.set
    if change.add or change.increment:
        values = dict(values)
        for name, members in change.add.items():
            values[name] = list(dict.fromkeys([*(values.get(name) or ()), *members]))
        for name, amount in change.increment.items():
            values[name] = _counted(name, values.get(name), amount)
    for name, value in values.items():
        field = declared.fields.get(name)
        if field is not None and field.states is not None and value not in field.states.initial:
            raise Refusal(TRANSITION_NOT_DECLARED, [_no_initial(field, value)])
    if not is_whole and (problems := declared.problems_in_whole(values)):
        raise Refusal(CHANGE_INVALID, [problem.under("/set") for problem in problems])
    decision.values = dict(values)
    return decision


def decide(
    record: Stored,
    edit: Edit,
    declared: Declaration,
    before: Mapping[str, Any],
    settled: Mapping[str, list[Any]],
) -> Decision:
    """What `edit` does to `record`.

    `before`: where others have written unseen, what the author had in front of them, as far as it is known
    (ABSENT: nothing): of notes and states, and of fields that are decided together with one that was sent.
    `settled`: for the fields of the conflict that the change resolves, the values that were in dispute; any
    of them may be chosen. Raises `Refusal`.
    """
    decision = Decision()
    change = edit.change
    if change.op == "delete":
        _delete(record, edit, declared, decision)
        return decision
    if change.op == "restore":
        if record.deleted:
            decision.deleted = False
        return decision
    if record.deleted:
        deletion = record.deletion
        if deletion is None or _is_seen(deletion.stamp, edit):
            raise Refusal(RECORD_DELETED)
        # Somebody deleted what this author was working on: the work stays, the delete waits for a person.
        decision.deleted = False
        decision.at_least("conflict")
        decision.disputes.append(Dispute("delete", Privacy.OPEN, (), {}, {}, deletion))
    done: set[str] = set()
    for name in change.set:
        if name in done:
            continue
        field = declared.fields.get(name)
        policy = field.policy if field is not None else Policy.LATEST
        if policy is Policy.UNION:
            _replace_members(record, edit, declared, name, decision)
        elif policy is Policy.COUNTER:
            _begin_count(record, edit, declared, name, decision)
        elif policy is Policy.HIGHEST and field is not None:
            _claim(record, edit, field, decision, only_rises=declared.permanent)
        else:
            unit = declared.unit_of(name)
            done.update(unit)
            _decide_unit(record, edit, declared, unit, policy, decision, before, settled)
    for name in dict.fromkeys([*change.add, *change.remove]):
        added, removed = change.add.get(name, []), change.remove.get(name, [])
        _change_members(record, edit, declared, name, added, removed, decision)
    for name, amount in change.increment.items():
        values = record.values(declared.privacy_of(name))
        decision.values[name] = _counted(name, decision.values.get(name, values.get(name)), amount)
        if name in values and not _is_seen(record.stamp(name), edit):
            decision.at_least("merged")
            decision.effect[name] = decision.values[name]
    return decision


def apply(decision: Decision, record: Stored, edit: Edit, declared: Declaration) -> int:
    """Carry out a decision on `record`; gives the classes whose parts changed."""
    own = Stamp(edit.rev, edit.by, edit.at, edit.at)
    stamps = record.stamps
    is_new = CREATION not in stamps
    if is_new:
        stamps[CREATION] = own
    touched = 0
    if is_new:
        for privacy, part in declared.parted(decision.values).items():
            record.values(privacy).update(part)
            touched |= privacy.bit
    else:
        for name, value in decision.values.items():
            privacy = declared.privacy_of(name)
            part = record.values(privacy)
            if value is ABSENT:
                part.pop(name, None)
            else:
                part[name] = value
            stamps[name] = own
            touched |= privacy.bit
    for field in declared.computed:
        if field.computed is not None and touched & field.privacy.bit:
            part = record.values(field.privacy)
            part[field.name] = field.computed.value(part)
    for privacy in CLASSES:
        if privacy.bit & touched:
            record.put(privacy, edit.rev)
    for name, stamp in decision.stamps.items():
        stamps[name] = _placed(stamp, edit)
    for name, members in decision.members.items():
        stamps[name] = {
            member: [_placed(stamp, edit) for stamp in added] for member, added in members.items()
        }
    for name, claims in decision.claims.items():
        stamps[name] = [[_placed(claim.stamp, edit), claim.value] for claim in claims]
    if decision.deleted is not None:
        record.deleted = decision.deleted
        stamps[DELETION] = Deletion(
            edit.rev, edit.by, edit.at, str(edit.change.id), str(edit.account) if edit.account else ""
        )
        record.renew_all(edit.rev)
        return record.classes()
    # What the author sent is not what stands: they are told, and whoever decides a dispute later then holds a
    # rev that lies behind its candidates (sync/conflict.py).
    for dispute in decision.disputes:
        if dispute.kind == "delete":
            record.renew_all(edit.rev)
            return record.classes()
    for name in decision.effect:
        privacy = declared.privacy_of(name)
        if not touched & privacy.bit:
            record.renew(privacy, edit.rev)
            touched |= privacy.bit
    return touched


def _placed(stamp: Stamp, edit: Edit) -> Stamp:
    return stamp._replace(rev=edit.rev) if stamp.rev == _NEW else stamp


def _is_seen(stamp: Stamp, edit: Edit) -> bool:
    """The author knew of this stamp: it is at or below their base, or their own device's."""
    return stamp.rev <= edit.change.base or stamp.by == edit.by


def _is_late(stamp: Stamp, edit: Edit) -> bool:
    """The author's own later value is in force already: this one waited in quarantine meanwhile."""
    return (
        stamp.by == edit.by
        and stamp.rev > max(edit.change.base, edit.after_rev)
        and edit.at < (stamp.written or stamp.at)
    )


def _all_same(standing: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(_same(standing.get(name, ABSENT), value) for name, value in wanted.items())


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _delete(record: Stored, edit: Edit, declared: Declaration, decision: Decision) -> None:
    if record.deleted:
        return
    # Parts that the author may not read must not be told by the outcome.
    unseen = any(
        not _is_seen(stamp, edit)
        for name, stamp in record.every_stamp()
        if name == CREATION or declared.privacy_of(name).bit & edit.reads
    )
    if not unseen:
        decision.deleted = True
        return
    decision.at_least("conflict")
    decision.disputes.append(Dispute("delete", Privacy.OPEN, (), {}, {}))


def _decide_unit(
    record: Stored,
    edit: Edit,
    declared: Declaration,
    unit: tuple[str, ...],
    policy: Policy,
    decision: Decision,
    before: Mapping[str, Any],
    settled: Mapping[str, list[Any]],
) -> None:
    """Fields that are decided together; most units are one field."""
    sent = edit.change.set
    privacy = declared.privacy_of(unit[0])
    values = record.values(privacy)
    standing = {name: values[name] for name in unit if name in values}
    wanted = {name: sent[name] for name in unit if name in sent}
    field = declared.fields.get(unit[0])
    if not standing:
        if field is not None and field.states is not None and wanted[field.name] not in field.states.initial:
            raise Refusal(TRANSITION_NOT_DECLARED, [_no_initial(field, wanted[field.name])])
        decision.values.update(wanted)
        return
    stamps = {name: record.stamp(name) for name in standing}
    newest = max(stamps.values())
    in_force = {name: standing.get(name) for name in wanted}
    if _is_late(newest, edit):
        decision.at_least("merged")
        decision.effect.update(in_force)
        decision.late.extend(wanted)
        return
    if all(_is_seen(stamp, edit) for stamp in stamps.values()):
        if not _all_same(standing, wanted):
            _follow(field, standing, wanted, settled)
        _take(decision, unit, wanted, _after(stamps, edit))
        return
    decision.at_least("merged")
    # What the author left as it was they still had in mind: it is decided with what they sent.
    untouched = [name for name in unit if name not in wanted]
    wanted.update({name: _or_absent(before[name]) for name in untouched if name in before})
    if all(name in wanted for name in untouched):
        if _all_same(standing, wanted):
            _take(decision, unit, wanted, _agreed(policy, newest, edit))
            return
        if policy is Policy.TEXT and _merge_notes(
            unit[0], declared, before, standing, wanted, edit, decision
        ):
            return
        if field is not None and field.states is not None:
            _check_step(field, before.get(field.name), wanted[field.name], settled)
        if _new_one_wins(policy, field, stamps, edit, standing, wanted):
            _take(decision, unit, wanted, _after(stamps, edit))
            decision.effect.update({name: _said(wanted[name]) for name in untouched})
            return
        if policy is Policy.LATEST or _keeps_standing(field, standing, wanted):
            decision.effect.update(in_force)
            return
    if policy is Policy.FIXED and (field is None or not field.correctable):
        raise Refusal(FIELD_FIXED, [_fixed(unit[0])])
    decision.at_least("conflict")
    decision.effect.update(in_force)
    offered = {name: _said(value) for name, value in wanted.items()}
    decision.disputes.append(Dispute("field", privacy, unit, standing, offered))


def _or_absent(value: Any) -> Any:
    """What was empty is written as absent: not every field may be null."""
    return ABSENT if value is None else value


def _said(value: Any) -> Any:
    return None if value is ABSENT else value


def _take(decision: Decision, unit: tuple[str, ...], values: dict[str, Any], stamp: Stamp) -> None:
    """The values come into force. The unit is stamped as one, so that it is decided as one the next time."""
    decision.values.update(values)
    decision.stamps.update(dict.fromkeys(unit, stamp))


def _after(stamps: Mapping[str, Stamp], edit: Edit) -> Stamp:
    """The author's stamp. Who followed what they saw counts as later than it, whatever their clock says."""
    latest = max((stamp.at for stamp in stamps.values() if _is_seen(stamp, edit)), default=edit.at)
    return Stamp(_NEW, edit.by, max(edit.at, latest), edit.at)


def _agreed(policy: Policy, newest: Stamp, edit: Edit) -> Stamp:
    """Two people wrote the same without seeing each other: neither's next edit has seen both."""
    if policy is Policy.LATEST:
        # The later of two equal values is what a third one has to be later than.
        if (edit.at, edit.by) < (newest.at, newest.by):
            return newest._replace(rev=_NEW)
        return Stamp(_NEW, edit.by, edit.at, edit.at)
    return Stamp(_NEW, "", max(newest.at, edit.at))


def _follow(
    field: Field | None, standing: dict[str, Any], wanted: dict[str, Any], settled: Mapping[str, list[Any]]
) -> None:
    """The author has seen what stands. Their value follows, where the declaration lets it."""
    if field is None:
        return
    new = wanted.get(field.name)
    old = standing.get(field.name)
    if old is None or any(_same(new, value) for value in settled.get(field.name, ())):
        return
    if field.policy is Policy.FIXED and not field.correctable:
        raise Refusal(FIELD_FIXED, [_fixed(field.name)])
    _check_step(field, old, new, settled)


def _check_step(field: Field, old: Any, new: Any, settled: Mapping[str, list[Any]]) -> None:
    """Only declared steps are taken. `old` is what the author had before them; None where nobody knows."""
    if field.states is None or old is None or old is ABSENT or new in settled.get(field.name, ()):
        return
    if not field.states.allows(old, new):
        raise Refusal(TRANSITION_NOT_DECLARED, [_no_transition(field, old, new)])


def _new_one_wins(
    policy: Policy,
    field: Field | None,
    stamps: Mapping[str, Stamp],
    edit: Edit,
    standing: dict[str, Any],
    wanted: dict[str, Any],
) -> bool:
    if policy is Policy.LATEST:
        return (edit.at, edit.by) > max((stamp.at, stamp.by) for stamp in stamps.values())
    if field is None:
        return False
    old, new = standing.get(field.name), wanted.get(field.name)
    if policy is Policy.STATES and field.states is not None:
        return field.states.further(new, old)  # type: ignore[arg-type]  # states are never null
    if policy is Policy.FIXED:
        return old is None
    return False


def _keeps_standing(field: Field | None, standing: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """A state that is already further along than the one sent stays."""
    if field is None or field.states is None:
        return False
    return field.states.further(standing[field.name], wanted[field.name])


def _merge_notes(
    name: str,
    declared: Declaration,
    before: Mapping[str, Any],
    standing: dict[str, Any],
    wanted: dict[str, Any],
    edit: Edit,
    decision: Decision,
) -> bool:
    """Put two people's edits of a note together; False where a person has to."""
    ancestor = before.get(name)
    base = ancestor if isinstance(ancestor, str) else None
    ours, theirs = standing[name], wanted[name]
    merged: str | None
    if isinstance(ours, str) and isinstance(theirs, str):
        merged = merge_texts(base, ours, theirs)
        if merged is None or (declared.permanent and not merged):
            return False
    else:
        # One of them emptied it. That counts against a text left as it was, not against new words.
        text = theirs if isinstance(theirs, str) else ours
        if base is not None and base != text:
            return False
        merged = text if base is None else None
    # Nobody has seen a merged text whole, its author included: no device counts as its writer.
    by = edit.by if merged == theirs else ""
    _take(decision, (name,), {name: merged}, Stamp(_NEW, by, edit.at, edit.at if by else ""))
    if merged != theirs:
        decision.effect[name] = merged
    return True


def _claim(record: Stored, edit: Edit, field: Field, decision: Decision, *, only_rises: bool) -> None:
    """Of what people stand by, the most serious is in force. Who has seen a value may lower it.

    Nobody takes back a warning that they have not read: it stays among the claims until then; for good where
    it `only_rises`.
    """
    name, new = field.name, edit.change.set[field.name]
    values = record.values(field.privacy)
    if name not in values:
        decision.values[name] = new
        return
    claims = record.claims(name, values[name])
    if any(_is_late(claim.stamp, edit) for claim in claims):
        decision.at_least("merged")
        decision.effect[name] = values[name]
        decision.late.append(name)
        return
    others = [claim for claim in claims if not _is_seen(claim.stamp, edit)]
    rank = field.rank or {}
    if only_rises and any(
        rank.get(claim.value, -1) > rank.get(new, -1) for claim in claims if claim not in others
    ):
        raise Refusal(RECORD_PERMANENT, [_kept(f"/set/{name}")])
    claims = [*others, Claim(Stamp(_NEW, edit.by, edit.at, edit.at), new)]
    in_force = max(claims, key=lambda claim: rank.get(claim.value, -1)).value
    decision.values[name] = in_force
    if others:
        decision.at_least("merged")
        decision.claims[name] = claims
    if not _same(in_force, new):
        decision.effect[name] = in_force


def _begin_count(record: Stored, edit: Edit, declared: Declaration, name: str, decision: Decision) -> None:
    """A counter is set once, as a number to begin from; from then on it is counted up and down."""
    standing = record.values(declared.privacy_of(name)).get(name)
    if standing is None:
        decision.values[name] = edit.change.set[name]
    elif not _same(standing, edit.change.set[name]):
        raise Refusal(CHANGE_INVALID, [_use_increment(name)])


def _replace_members(
    record: Stored, edit: Edit, declared: Declaration, name: str, decision: Decision
) -> None:
    """`set` on a set means: the members the author saw are to be these. Members they never saw stay."""
    wanted: list[Any] = edit.change.set[name]
    current: list[Any] = record.values(declared.privacy_of(name)).get(name) or []
    removed = [member for member in current if member not in wanted]
    _change_members(record, edit, declared, name, wanted, removed, decision)


def _change_members(
    record: Stored,
    edit: Edit,
    declared: Declaration,
    name: str,
    added: list[Any],
    removed: list[Any],
    decision: Decision,
) -> None:
    """Adds and removes of members. A remove takes away the adds that its author has seen, and no others.

    After Shapiro et al., "Conflict-free Replicated Data Types" (2011): an observed-remove set.
    """
    values = record.values(declared.privacy_of(name))
    present: list[Any] = decision.values.get(name, values.get(name)) or []
    spoken = decision.members.get(name)
    stamps = {
        str(member): spoken[str(member)] if spoken is not None else record.member_stamps(name, member)
        for member in present
    }
    met = any(not _is_seen(stamp, edit) for each in stamps.values() for stamp in each)
    for member in removed:
        found = stamps.get(str(member))
        if found is None:
            continue
        unseen = [stamp for stamp in found if not _is_seen(stamp, edit) or _is_late(stamp, edit)]
        if unseen:
            stamps[str(member)] = unseen
            met = True
        elif declared.permanent:
            raise Refusal(RECORD_PERMANENT, [_kept(f"/set/{name}")])
        else:
            del stamps[str(member)]
    own = Stamp(_NEW, edit.by, edit.at, edit.at)
    for member in added:
        unseen = [stamp for stamp in stamps.get(str(member), ()) if not _is_seen(stamp, edit)]
        stamps[str(member)] = [*unseen, own]
    after = [member for member in dict.fromkeys([*present, *added]) if str(member) in stamps]
    decision.members[name] = stamps
    if added or after != present or name not in values:
        decision.values[name] = after
    if met:
        decision.at_least("merged")
        decision.effect[name] = after


def _counted(name: str, before: Any, amount: int) -> int:
    total = (before or 0) + amount
    if not -_SAFE_INTEGER <= total <= _SAFE_INTEGER:
        raise Refusal(
            CHANGE_INVALID,
            [
                FieldProblem(
                    f"/increment/{name}", "range", "数值超出范围", "The number would leave the allowed range"
                )
            ],
        )
    return int(total)


def sent_by_class(
    change: Change,
    declared: Declaration,
    effect: dict[str, Any],
    aside: dict[str, Any],
    resolves: Privacy | None = None,
    started: Mapping[str, str] = MappingProxyType({}),
) -> list[bytes | None]:
    """The change for its history row, cut by class so that history is as hard to see as the record.

    `aside`: fields whose value was only kept: {field: conflict, or None where the author's own was newer}.
    `resolves`: the class of the conflict that it decided. `started`: by field, the record that its value
    began.
    """
    parts: list[dict[str, Any] | None] = [None] * len(CLASSES)
    for kind, fields in (
        ("set", change.set),
        ("add", change.add),
        ("remove", change.remove),
        ("increment", change.increment),
        ("effect", effect),
        ("aside", aside),
        ("started", started),
    ):
        for name, value in fields.items():
            index = declared.privacy_of(name).bit.bit_length() - 1
            part = parts[index]
            if part is None:
                part = parts[index] = {}
            if kind in part:
                part[kind][name] = value
            else:
                part[kind] = {name: value}
    if resolves is not None:
        index = resolves.bit.bit_length() - 1
        parts[index] = {**(parts[index] or {}), "resolves": str(change.resolves)}
    return [None if part is None else _encode(part) for part in parts]


_STAYS = FieldProblem(
    "/op",
    "permanent",
    "此类记录不能删除、恢复或单独迁移；儿童迁移时随之迁移",
    "It is never deleted, restored or moved by itself: it goes where the child goes",
)
_GOES_ALONG = FieldProblem(
    "/op",
    "along",
    "此类记录不能单独迁移，请迁移儿童或其家庭",
    "It does not move by itself: move the child, or its household",
)


def _kept(pointer: str) -> FieldProblem:
    return KEPT[0].under(pointer)


def _fixed(name: str) -> FieldProblem:
    return FieldProblem(
        f"/set/{name}",
        "fixed",
        "此项已填写，不能改成别的值",
        "This was set before and cannot take another value",
    )


def _no_initial(field: Field, value: object) -> FieldProblem:
    allowed = "、".join(sorted(field.states.initial)) if field.states else ""
    return FieldProblem(
        f"/set/{field.name}",
        "state",
        f"新记录的状态只能是：{allowed}",
        f"A new record starts in one of: {allowed}; not in {value}",
    )


def _no_transition(field: Field, old: object, new: object) -> FieldProblem:
    return FieldProblem(
        f"/set/{field.name}", "state", f"不能从“{old}”变为“{new}”", f"There is no way from {old} to {new}"
    )


def _use_increment(name: str) -> FieldProblem:
    return FieldProblem(
        f"/set/{name}",
        "counter",
        "计数项请用增减方式修改",
        "Change a counter with `increment`, not with `set`",
    )
