"""Whatever a client sends is answered: applied, kept or refused in words, and it stops nobody else's work."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.problems import Problem
from tests.sync import sheet
from tests.sync.ledger import AREA, SHEET, Ledger, id_of

CREATED = {"subject": "王某", "stage": "begun"}


pytestmark = pytest.mark.usefixtures("sheets")


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["\0", "a", "high", "begun", str(SHEET), str(AREA), "2026-02-30"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        *sheet.Sheet.declaration.fields,
        *sheet.Leaf.declaration.fields,
        "unheard_of",
        "",
        "/deleted",
        "a\0b",
        "id",
    ]
)
fields = st.dictionaries(names, anything, max_size=4)
members = st.sampled_from(
    ["id", "collection", "record", "area", "at", "op", "base", "after", "set", "group", "resolves", "to"]
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "op": st.sampled_from(["write", "delete", "restore", "move"]),
        "base": st.integers(0, 5),
        "record": st.sampled_from([str(SHEET), str(id_of(2)), str(id_of(3))]),
        "collection": st.sampled_from(["sheet", "leaf", "conflict", "household"]),
        "set": fields,
        "add": fields,
        "remove": fields,
        "increment": fields,
        "to": st.sampled_from([str(AREA), str(id_of(9))]),
        "after": st.sampled_from([str(id_of(0x1001)), str(id_of(0x1002)), str(id_of(7))]),
        "group": st.sampled_from([str(id_of(8)), str(id_of(9))]),
        "resolves": st.sampled_from([str(SHEET), str(id_of(7))]),
    },
)


@given(st.lists(st.tuples(st.integers(1, 3), changes), max_size=12))
def test_every_change_that_can_be_read_is_answered(sent: list[tuple[int, dict[str, Any]]]) -> None:
    ledger = Ledger()
    ledger.push(0, {"set": CREATED})
    for device, change in sent:
        (result,) = ledger.push(device, change)
        assert result.outcome in ("applied", "merged", "conflict", "parked", "rejected")
        assert (result.problem is None) == (result.outcome in ("applied", "merged", "conflict"))
    (last,) = ledger.push(4, {"record": str(id_of(4)), "set": CREATED})
    assert last.outcome == "applied"


@given(st.lists(changes, min_size=1, max_size=12))
def test_every_batch_is_answered_change_by_change(sent: list[dict[str, Any]]) -> None:
    ledger = Ledger()
    results = ledger.push(1, {"set": CREATED}, *sent, {"record": str(id_of(4)), "set": CREATED})
    assert len(results) == len(sent) + 2
    assert results[0].outcome == results[-1].outcome == "applied"


@given(changes, st.dictionaries(members, anything, max_size=3))
def test_a_change_of_any_shape_is_answered_or_named_as_unreadable(
    change: dict[str, Any], strange: dict[str, Any]
) -> None:
    ledger = Ledger()
    try:
        msgspec.json.encode(strange)
        results = ledger.push(1, {**change, **strange})
    except (UnicodeEncodeError, OverflowError):
        return  # no client can write this as JSON
    except Problem as problem:
        assert problem.kind.status == 422
        assert "id" in strange
        return
    assert len(results) == 1
