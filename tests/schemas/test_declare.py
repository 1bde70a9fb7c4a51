"""What follows from a declaration, and that one which contradicts itself does not come through import."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest

from schemas.annotations import Account, Ref, entry
from schemas.codes import CodeTable, StateTable, Unit
from schemas.collections import COLLECTIONS
from schemas.computed import Furthest
from schemas.declare import (
    COMPUTED,
    COUNTER,
    FIXED,
    HIGHEST,
    LATEST,
    REVIEW,
    STATES,
    TEXT,
    UNION,
    Policy,
    Record,
    Start,
    WrongDeclaration,
    collected,
    field,
)
from schemas.forms import PHONE
from schemas.household import Household
from schemas.privacy import Privacy
from schemas.rules import BornAsNumbered, NotBefore

OPEN, CASE = Privacy.OPEN, Privacy.CASE
META: Any = type(Record)


class Colour(CodeTable, zh="颜色", en="Colour"):
    RED = "red", "红", "Red"
    BLUE = "blue", "蓝", "Blue"


class Other(CodeTable, zh="他", en="Other"):
    ONE = "one", "一", "One"


class Step(StateTable, zh="步骤", en="Step", initial=("begun",)):
    BEGUN = "begun", "开始", "Begun", ("done",)
    DONE = "done", "完成", "Done"


def declare(annotation: Any, default: Any = ..., name: str = "it", **options: Any) -> Any:
    """A record type of one field."""
    body: dict[str, Any] = {"__annotations__": {name: annotation}, "__doc__": "One."}
    if default is not ...:
        body[name] = default
    return META("One", (Record,), body, collection="one", zh="一", en="One", **options)


def marked(merge: Any, privacy: Any = OPEN, **options: Any) -> Any:
    return field("它", "It", privacy=privacy, merge=merge, **options)


def test_policies_and_classes_are_those_declared() -> None:
    household = COLLECTIONS["household"]
    assert household.policy_of("address") is Policy.LATEST
    assert household.policy_of("risk") is Policy.HIGHEST
    assert household.privacy_of("address") is Privacy.BASIC
    assert household.privacy_of("income_items") is Privacy.CASE


def test_an_unknown_field_is_a_confidential_plain_fact_of_its_own() -> None:
    household = COLLECTIONS["household"]
    assert household.policy_of("from_the_future") is Policy.LATEST
    assert household.privacy_of("from_the_future") is Privacy.CONFIDENTIAL
    assert household.unit_of("from_the_future") == ("from_the_future",)


def test_an_amount_and_its_period_are_decided_together() -> None:
    referral = COLLECTIONS["referral"]
    assert referral.unit_of("amount_fen") == ("amount_fen", "amount_period")
    assert referral.unit_of("amount_period") == ("amount_fen", "amount_period")
    assert referral.unit_of("kind") == ("kind",)


def test_a_grave_risk_ranks_above_a_low_one() -> None:
    rank = COLLECTIONS["household"].fields["risk"].rank
    assert rank is not None
    assert rank["low"] < rank["medium"] < rank["high"] < rank["emergency"]


def test_urgent_ranks_above_not_urgent() -> None:
    rank = COLLECTIONS["screening"].fields["urgent"].rank
    assert rank is not None and rank[True] > rank[False]


@pytest.mark.parametrize(
    ("collection", "parent"),
    [
        ("person", "household"),
        ("screening", "household"),
        ("referral", "household"),
        ("child_visit", "subject"),
        ("elder_visit", "subject"),
        ("mandatory_report", "child"),
        ("attendance", "activity"),
        ("resource_link", "household"),
    ],
)
def test_a_record_belongs_to_one_other(collection: str, parent: str) -> None:
    fields = COLLECTIONS[collection].fields
    assert [name for name, each in fields.items() if each.parent] == [parent]
    assert fields[parent].required


@pytest.mark.parametrize(
    "name", sorted(set(COLLECTIONS) - {"conflict", "emergency_access", "mandatory_report"})
)
def test_every_record_has_an_open_part_from_the_start(name: str) -> None:
    # Whoever is cleared for nothing but the open class still counts it.
    assert any(each.required and each.privacy is OPEN for each in COLLECTIONS[name].fields.values())


def test_all_of_a_mandatory_report_is_confidential_its_state_and_deadline_too() -> None:
    fields = COLLECTIONS["mandatory_report"].fields
    assert {"state", "due_at"} < fields.keys()
    assert {each.privacy for each in fields.values()} == {Privacy.CONFIDENTIAL}


def test_what_others_do_to_a_child_is_confidential_and_starts_a_report() -> None:
    visit = COLLECTIONS["child_visit"]
    assert [each.name for each in visit.starting] == ["harm", "harm_seen"]
    for name in ("harm", "harm_seen", "bullying", "concerns"):
        assert visit.privacy_of(name) is Privacy.CONFIDENTIAL


def test_sex_is_set_once_and_may_be_corrected() -> None:
    sex = COLLECTIONS["person"].fields["sex"]
    assert sex.policy is Policy.FIXED and sex.correctable


def test_conflicts_and_emergencies_alone_are_made_by_the_server() -> None:
    made = [name for name, each in COLLECTIONS.items() if each.made_by_server]
    assert made == ["conflict", "emergency_access"]


def test_nothing_of_an_emergency_is_for_everybody() -> None:
    fields = COLLECTIONS["emergency_access"].fields.values()
    assert {each.privacy for each in fields} == {Privacy.CONFIDENTIAL}


@pytest.mark.parametrize(
    ("annotation", "default", "reason"),
    [
        (str, ..., "not declared with field"),
        (Annotated[str, field("", "It", privacy=OPEN, merge=LATEST)], ..., "a Chinese and an English label"),
        (Annotated[str, field("它", " ", privacy=OPEN, merge=LATEST)], ..., "a Chinese and an English label"),
        (Annotated[str, marked(LATEST, privacy="secret")], ..., "unknown privacy class"),
        (Annotated[str, marked("newest")], ..., "unknown privacy class or merge policy"),
        (Annotated[str | None, marked(LATEST)], ..., "needs the default None"),
        (Annotated[Colour | None, marked(HIGHEST)], None, "rising=True"),
        (Annotated[str | None, marked(HIGHEST)], None, "rising=True"),
        (Annotated[str, marked(COUNTER)], "", "counts"),
        (Annotated[int | None, marked(COUNTER)], None, "counts"),
        (Annotated[Colour, marked(STATES)], ..., "StateTable"),
        (Annotated[Step, marked(LATEST)], ..., "its policy is states or it is computed"),
        (Annotated[Step | None, marked(STATES)], None, "never empty"),
        (Annotated[int | None, marked(TEXT)], None, "merged as text"),
        (Annotated[tuple[Colour, ...], marked(UNION)], (), "frozenset"),
        (Annotated[frozenset[Colour], marked(LATEST)], frozenset(), "whose policy is union"),
        (Annotated[frozenset[int], marked(UNION)], frozenset(), "codes, texts or ids"),
        (Annotated[frozenset[Colour] | None, marked(UNION)], None, "never null"),
        (Annotated[str, marked(LATEST, correctable=True)], ..., "only a fixed field"),
        (Annotated[str, marked(FIXED, parent=True)], ..., "names the parent"),
        (Annotated[Ref[Household], marked(LATEST, parent=True)], ..., "names the parent"),
        (Annotated[Ref[Account], marked(FIXED, parent=True)], ..., "names the parent"),
        (Annotated[UUID, marked(FIXED, parent=True)], ..., "names the parent"),
        (Annotated[Ref[Colour], marked(FIXED)], ..., "no record"),
        (Annotated[str, marked(LATEST, unit=Unit.FEN)], ..., "no number"),
        (Annotated[str, marked(LATEST, maximum=9)], ..., "say nothing of its type"),
        (Annotated[int, marked(LATEST, max_length=9)], ..., "say nothing of its type"),
        (Annotated[str, marked(LATEST, max_items=9)], ..., "say nothing of its type"),
        (Annotated[int, marked(LATEST, minimum=2, maximum=1)], ..., "minimum above its maximum"),
        (Annotated[str, marked(LATEST, min_length=2, max_length=1)], ..., "least length above"),
        (Annotated[str, marked(LATEST, searchable=True)], ..., "searched by"),
        (Annotated[str, marked(LATEST, privacy=CASE, form=PHONE, searchable=True)], ..., "searched by"),
        (Annotated[str, marked(LATEST)], "好", "default other than empty"),
        (Annotated[int, marked(COUNTER)], 1, "default other than empty"),
        (Annotated[float, marked(LATEST)], ..., "no field can have"),
        (Annotated[bytes, marked(LATEST)], ..., "no field can have"),
        (Annotated[str | int, marked(LATEST)], ..., "no field can have"),
        (Annotated[Household, marked(LATEST)], ..., "no field can have"),
        (Annotated[str | None, marked(COMPUTED)], None, "it says how"),
        (Annotated[str | None, marked(LATEST, computed=Furthest(()))], None, "it says how"),
        (Annotated[str, marked(COMPUTED, computed=Furthest(()))], ..., "may leave it out"),
        (Annotated[str | None, marked(LATEST, happened=True)], None, "only a moment"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(annotation: Any, default: Any, reason: str) -> None:
    with pytest.raises(WrongDeclaration, match=f"one.it .*{reason}"):
        declare(annotation, default)


@pytest.mark.parametrize(
    ("annotation", "default", "reason"),
    [
        (Annotated[int, marked(COUNTER)], 0, "could be taken back"),
        (Annotated[Step, marked(STATES)], ..., "could be taken back"),
        (Annotated[str | None, marked(REVIEW, min_length=1)], None, "could be taken back"),
        (Annotated[str | None, marked(FIXED, correctable=True, min_length=1)], None, "could be taken back"),
        (Annotated[int | None, marked(LATEST, together="sum")], None, "could be taken back"),
        (Annotated[str | None, marked(TEXT)], None, "could be emptied"),
        (Annotated[tuple[Colour, ...], marked(LATEST)], (), "could lose"),
        (Annotated[dict[str, Any] | None, marked(LATEST)], None, "could lose"),
    ],
)
def test_a_permanent_record_declares_nothing_that_could_be_taken_back(
    annotation: Any, default: Any, reason: str
) -> None:
    with pytest.raises(WrongDeclaration, match=f"one.it .*{reason}"):
        declare(annotation, default, permanent=True)


@pytest.mark.parametrize(
    ("computed", "privacy", "reason"),
    [
        (Furthest((("red", ("colour",)),)), OPEN, "must be declared"),
        (Furthest((("red", ("it",)),)), OPEN, "written by people"),
        (Furthest((("red", ("source",)),)), CASE, "its own class"),
    ],
)
def test_a_computed_field_follows_from_what_people_wrote_in_its_own_class(
    computed: Any, privacy: Any, reason: str
) -> None:
    with pytest.raises(WrongDeclaration, match=f"one.it is computed .*{reason}"):

        class One(Record, collection="one", zh="一", en="One"):
            """One."""

            source: Annotated[str | None, marked(LATEST)] = None
            it: Annotated[Colour | None, marked(COMPUTED, privacy=privacy, computed=computed)] = None


def starting(privacy: Any = OPEN, table: Any = Colour, about_children: bool = False, **marks: Any) -> None:
    """A visit that starts an alarm, declared so that only `marks` can be wrong."""

    class Room(Record, collection="room", zh="屋", en="Room"):
        """A room."""

        number: Annotated[str, marked(LATEST)]

    class Alarm(
        Record,
        collection="alarm",
        zh="警",
        en="Alarm",
        started=Start(subject="room", source="visit", by="writer", at="at", kinds="kinds"),
        about_children=about_children,
    ):
        """An alarm."""

        room: Annotated[Ref[Room], marked(FIXED, parent=True)]
        writer: Annotated[Ref[Account], marked(FIXED)]
        at: Annotated[datetime, marked(FIXED)]
        visit: Annotated[UUID | None, marked(FIXED)] = None
        kinds: Annotated[frozenset[table], marked(UNION)] = frozenset()

    class Tour(Record, collection="tour", zh="巡", en="Tour"):
        """A tour."""

        room: Annotated[Ref[Room], marked(FIXED, parent=True)]
        signs: Annotated[
            frozenset[Colour], marked(UNION, privacy=privacy, **{"starts": "alarm", **marks})
        ] = frozenset()

    collected(Room, Alarm, Tour)


def test_a_field_may_start_a_record_of_its_own_class_that_belongs_to_the_same() -> None:
    starting()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"starts": "room"}, "which no record starts"),
        ({"starts": "siren"}, "which no record starts"),
        ({"privacy": CASE}, "class of what starts it"),
        ({"about_children": True}, "both are about children"),
        ({"table": Other}, "of another table"),
    ],
)
def test_a_field_that_starts_what_does_not_fit_it_is_refused(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(WrongDeclaration, match=f"tour.signs starts .*{reason}"):
        starting(**wrong)


def test_a_record_that_is_started_needs_no_more_than_it_is_started_with() -> None:
    with pytest.raises(WrongDeclaration, match="these must be all that it needs"):

        class Bell(
            Record,
            collection="bell",
            zh="铃",
            en="Bell",
            started=Start(subject="of", source="of", by="of", at="of", kinds="tones"),
        ):
            """A bell."""

            of: Annotated[UUID, marked(FIXED)]
            weight: Annotated[int, marked(LATEST)]
            tones: Annotated[frozenset[Colour], marked(UNION)] = frozenset()


def test_a_composite_whose_part_is_not_labelled_is_refused() -> None:
    class Place(msgspec.Struct):
        street: str

    with pytest.raises(WrongDeclaration, match="street that is not declared with entry"):
        declare(Annotated[Place, marked(LATEST)])


def test_a_name_that_is_no_identifier_is_refused() -> None:
    with pytest.raises(WrongDeclaration, match="no name for a field"):
        declare(Annotated[str, marked(LATEST)], name="It")


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (marked(LATEST, together="sum"), marked(LATEST, privacy=CASE, together="sum"), "differ in class"),
        (marked(LATEST, together="sum"), marked(REVIEW, together="sum"), "differ in class or policy"),
        (marked(FIXED, together="sum"), marked(FIXED, together="sum"), "only latest and review"),
    ],
)
def test_fields_that_cannot_be_decided_together_are_refused(one: Any, other: Any, reason: str) -> None:
    with pytest.raises(WrongDeclaration, match=reason):

        class Sum(Record, collection="sum", zh="合计", en="Sum"):
            """A sum."""

            amount: Annotated[int, one]
            period: Annotated[int, other]


def test_two_numbers_of_one_class_to_search_by_are_refused() -> None:
    number = marked(LATEST, privacy=Privacy.CONTACT, form=PHONE, searchable=True)
    with pytest.raises(WrongDeclaration, match="searched by two fields"):

        class Called(Record, collection="called", zh="通话", en="Call"):
            """A call."""

            caller: Annotated[str, number]
            callee: Annotated[str, number]


def test_a_collection_without_labels_is_refused() -> None:
    with pytest.raises(WrongDeclaration, match="needs a Chinese and an English label"):

        class Nameless(Record, collection="nameless"):
            """Nameless."""


def test_a_collection_that_does_not_say_what_it_is_for_is_refused() -> None:
    with pytest.raises(WrongDeclaration, match="what it is for"):
        META("Mute", (Record,), {}, collection="mute", zh="哑", en="Mute")


def test_a_collection_with_an_unusable_name_is_refused() -> None:
    with pytest.raises(WrongDeclaration, match="no name for a collection"):

        class Shouted(Record, collection="SHOUT", zh="喊", en="Shout"):
            """Shouted."""


def test_a_rule_about_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(WrongDeclaration, match="rule about"):
        declare(Annotated[str, marked(LATEST)], rules=(BornAsNumbered(("it", "number")),))


def test_a_rule_that_holds_a_day_against_a_moment_is_refused() -> None:
    with pytest.raises(WrongDeclaration, match="two days or two moments"):

        class Mixed(
            Record, collection="mixed", zh="混", en="Mixed", rules=(NotBefore(("on", "at"), "错", "Wrong"),)
        ):
            """Mixed."""

            on: Annotated[date, marked(LATEST)]
            at: Annotated[datetime, marked(LATEST)]


def test_two_record_types_of_one_name_are_refused() -> None:
    class Twin(Record, collection="household", zh="家庭", en="Household"):
        """Another one."""

    with pytest.raises(WrongDeclaration, match="declared twice"):
        collected(Household, Twin)


def test_a_reference_to_no_collection_is_refused() -> None:
    class Dangling(Record, collection="dangling", zh="悬", en="Dangling"):
        """Refers to what is not collected with it."""

        to: Annotated[Ref[Household], marked(FIXED)]

    with pytest.raises(WrongDeclaration, match="refers to household"):
        collected(Dangling)


def test_shared_fields_alone_are_no_record_type() -> None:
    class Shared(Record):
        title: Annotated[str, marked(LATEST)]

    class Poster(Shared, collection="poster", zh="海报", en="Poster"):
        """A poster."""

    assert list(collected(Poster)["poster"].fields) == ["title"]
    with pytest.raises(WrongDeclaration, match="Shared does not say its collection"):
        collected(Shared)


def test_a_new_record_type_is_one_declaration() -> None:
    class Line(msgspec.Struct):
        amount_fen: Annotated[int, entry("金额", "Amount", minimum=0, unit=Unit.FEN)]

    class Bill(Record, collection="bill", zh="账单", en="Bill"):
        """A bill."""

        number: Annotated[str, field("编号", "Number", privacy=OPEN, merge=FIXED, max_length=5)]
        lines: Annotated[tuple[Line, ...], field("明细", "Lines", privacy=CASE, merge=LATEST)] = ()

    bill = collected(Bill)["bill"]
    assert bill.problems_in_whole({"number": "7", "lines": [{"amount_fen": 100}]}) == []
    assert [each.pointer for each in bill.problems_in_whole({"lines": [{"amount_fen": -1}]})] == [
        "/number",
        "/lines/0/amount_fen",
    ]
