"""Record types, declared once.

A record type is a struct whose fields carry label, privacy class, merge policy and bounds. It should read
like the paper form it replaces:

```python
class Household(Record, collection="household", zh="家庭", en="Household"):
    name: Annotated[str, field("户名", "Household name", privacy=BASIC, merge=LATEST, max_length=50)]
    risk: Annotated[Risk | None, field("风险等级", "Risk", privacy=CASE, merge=HIGHEST)] = None
```

From it come validation, the merge table, the cut into parts, JSON Schema and the catalogue; nothing about a
record type is written anywhere else. A declaration that contradicts itself raises `WrongDeclaration` at
import: it is a mistake in the program.

What a field's type says: `X | None` may be emptied, a default means that a new record may leave it out.
"""

import typing
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Final

import msgspec

from schemas.annotations import ACCOUNT, Bounds, kind_of, must_be_labelled, unwrapped, without_none
from schemas.codes import States, StateTable, Unit, states_of
from schemas.computed import Computed
from schemas.faults import COMPUTED_ALREADY, KEPT, NOT_NULL, REQUIRED, TOO_MANY_EXTRA
from schemas.limits import LONG_TEXT, MAX_EXTRA, NAME, SHORT_TEXT
from schemas.masks import Mask, mask_by_form
from schemas.privacy import CLASSES, NO_CLASSES, SEARCHABLE, Privacy
from schemas.problems import FieldProblem
from schemas.rules import NotBefore, Rule, problems_between
from schemas.sending import Sending
from schemas.treatment import DROPPED, NEVER, Treatment, by_declaration, fits
from schemas.unknown import check_extra, pointer_token
from schemas.values import (
    Check,
    Code,
    Composite,
    Day,
    Form,
    Integer,
    Items,
    Kind,
    Mapped,
    Moment,
    Number,
    Reference,
    Text,
    YesNo,
    member_kind,
)


class Policy(Enum):
    """How two people's concurrent values of a field meet (protocol.md, How concurrent edits meet)."""

    LATEST = "latest"
    HIGHEST = "highest"
    UNION = "union"
    COUNTER = "counter"
    TEXT = "text"
    STATES = "states"
    REVIEW = "review"
    FIXED = "fixed"
    COMPUTED = "computed"  # nobody writes it: it follows from other fields


LATEST, HIGHEST, UNION, COUNTER = Policy.LATEST, Policy.HIGHEST, Policy.UNION, Policy.COUNTER
TEXT, STATES, REVIEW, FIXED = Policy.TEXT, Policy.STATES, Policy.REVIEW, Policy.FIXED
COMPUTED = Policy.COMPUTED

# Of a permanent record: what is written in it can be added to and put in other words, and never taken back.
_PERMANENT = frozenset({Policy.FIXED, Policy.LATEST, Policy.HIGHEST, Policy.UNION, Policy.TEXT, COMPUTED})


class Writers(Enum):
    """Who may write a field, where that is not whoever may write its class."""

    READERS = "readers"  # whoever may read it
    SUPERVISOR = "supervisor"  # whoever supervises the area, among those who may write the class


READERS, SUPERVISOR = Writers.READERS, Writers.SUPERVISOR


class WrongDeclaration(TypeError):
    """A record type's declaration contradicts itself or another one."""


class FieldMark(msgspec.Struct, frozen=True, kw_only=True):
    """What `field` noted beside a type."""

    zh: str
    en: str
    privacy: Privacy
    policy: Policy
    bounds: Bounds
    unit: Unit | None
    parent: bool
    together: str | None
    correctable: bool
    computed: Computed | None
    starts: str | None
    by: Writers | None
    happened: bool
    mask: Mask | None
    sample: Treatment | None
    searchable: bool


