"""Whatever is done, by whomever and in whatever order: a report once started stands, and only ever rises."""

from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from schemas.harm import Harm
from schemas.mandatory_report import ReportState
from tests.sync.family import REPORT, Family, family_in, report_of, reports
from tests.sync.shelf import Shelf, agrees, shelf_of
from tests.world import World

KINDS = [harm.code for harm in Harm]
ORDER = [state.code for state in ReportState]
AT = "2026-11-20T{:02}:00:00+08:00"
IN_VISITS = ("note", "say", "withdraw", "empty", "delete", "restore")
IN_REPORTS = (
    "tell police",
    "tell civil affairs",
    "take up",
    "close",
    "rise",
    "untell",
    "set back",
    "lose a kind",
    "lose kinds",
    "calm down",
    "delete report",
    "move report",
)
ELSE = ("visit", "visit with signs", "report", "exchange", "move", "hand over")

steps = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([*ELSE, *IN_VISITS, *IN_REPORTS]),
        st.integers(0, 11),
    ),
    min_size=4,
    max_size=24,
)


@given(steps=steps)
@hypothesis.settings(
    max_examples=max(12, hypothesis.settings().max_examples // 6),
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
async def test_a_report_once_started_stands_whatever_anybody_does(
    world: World, steps: list[tuple[int, str, int]]
) -> None:
    family = await family_in(world)
    there = await world.make_area()
    for name, person in family.people.items():
        role = {"supervisor": "supervisor", "child_officer": "child_officer"}.get(name, "social_worker")
        await world.grant(person, role, there)
    watcher = await shelf_of(world, "supervisor", family.area, there)
    areas = [family.area, there]
    owed: set[UUID] = set()
    known: dict[UUID, dict[str, Any]] = {}
    for who, what, number in [*steps, (0, "exchange", 0)]:
        shelf = list(family.phones.values())[who]
        sent = await done(family, shelf, what, number, areas)
        if sent is not None:
            # Written on what the phone held, which is not always what stands.
            said = await shelf.exchange(sent)
            (result,) = said["results"]
            assert result["outcome"] != "retry"
            if notes_harm(sent) and result["outcome"] in ("applied", "merged", "conflict"):
                owed.add(report_of(sent))
        await watcher.settle()
        standing = {id: dict(watcher.data(id)) for id in reports(watcher)}
        assert owed <= standing.keys()
        for id, before in known.items():
            assert is_no_lower(before, standing[id]), (what, before, standing[id])
        known = standing
    for shelf in family.phones.values():
        await shelf.settle()
        await agrees(world, shelf)


def notes_harm(sent: dict[str, Any]) -> bool:
    if sent["collection"] != "child_visit":
        return False
    said = sent.get("set", {})
    return bool(said.get("harm") or said.get("harm_seen") or sent.get("add", {}).get("harm"))


def is_no_lower(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Everything that was told is told still, and it is as far along, of as many kinds, and due as soon."""
    return (
        before.keys() <= now.keys()
        and all(value is not None for value in now.values())
        and set(before["situations"]) <= set(now["situations"])
        and ORDER.index(before["state"]) <= ORDER.index(now["state"])
        and all(before[name] == now[name] for name in ("child", "found_at", "due_at", "reported_by"))
        and now.get("in_danger", False) >= before.get("in_danger", False)
    )


async def done(
    family: Family, shelf: Shelf, what: str, number: int, areas: list[UUID]
) -> dict[str, Any] | None:
    """What somebody does next, if there is anything to do it to."""
    kind = KINDS[number % len(KINDS)]
    if what in IN_VISITS or what in IN_REPORTS:
        collection = "child_visit" if what in IN_VISITS else REPORT
        held = sorted(id for id, each in shelf.records.items() if each["collection"] == collection)
        if not held:
            return None
        return family.edit(shelf, held[number % len(held)], **edit_of(what, number, kind, areas))
    match what:
        case "visit":
            return _where_it_is(family, shelf, family.visit(shelf))
        case "visit with signs":
            return _where_it_is(family, shelf, family.visit(shelf, harm=[kind]))
        case "report":
            return _where_it_is(family, shelf, family.report(shelf, situations=[kind]))
        case "move":
            if str(family.file) not in shelf.records:
                return None
            at = shelf.records[str(family.file)]["area"]
            to = areas[1] if at == str(areas[0]) else areas[0]
            return family.edit(shelf, family.file, op="move", to=to)
        case "hand over":
            at = UUID(family.supervisor.records[str(family.file)]["area"])
            await family.supervisor.settle()
            await family.world.leave(family.people["lead"], at, family.file)
            await family.world.join(family.people["reporter"], at, family.file, "lead")
        case _:
            await shelf.settle()
    return None


def _where_it_is(family: Family, shelf: Shelf, made: dict[str, Any]) -> dict[str, Any]:
    """In the area in which the phone has the child."""
    held = shelf.records.get(str(family.child))
    return made if held is None else {**made, "area": held["area"]}


def edit_of(what: str, number: int, kind: str, areas: list[UUID]) -> dict[str, Any]:
    moment = AT.format(10 + number)
    edits: dict[str, dict[str, Any]] = {
        "note": {"add": {"harm": [kind]}},
        "say": {"set": {"harm_seen": f"第{number}次。"}},
        "withdraw": {"remove": {"harm": [kind]}},
        "empty": {"set": {"harm": [], "harm_seen": None}},
        "delete": {"op": "delete"},
        "restore": {"op": "restore"},
        "tell police": {"set": {"police_told_at": moment, "police_receipt": f"{number}号"}},
        "tell civil affairs": {"set": {"civil_affairs_told_at": moment}},
        "take up": {"set": {"taken_up_at": moment, "taken_up_by": "街道"}},
        "close": {"set": {"closed_on": "2026-12-20", "outcome": "protected"}},
        "rise": {"set": {"in_danger": True}, "add": {"situations": [kind]}},
        "untell": {"set": {"police_told_at": None}},
        "set back": {"set": {"state": "to_report"}},
        "lose a kind": {"remove": {"situations": [kind]}},
        "lose kinds": {"set": {"situations": [kind]}},
        "calm down": {"set": {"in_danger": False}},
        "delete report": {"op": "delete"},
        "move report": {"op": "move", "to": areas[number % 2]},
    }
    return edits[what]
