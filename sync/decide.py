"""What one change does to one record (protocol.md, How concurrent edits meet).

A pure function of (record, change, declaration): no clock, no database, no randomness. The position in the
area's log and the time of receipt are given. It answers with data; `apply` carries it out.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from schemas.declare import Declaration, Field, Policy
from schemas.privacy import CLASSES, Privacy
from schemas.problems import (
    CHANGE_INVALID,
    FIELD_FIXED,
    RECORD_DELETED,
    TRANSITION_NOT_DECLARED,
    FieldProblem,
    ProblemKind,
)
from sync.record import CREATION, DELETION, Stamp, Stored
from sync.text import merge_texts
from sync.wire import Change, Outcome

_MISSING: Any = object()
_SAFE_INTEGER = 2**53
_RANK: dict[Outcome, int] = {"applied": 0, "merged": 1, "conflict": 2}


class Edit(NamedTuple):
    """A change as it is decided: who made it, when by their clock (clamped), and its place in the log."""

    change: Change
    by: str
    at: str
    rev: int


class Dispute(NamedTuple):
    """Two people disagree and the policy asks for a person: what was sent and is not in force."""

    kind: str  # "field" or "delete"
    privacy: Privacy
    fields: tuple[str, ...]
    standing: dict[str, Any]
    sent: dict[str, Any]


class Refusal(Exception):
    """The change cannot be applied; it goes to quarantine with this problem."""

    def __init__(self, kind: ProblemKind, errors: list[FieldProblem] | None = None) -> None:
        super().__init__(kind.type)
        self.kind = kind
        self.errors = errors or []


class Decision:
    """What a change does: values now in force, stamps, disputes, and the outcome as a word."""

    __slots__ = ("deleted", "disputes", "effect", "members", "outcome", "restamped", "values")

    def __init__(self) -> None:
        self.outcome: Outcome = "applied"
        # field: value that comes into force
        self.values: dict[str, Any] = {}
        # set field: members the author spoke for
        self.members: dict[str, list[Any]] = {}
        # field: stamp other than the author's own
        self.restamped: dict[str, Stamp] = {}
        # field: value in force where it is not the one sent
        self.effect: dict[str, Any] = {}
        self.disputes: list[Dispute] = []
        # None: as it was; True: deleted by this change; False: restored by it
        self.deleted: bool | None = None

    def at_least(self, outcome: Outcome) -> None:
        """Raise the outcome along applied, merged, conflict."""
        if _RANK[outcome] > _RANK[self.outcome]:
            self.outcome = outcome


def decide_creation(change: Change, declared: Declaration) -> Decision:
    """A record nobody has seen yet. Raises `Refusal` where it is not whole."""
    decision = Decision()
    values = dict(change.set)
    for name, members in change.add.items():
        values[name] = _united(values.get(name) or [], members, [])
    for name, amount in change.increment.items():
        values[name] = _counted(name, values.get(name), amount)
    for name, value in values.items():
        field = declared.fields.get(name)
        if field is None:
            continue
        if field.states is not None and value is not None and value not in field.states.initial:
            raise Refusal(TRANSITION_NOT_DECLARED, [_no_initial(field, value)])
    problems = declared.problems_in_whole(values)
    if problems:
        raise Refusal(CHANGE_INVALID, [problem.under("/set") for problem in problems])
    decision.values = values
    return decision


def decide(
    record: Stored,
    edit: Edit,
    declared: Declaration,
    ancestors: Mapping[str, str | None],
    settled: Mapping[str, list[Any]],
) -> Decision:
    """What `edit` does to `record`.

    `ancestors`: for text fields, what the author had before them. `settled`: for the fields of the conflict
    that the change resolves, the values that were in dispute; any of them may be chosen.
    Raises `Refusal`.
    """
    decision = Decision()
    change = edit.change
    if change.op == "delete":
        _delete(record, edit, decision)
        return decision
    if change.op == "restore":
        if record.deleted:
            decision.deleted = False
        return decision
    if record.deleted:
        deletion = record.deletion
        if deletion is None or _is_seen(deletion, edit):
            raise Refusal(RECORD_DELETED)
        # Somebody deleted what this author was working on: the work stays, the delete waits for a person.
        decision.deleted = False
        decision.at_least("conflict")
        decision.disputes.append(Dispute("delete", Privacy.OPEN, (), {}, {"deleted_by_device": deletion.by}))
    done: set[str] = set()
    for name in change.set:
        if name in done:
            continue
        field = declared.fields.get(name)
        policy = field.policy if field is not None else Policy.LATEST
        if policy is Policy.UNION:
            _replace_members(record, edit, declared, name, decision)
        elif policy is Policy.COUNTER:
            if record.values(declared.privacy_of(name)).get(name) is not None:
                raise Refusal(CHANGE_INVALID, [_use_increment(name)])
            decision.values[name] = change.set[name]
        else:
            unit = declared.unit_of(name)
            done.update(unit)
            _decide_unit(record, edit, declared, unit, policy, decision, ancestors, settled)
    for name, members in change.add.items():
        _change_members(record, edit, declared, name, members, change.remove.get(name, []), decision)
    for name, members in change.remove.items():
        if name not in change.add:
            _change_members(record, edit, declared, name, [], members, decision)
    for name, amount in change.increment.items():
        values = record.values(declared.privacy_of(name))
        if name in values and not _is_seen(record.stamp(name), edit):
            decision.at_least("merged")
        decision.values[name] = _counted(name, values.get(name), amount)
        if decision.outcome != "applied":
            decision.effect[name] = decision.values[name]
    return decision


def apply(decision: Decision, record: Stored, edit: Edit, declared: Declaration) -> int:
    """Carry out a decision on `record`; gives the classes whose parts changed."""
    own = Stamp(edit.rev, edit.by, edit.at)
    touched = 0
    by_class: dict[Privacy, dict[str, Any]] = {}
    for name, value in decision.values.items():
        by_class.setdefault(declared.privacy_of(name), {})[name] = value
    stamps = record.stamps
    if CREATION not in stamps:
        stamps[CREATION] = own
        for privacy, values in by_class.items():
            record.values(privacy).update(values)
            record.put(privacy, edit.rev)
            touched |= privacy.bit
        return touched
    for privacy, values in by_class.items():
        record.values(privacy).update(values)
        record.put(privacy, edit.rev)
        touched |= privacy.bit
        for name in values:
            if name in decision.members:
                for member in decision.members[name]:
                    record.stamp_member(name, member, own)
            else:
                stamps[name] = decision.restamped.get(name, own)
    for name, stamp in decision.restamped.items():
        if name not in decision.values:
            stamps[name] = stamp
    if decision.deleted is not None:
        record.deleted = decision.deleted
        stamps[DELETION] = own
        record.renew_all(edit.rev)
        touched = record.classes()
    # A dispute has the part delivered again: the author must learn what is in force, and whoever decides
    # later then holds a rev that lies behind the candidates (sync/conflict.py).
    for dispute in decision.disputes:
        if dispute.kind == "field" and not touched & dispute.privacy.bit:
            record.renew(dispute.privacy, edit.rev)
            touched |= dispute.privacy.bit
        elif dispute.kind == "delete" and decision.deleted is None:
            record.renew_all(edit.rev)
            touched = record.classes()
    if decision.outcome == "merged":
        # What the author sent is not what stands: their parts are delivered, whether or not they changed.
        for name in decision.effect:
            privacy = declared.privacy_of(name)
            if not touched & privacy.bit:
                record.renew(privacy, edit.rev)
                touched |= privacy.bit
    return touched


def _is_seen(stamp: Stamp, edit: Edit) -> bool:
    """The author knew of this stamp: it is at or below their base, or their own device's."""
    return stamp.rev <= edit.change.base or stamp.by == edit.by