def field(
    zh: str,
    en: str,
    *,
    privacy: Privacy,
    merge: Policy,
    minimum: float | None = None,
    maximum: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    max_items: int | None = None,
    form: Form | None = None,
    unit: Unit | None = None,
    parent: bool = False,
    together: str | None = None,
    correctable: bool = False,
    computed: Computed | None = None,
    starts: str | None = None,
    by: Writers | None = None,
    happened: bool = False,
    mask: Mask | None = None,
    sample: Treatment | None = None,
    searchable: bool = False,
) -> FieldMark:
    """Declare a record's field, inside `Annotated`.

    Bounds hold for the value, or for each member of a list (`max_items` bounds the list itself). `parent`:
    it names the record that this one belongs to, waits for and moves with. `together`: fields with the same
    word are decided together, such as an amount and its period. `correctable`: a fixed field that whoever
    has seen it may set right. `computed`: how it follows from other fields (merge=COMPUTED). `starts`: a
    value here begins a record of that collection (see `Start`). `by`: who may write it, where the class does
    not say. `happened`: a moment that lies in the past, or was mistyped. `mask`: what is shown to those who
    may see the class in masked form only; where none is named the written form tells it, and where that does
    not either the field is withheld from them. `sample`: what becomes of it in a de-identified sample, where
    class and type do not decide that (`schemas.treatment`). `searchable`: a number that records are found by;
    of each class one a record.
    """
    return FieldMark(
        zh=zh,
        en=en,
        privacy=privacy,
        policy=merge,
        bounds=Bounds(minimum, maximum, min_length, max_length, max_items, form),
        unit=unit,
        parent=parent,
        together=together,
        correctable=correctable,
        computed=computed,
        starts=starts,
        by=by,
        happened=happened,
        mask=mask,
        sample=sample,
        searchable=searchable,
    )


class Start(msgspec.Struct, frozen=True):
    """Where a record that another one starts says what it was started by: names of its fields.

    `subject`: what the starting record belongs to, and so this one. `source`: the starting record. `by`,
    `at`: who wrote it down, and when. `kinds`: what they told, a set that grows with what they tell later.
    """

    subject: str
    source: str
    by: str
    at: str
    kinds: str


class Field(msgspec.Struct, frozen=True):
    """A field as the engine and the catalogue see it."""

    name: str
    zh: str
    en: str
    policy: Policy
    privacy: Privacy
    kind: Kind
    required: bool
    nullable: bool
    check: Check
    check_member: Check | None
    states: States | None
    rank: Mapping[Any, int] | None
    correctable: bool
    parent: bool
    together: str | None
    unit: Unit | None
    computed: Computed | None
    starts: str | None
    by: Writers | None
    happened: bool
    mask: Mask | None
    # In a de-identified sample. Where nothing decides it, the field is left out and a test asks.
    treatment: Treatment
    is_treatment_decided: bool
    searchable: bool


_UNKNOWN_PLACE: Final = CLASSES.index(Privacy.CONFIDENTIAL)


class Declaration:
    """All that follows from one record type. Reach it as `Household.declaration` or in COLLECTIONS."""

    def __init__(
        self,
        record: type,
        *,
        collection: str,
        zh: str,
        en: str,
        fields: dict[str, Field],
        rules: tuple[Rule, ...],
        made_by_server: bool,
        opens_file: bool,
        about_children: bool,
        permanent: bool,
        started: Start | None,
        born: str | None,
        sending: Sending | None,
    ) -> None:
        self.record = record
        self.collection = collection
        self.zh = zh
        self.en = en
        self.fields = fields
        self.rules = rules
        self.made_by_server = made_by_server
        self.opens_file = opens_file
        self.about_children = about_children
        self.permanent = permanent
        self.started = started
        self.computed = tuple(each for each in fields.values() if each.computed is not None)
        self.for_supervisor = frozenset(name for name, each in fields.items() if each.by is SUPERVISOR)
        self.supervised = {
            name: each.states.supervised
            for name, each in fields.items()
            if each.states is not None and each.states.supervised
        }
        self.is_supervised = bool(self.for_supervisor or self.supervised)
        self.happened = tuple(each.name for each in fields.values() if each.happened)
        self.starting = tuple(each for each in fields.values() if each.starts is not None)
        self.born = born
        self.sending = sending
        self._required = tuple(name for name, each in fields.items() if each.required)
        self._units = _units(fields)
        self._checks = {name: each.check for name, each in fields.items()}
        self._nullable = frozenset(name for name, each in fields.items() if each.nullable)
        self._not_null = KEPT if permanent else NOT_NULL
        self._classes = {name: each.privacy for name, each in fields.items()}
        self._places = {name: CLASSES.index(each.privacy) for name, each in fields.items()}
        self._needed = {
            name: NO_CLASSES if each.by is READERS else each.privacy.bit for name, each in fields.items()
        }

    def policy_of(self, name: str) -> Policy:
        """How values of `name` meet. Fields that this server does not know are plain facts."""
        known = self.fields.get(name)
        return known.policy if known is not None else Policy.LATEST

    def privacy_of(self, name: str) -> Privacy:
        """The part that `name` lies in. What this server does not know, it keeps most closely."""
        return self._classes.get(name, Privacy.CONFIDENTIAL)

    def classes_needed(self, names: Iterable[str]) -> int:
        """The bit set of the classes that one must be allowed to write, to write `names`."""
        classes = NO_CLASSES
        for name in names:
            classes |= self._needed.get(name, Privacy.CONFIDENTIAL.bit)
        return classes

    def written_by_supervisor(
        self, names: Iterable[str], set: Mapping[str, Any], standing: Mapping[str, Any]
    ) -> list[str]:
        """Those of `names` that a supervisor alone writes, or sets as `set` does: to a state of theirs.

        A state that is in `standing` already is not brought about by whoever says it once more.
        """
        return [
            name
            for name in names
            if name in self.for_supervisor
            or (set.get(name) in self.supervised.get(name, ()) and set[name] != standing.get(name))
        ]

    def parted(self, values: Mapping[str, Any]) -> dict[Privacy, dict[str, Any]]:
        """`values` by the part that they lie in, in the order of the classes."""
        # By number, since the hash of an Enum's member is a call.
        parts: list[dict[str, Any]] = [{} for _ in CLASSES]
        for name, value in values.items():
            parts[self._places.get(name, _UNKNOWN_PLACE)][name] = value
        return {privacy: part for privacy, part in zip(CLASSES, parts, strict=True) if part}

    def unit_of(self, name: str) -> tuple[str, ...]:
        """The names that are decided together with `name`, itself among them, in declared order."""
        return self._units.get(name) or (name,)

    def problems_in_whole(self, values: Mapping[str, Any]) -> list[FieldProblem]:
        """What is wrong with `values` as a new record; pointers begin at the field.

        Only here are fields held against each other (`rules`), and only those that came in the same change:
        an edit may be made on a phone that does not hold the other field's class, and what was set by two
        people one after the other is for a supervisor to see, not for a worker's phone to be refused over.
        """
        problems = [REQUIRED.under(f"/{name}") for name in self._required if name not in values]
        self._check_values(values, "", problems)
        if not problems:
            problems += problems_between(self.rules, values)
        return problems

    def problems_in_patch(
        self,
        set: Mapping[str, Any],
        add: Mapping[str, Any],
        remove: Mapping[str, Any],
        increment: Mapping[str, Any],
    ) -> list[FieldProblem]:
        """What is wrong with an edit, field by field; pointers begin at the change."""
        problems: list[FieldProblem] = []
        self._check_values(set, "/set", problems)
        for op, members_by_name in (("add", add), ("remove", remove)):
            for name, members in members_by_name.items():
                known = self.fields.get(name)
                where = f"/{op}/{pointer_token(name)}"
                if known is None or known.check_member is None:
                    problems.append(_NOT_A_SET.under(where))
                    continue
                found = known.check_member(members)
                if found is None and members and op == "remove" and self.permanent:
                    found = KEPT
                problems += [problem.under(where) for problem in found or ()]
        for name, amount in increment.items():
            known = self.fields.get(name)
            where = f"/increment/{pointer_token(name)}"
            if known is None or known.policy is not Policy.COUNTER:
                problems.append(_NOT_A_COUNTER.under(where))
            else:
                problems += [problem.under(where) for problem in _check_amount(amount) or ()]
        return problems

    def problems_ahead(self, set: Mapping[str, Any], now: datetime) -> list[FieldProblem]:
        """Moments in `set` that are said to have happened and lie behind `now`; pointers begin at the change.

        Each must be valid by itself.
        """
        return [
            _AHEAD.under(f"/set/{name}")
            for name in self.happened
            if set.get(name) is not None and datetime.fromisoformat(set[name]) > now
        ]

    def _check_values(self, values: Mapping[str, Any], prefix: str, problems: list[FieldProblem]) -> None:
        checks = self._checks
        extra = 0
        for name, value in values.items():
            check = checks.get(name)
            if check is None:
                extra += 1
                if extra > MAX_EXTRA:
                    continue
                found = check_extra(name, value)
            elif value is None:
                found = None if name in self._nullable else self._not_null
            else:
                found = check(value)
            if found is not None:
                where = f"{prefix}/{pointer_token(name)}"
                problems += [problem.under(where) for problem in found]
        if extra > MAX_EXTRA:
            problems += [problem.under(prefix) for problem in TOO_MANY_EXTRA]