def _is_late(stamp: Stamp, edit: Edit) -> bool:
    """The author's own later value is in force already: this one was overtaken on the way."""
    return stamp.by == edit.by and stamp.rev > edit.change.base and edit.at < stamp.at


def _same(one: Any, other: Any) -> bool:
    if type(one) is type(other):
        return bool(one == other)
    return False


def _delete(record: Stored, edit: Edit, decision: Decision) -> None:
    if record.deleted:
        return
    if all(_is_seen(stamp, edit) for stamp in record.every_stamp()):
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
    ancestors: Mapping[str, str | None],
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
        if field is not None and field.states is not None:
            value = wanted[field.name]
            if value is not None and value not in field.states.initial:
                raise Refusal(TRANSITION_NOT_DECLARED, [_no_initial(field, value)])
        decision.values.update(wanted)
        return
    stamps = [record.stamp(name) for name in standing]
    stamp = max(stamps)
    if all(_same(standing.get(name, _MISSING), value) for name, value in wanted.items()):
        if not _is_seen(stamp, edit):
            decision.at_least("merged")
            if edit.at > stamp.at:
                # Two people agree. The rev stays, as nothing moved; the later clock defends the value.
                for name in standing:
                    old = record.stamp(name)
                    decision.restamped[name] = Stamp(old.rev, old.by, max(old.at, edit.at))
        return
    if _is_late(stamp, edit):
        decision.at_least("merged")
        decision.effect.update({name: standing.get(name) for name in wanted})
        return
    if all(_is_seen(each, edit) for each in stamps):
        _follow(field, standing, wanted, settled)
        decision.values.update(wanted)
        return
    decision.at_least("merged")
    if policy is Policy.TEXT:
        name = unit[0]
        merged = _merged_text(ancestors.get(name), standing[name], wanted[name])
        if merged is not None:
            if merged != standing[name]:
                decision.values[name] = merged
            if merged != wanted[name]:
                decision.effect[name] = merged
                # Nobody has seen this text whole, its author included: no device counts as its writer.
                if name in decision.values:
                    decision.restamped[name] = Stamp(edit.rev, "", edit.at)
            return
    elif _new_one_wins(policy, field, stamp, edit, standing, wanted):
        decision.values.update(wanted)
        return
    elif policy in (Policy.LATEST, Policy.HIGHEST) or _keeps_standing(policy, field, standing, wanted):
        decision.effect.update({name: standing.get(name) for name in wanted})
        return
    if policy is Policy.FIXED and (field is None or not field.correctable):
        raise Refusal(FIELD_FIXED, [_fixed(unit[0])])
    decision.at_least("conflict")
    decision.effect.update({name: standing.get(name) for name in wanted})
    decision.disputes.append(Dispute("field", privacy, unit, standing, wanted))


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
    if field.states is not None and (new is None or not field.states.allows(old, new)):
        raise Refusal(TRANSITION_NOT_DECLARED, [_no_transition(field, old, new)])


def _new_one_wins(
    policy: Policy,
    field: Field | None,
    stamp: Stamp,
    edit: Edit,
    standing: dict[str, Any],
    wanted: dict[str, Any],
) -> bool:
    if policy is Policy.LATEST:
        return (edit.at, edit.by) > (stamp.at, stamp.by)
    if field is None:
        return False
    old, new = standing.get(field.name), wanted.get(field.name)
    if policy is Policy.HIGHEST:
        rank = field.rank or {}
        return rank.get(new, -1) > rank.get(old, -1)
    if policy is Policy.STATES and field.states is not None:
        return old is None or (new is not None and field.states.further(new, old))
    if policy is Policy.FIXED:
        return old is None
    return False


def _keeps_standing(
    policy: Policy, field: Field | None, standing: dict[str, Any], wanted: dict[str, Any]
) -> bool:
    """A state that is already further along than the one sent stays."""
    if policy is not Policy.STATES or field is None or field.states is None:
        return False
    new = wanted.get(field.name)
    return new is not None and field.states.further(standing.get(field.name), new)


def _merged_text(ancestor: str | None, standing: object, wanted: object) -> str | None:
    if isinstance(standing, str) and isinstance(wanted, str):
        return merge_texts(ancestor or "", standing, wanted)
    # Somebody emptied the field: who wrote text keeps it, there is nothing to merge with.
    if wanted is None and isinstance(standing, str):
        return standing if ancestor != standing else None
    return wanted if isinstance(wanted, str) else None


def _replace_members(
    record: Stored, edit: Edit, declared: Declaration, name: str, decision: Decision
) -> None:
    """`set` on a set means: the members the author saw are to be these. Members they never saw stay."""
    wanted = edit.change.set[name]
    values = record.values(declared.privacy_of(name))
    if values.get(name) is None:
        decision.values[name] = wanted
        return
    if wanted is None:
        wanted = []
    current: list[Any] = values[name]
    _change_members(
        record,
        edit,
        declared,
        name,
        [member for member in wanted if member not in current],
        [member for member in current if member not in wanted],
        decision,
    )
    if decision.values.get(name, current) != wanted:
        decision.effect[name] = decision.values.get(name, current)


def _change_members(
    record: Stored,
    edit: Edit,
    declared: Declaration,
    name: str,
    added: list[Any],
    removed: list[Any],
    decision: Decision,
) -> None:
    values = record.values(declared.privacy_of(name))
    before = decision.values.get(name, values.get(name)) or []
    if before and any(not _is_seen(record.member_stamp(name, member), edit) for member in before):
        decision.at_least("merged")
    kept = []
    going = []
    for member in removed:
        if member in before:
            stamp = record.member_stamp(name, member)
            # An add beats a remove that did not know of it; nor does an overtaken remove undo a later add.
            if _is_seen(stamp, edit) and not _is_late(stamp, edit):
                going.append(member)
            else:
                kept.append(member)
    after = _united(before, added, going)
    if after != before or name not in values:
        decision.values[name] = after
    spoken = decision.members.setdefault(name, [])
    spoken.extend(member for member in added if member not in removed)
    if spoken and name not in decision.values:
        # A repeated add of a present member counts as its add, so that a concurrent remove loses to it.
        decision.values[name] = after
    if kept or decision.outcome == "merged":
        decision.effect[name] = after


def _united(before: list[Any], added: list[Any], going: list[Any]) -> list[Any]:
    after = [member for member in before if member not in going]
    after.extend(member for member in dict.fromkeys(added) if member not in after)
    return after


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


def sent_by_class(change: Change, declared: Declaration, effect: dict[str, Any]) -> list[bytes | None]:
    """The change for its history row, cut by class so that history is as hard to see as the record."""
    parts: dict[Privacy, dict[str, dict[str, Any]]] = {}
    for kind, fields in (
        ("set", change.set),
        ("add", change.add),
        ("remove", change.remove),
        ("increment", change.increment),
        ("effect", effect),
    ):
        for name, value in fields.items():
            parts.setdefault(declared.privacy_of(name), {}).setdefault(kind, {})[name] = value
    return [msgspec.json.encode(parts[privacy]) if privacy in parts else None for privacy in CLASSES]


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