class _RecordMeta(msgspec.StructMeta):
    """Reads the declaration off the class as it is made."""

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        collection: str | None = None,
        zh: str = "",
        en: str = "",
        rules: tuple[Rule, ...] = (),
        made_by_server: bool = False,
        opens_file: bool = False,
        about_children: bool = False,
        permanent: bool = False,
        started: Start | None = None,
        born: str | None = None,
        sending: Sending | None = None,
        **options: Any,
    ) -> Any:
        cls: Any = super().__new__(mcls, name, bases, namespace, kw_only=True, **options)
        if collection is not None:
            cls.declaration = _declared(
                cls,
                collection=collection,
                zh=zh,
                en=en,
                rules=rules,
                made_by_server=made_by_server,
                opens_file=opens_file,
                about_children=about_children,
                permanent=permanent,
                started=started,
                born=born,
                sending=sending,
            )
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, namespace)


class Record(msgspec.Struct, metaclass=_RecordMeta):
    """Base of all record types. Subclass it with `collection`, `zh` and `en`; `rules` hold between fields.

    `opens_file`: each such record, with all that belongs to it, is a file of its own, which people are made
    members of. `born`: the field with the birth date of the person that the record is of; until they come of
    age a child officer (儿童督导员) reads it whole. `about_children`: what the officer reads whole until the
    person that it belongs to comes of age. What is about a household with its adults says neither.
    `permanent`: it is never deleted, and nothing that was written in it is ever taken back, by anybody.
    `started`: other records begin one by what is written in them. `sending`: how it tells that an office has
    it before itself, which then reads the papers in it.

    A subclass without `collection` is no record type itself: it holds fields that several types share.
    """

    declaration: ClassVar[Declaration]


def collected(*records: type[Record]) -> dict[str, Declaration]:
    """The declarations of `records` by collection. Raises WrongDeclaration where they do not fit together."""
    found: dict[str, Declaration] = {}
    for record in records:
        declared = getattr(record, "declaration", None)
        if declared is None or declared.record is not record:
            raise WrongDeclaration(f"{record.__name__} does not say its collection")
        if declared.collection in found:
            raise WrongDeclaration(f"{declared.collection} is declared twice")
        found[declared.collection] = declared
    known = (None, ACCOUNT, *found)
    for declared in found.values():
        for each in declared.fields.values():
            kind = member_kind(each.kind)
            if isinstance(kind, Reference) and kind.target not in known:
                raise WrongDeclaration(
                    f"{declared.collection}.{each.name} refers to {kind.target}, which is no collection"
                )
        for each in declared.starting:
            _check_starting(declared, each, found.get(each.starts or ""))
    return found


def _check_starting(declared: Declaration, field: Field, begun: Declaration | None) -> None:
    where = f"{declared.collection}.{field.name} starts {field.starts}"
    start = None if begun is None else begun.started
    if begun is None or start is None:
        raise WrongDeclaration(f"{where}, which no record starts")
    # Who may read what started it then may read it, and nobody else: neither tells of the other.
    if {field.privacy} != {each.privacy for each in begun.fields.values()}:
        raise WrongDeclaration(f"{where}, all of which must lie in the class of what starts it")
    if declared.about_children != begun.about_children:
        raise WrongDeclaration(f"{where}: both are about children, or neither is")
    if isinstance(field.kind, Items) and field.kind.item != begun.fields[start.kinds].kind.item:  # type: ignore[attr-defined]
        raise WrongDeclaration(f"{where}, whose {start.kinds} are of another table")
    parents = [each.kind for each in declared.fields.values() if each.parent]
    if [begun.fields[start.subject].kind] != parents:
        raise WrongDeclaration(f"{where}, whose {start.subject} is not what it belongs to itself")


def _declared(
    record: Any,
    *,
    collection: str,
    zh: str,
    en: str,
    rules: tuple[Rule, ...],
    made_by_server: bool,
    opens_file: bool,
    about_children: bool,
    permanent: bool,
    started: Start | None,
    born: str | None,
    sending: Sending | None,
) -> Declaration:
    if NAME.fullmatch(collection) is None:
        raise WrongDeclaration(f"{collection!r} is no name for a collection")
    if not zh or not en:
        raise WrongDeclaration(f"{collection} needs a Chinese and an English label")
    if not record.__doc__:
        raise WrongDeclaration(f"{collection} does not say what it is for")
    hints = typing.get_type_hints(record, include_extras=True)
    fields: dict[str, Field] = {}
    for info in msgspec.structs.fields(record):
        try:
            fields[info.name] = _field(info, hints[info.name], permanent)
        except ValueError as error:
            raise WrongDeclaration(f"{collection}.{info.name} {error}") from error
    for group in {unit for unit in _units(fields).values() if len(unit) > 1}:
        members = [fields[name] for name in group]
        if len({each.privacy for each in members}) > 1 or len({each.policy for each in members}) > 1:
            raise WrongDeclaration(
                f"{collection}: {group} are decided together, but differ in class or policy"
            )
        if members[0].policy not in (Policy.LATEST, Policy.REVIEW):
            raise WrongDeclaration(
                f"{collection}: only latest and review decide fields together, not {group}"
            )
    searchable = [each.privacy for each in fields.values() if each.searchable]
    if len(set(searchable)) < len(searchable):
        raise WrongDeclaration(f"{collection} is searched by two fields of one class")
    for rule in rules:
        if unknown := [name for name in rule.fields if name not in fields]:
            raise WrongDeclaration(f"{collection} has a rule about {unknown}, which it does not declare")
        kinds = {type(fields[name].kind) for name in rule.fields}
        if isinstance(rule, NotBefore) and kinds not in ({Day}, {Moment}):
            raise WrongDeclaration(f"{collection} compares {rule.fields}: two days or two moments can be")
    if opens_file and any(each.parent for each in fields.values()):
        raise WrongDeclaration(f"{collection} opens a file, so it cannot belong to another record")
    for each in fields.values():
        _check_computed(collection, each, fields)
    if started is not None:
        _check_started(collection, started, fields)
    if born is not None:
        _check_born(collection, born, fields, about_children)
    if sending is not None:
        _check_sending(collection, sending, fields)
    return Declaration(
        record,
        collection=collection,
        zh=zh,
        en=en,
        fields=fields,
        rules=rules,
        made_by_server=made_by_server,
        opens_file=opens_file,
        about_children=about_children,
        permanent=permanent,
        started=started,
        born=born,
        sending=sending,
    )


def _check_started(collection: str, started: Start, fields: Mapping[str, Field]) -> None:
    names = msgspec.structs.astuple(started)
    if unknown := [name for name in names if name not in fields]:
        raise WrongDeclaration(f"{collection} is started with {unknown}, which it does not declare")
    others = [name for name, each in fields.items() if each.required and name not in names]
    if others or fields[started.kinds].policy is not Policy.UNION:
        raise WrongDeclaration(f"{collection} is started with {names}: these must be all that it needs")


def _check_born(collection: str, born: str, fields: Mapping[str, Field], about_children: bool) -> None:
    told = fields.get(born)
    if told is None or not isinstance(told.kind, Day) or told.privacy not in (Privacy.OPEN, Privacy.BASIC):
        raise WrongDeclaration(
            f"{collection} goes by the birth date {born!r}: a day that whoever sees a name may see too"
        )
    if about_children:
        raise WrongDeclaration(f"{collection} is about a child of its own, or about another one: not both")


def _check_sending(collection: str, sending: Sending, fields: Mapping[str, Field]) -> None:
    for name in sending.fields:
        told = fields.get(name)
        if told is None or told.privacy is not Privacy.OPEN:
            raise WrongDeclaration(
                f"{collection} is sent by {name!r}: a field that is open to all tells that"
            )


def _check_computed(collection: str, field: Field, fields: Mapping[str, Field]) -> None:
    if field.computed is None:
        return
    where = f"{collection}.{field.name} is computed from {field.computed.fields}"
    sources = [fields.get(name) for name in field.computed.fields]
    if any(each is None or each.computed is not None for each in sources):
        raise WrongDeclaration(f"{where}: these must be declared, and written by people")
    # Else it would tell whoever reads it of what they may not.
    if any(each is not None and each.privacy is not field.privacy for each in sources):
        raise WrongDeclaration(f"{where}: these must lie in its own class")


def _field(info: msgspec.structs.FieldInfo, hint: Any, permanent: bool) -> Field:
    """Raises ValueError where the declaration contradicts itself."""
    hint, marks = unwrapped(hint)
    mark = next((each for each in marks if isinstance(each, FieldMark)), None)
    if mark is None:
        raise ValueError("is not declared with field(…)")
    must_be_labelled(mark.zh, mark.en)
    if NAME.fullmatch(info.name) is None:
        raise ValueError("is no name for a field")
    if not isinstance(mark.privacy, Privacy) or not isinstance(mark.policy, Policy):
        raise ValueError("has an unknown privacy class or merge policy")
    required = info.default is msgspec.NODEFAULT and info.default_factory is msgspec.NODEFAULT
    plain, nullable = without_none(hint, marks)
    if nullable and required:
        raise ValueError("may be empty, so it needs the default None")
    if not required and (info.default if info.default is not msgspec.NODEFAULT else info.default_factory()):
        raise ValueError("has a default other than empty, which nothing would fill in")
    policy = mark.policy
    kind = kind_of(plain, mark.bounds, LONG_TEXT if policy is Policy.TEXT else SHORT_TEXT)
    states = rank = check_member = None
    check = kind.compiled()
    if (policy is COMPUTED) != (mark.computed is not None) or (policy is COMPUTED and required):
        raise ValueError("is computed: it says how, and a new record may leave it out")
    if policy is COMPUTED:
        nullable, check = False, _computed_already
    if isinstance(kind, Code) and issubclass(kind.table, StateTable):
        if policy not in (Policy.STATES, COMPUTED) or nullable:
            raise ValueError("is a state: its policy is states or it is computed, and it is never empty")
        states = states_of(kind.table)
    match policy:
        case Policy.STATES:
            if states is None:
                raise ValueError("needs a StateTable for the policy states")
        case Policy.HIGHEST:
            rank = _rank(kind)
        case Policy.COUNTER:
            if not isinstance(kind, Integer) or nullable:
                raise ValueError("counts: it is an int that is never empty")
        case Policy.TEXT:
            if not isinstance(kind, Text) or kind.form is not None:
                raise ValueError("is merged as text: it is a str without a form")
        case Policy.UNION:
            if not (isinstance(kind, Items) and kind.distinct) or nullable:
                raise ValueError("is a set: it is a frozenset of codes, texts or ids, and never null")
            check_member = kind.compiled()
    if isinstance(kind, Items) and kind.distinct and policy is not Policy.UNION:
        raise ValueError("is a frozenset, whose policy is union; a list that is decided whole is a tuple")
    if mark.correctable and policy is not Policy.FIXED:
        raise ValueError("is correctable, which only a fixed field needs to say")
    if mark.parent and (
        not isinstance(kind, Reference)
        or kind.target in (None, ACCOUNT)
        or policy not in (Policy.FIXED, Policy.REVIEW)
    ):
        raise ValueError("names the parent: it is a Ref, and fixed or decided by review")
    if mark.unit is not None and not isinstance(kind, Integer | Number):
        raise ValueError("has a unit, but is no number")
    if mark.happened and not isinstance(kind, Moment):
        raise ValueError("has happened, which only a moment can have")
    if permanent:
        if policy not in _PERMANENT or mark.together is not None or mark.correctable:
            raise ValueError("could be taken back, in a permanent record: see the policies that cannot")
        if isinstance(kind, Text) and kind.form is None and kind.min_length < 1:
            raise ValueError("could be emptied, in a permanent record: it needs min_length=1")
        if (isinstance(kind, Items) and not kind.distinct) or isinstance(kind, Composite | Mapped):
            raise ValueError("could lose what is in it, in a permanent record: declare a set, or fields")
        nullable = False
    if mark.mask is not None and not mark.mask.fits(kind):
        raise ValueError(f"has the mask {mark.mask.name}, which is for another kind of value")
    if mark.sample is not None and mark.sample is not DROPPED and mark.privacy in NEVER:
        raise ValueError(f"is {mark.privacy.value}, which no sample holds")
    if mark.sample is not None and not fits(mark.sample, kind):
        raise ValueError(f"cannot be {mark.sample.value} in a sample, by its type")
    treatment = mark.sample or by_declaration(mark.privacy, kind)
    if mark.searchable and (
        mark.privacy not in SEARCHABLE or not isinstance(kind, Text) or kind.form is None
    ):
        raise ValueError("is searched by: it is a text with a form, of the class contact or identity")
    return Field(
        name=info.name,
        zh=mark.zh,
        en=mark.en,
        policy=policy,
        privacy=mark.privacy,
        kind=kind,
        required=required,
        nullable=nullable,
        check=check,
        check_member=check_member,
        states=states,
        rank=rank,
        correctable=mark.correctable,
        parent=mark.parent,
        together=mark.together,
        unit=mark.unit,
        computed=mark.computed,
        starts=mark.starts,
        by=mark.by,
        happened=mark.happened,
        mask=mark.mask or mask_by_form(kind),
        treatment=treatment or DROPPED,
        is_treatment_decided=treatment is not None,
        searchable=mark.searchable,
    )


def _computed_already(_: Any) -> list[FieldProblem]:
    return COMPUTED_ALREADY


def _rank(kind: Kind) -> Mapping[Any, int]:
    if isinstance(kind, YesNo):
        return {False: 0, True: 1}
    if isinstance(kind, Code) and kind.table.rising:
        return {member.code: place for place, member in enumerate(kind.table)}
    raise ValueError("is decided by the highest value: it needs a table declared with rising=True, or bool")


def _units(fields: Mapping[str, Field]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for each in fields.values():
        groups.setdefault(each.together or f"/{each.name}", []).append(each.name)
    return {name: tuple(group) for group in groups.values() for name in group}


_check_amount = Integer().compiled()
_NOT_A_SET = FieldProblem(
    "",
    "not-a-set",
    "此项不能增减成员，请用 set 填写",
    "Only declared sets take members: use `set` for this field",
)
_AHEAD = FieldProblem(
    "",
    "ahead",
    "此时间尚未到来，请核对日期和钟点",
    "This time has not come yet: check the day and the hour",
)
_NOT_A_COUNTER = FieldProblem(
    "",
    "not-a-counter",
    "此项不是计数项，请用 set 填写",
    "Only declared counters can be incremented: use `set`",
)
