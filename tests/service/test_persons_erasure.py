"""A person's data is erased for good: by the decision of two, or at the end of its term."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from schemas.civil import civil_date
from schemas.collections import COLLECTIONS
from schemas.retention import RETENTION
from service.audit.verify import Checked, Fault, verify
from service.persons.retention import carry_out, due
from tests.clock import Clock
from tests.service import family as families
from tests.service.family import FAMILYS, HERS, HIS, REASON, STRANGERS, Family
from tests.sync.changes import change, new_id
from tests.sync.phones import phones_in
from tests.world import World


@pytest.fixture
async def family(world: World) -> Family:
    return await families.made(world)


async def verified(world: World) -> Checked:
    async with world.pool.acquire() as connection:
        return await verify(connection)


async def erased(family: Family, person: UUID | None = None) -> None:
    await family.decided(person or family.he)
    await family.run()


async def forge(world: World, statement: str, *values: Any) -> None:
    """What an owner of the database can do."""
    async with world.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        assert not (await connection.execute(statement, *values)).endswith(" 0"), "nothing was forged"


# What goes and what stays


async def test_nothing_of_what_was_written_about_the_person_is_left_in_the_database(family: Family) -> None:
    before = await family.everything_stored()
    assert all(planted in before for planted in HIS.values())
    await erased(family)
    after = await family.everything_stored()
    assert [planted for planted in HIS.values() if planted in after] == []


async def test_what_is_about_others_stays(family: Family) -> None:
    await erased(family)
    after = await family.everything_stored()
    assert all(planted in after for planted in (*FAMILYS.values(), *HERS.values(), *STRANGERS.values()))


async def test_of_the_open_part_codes_and_coarse_dates_stay(family: Family) -> None:
    await erased(family)
    body = await family.world.pool.fetchval(
        "SELECT body_open FROM record WHERE id = $1", family.his["elder_visit"]
    )
    assert json.loads(body) == {
        "subject": str(family.he),
        "on": "2026-03-01",
        "by": str(family.people["lead"].id),
        "place": None,
    }


async def test_history_keeps_who_did_what_when_and_no_word_of_it(family: Family) -> None:
    query = (
        "SELECT rev, change, account, device, record, op, at, received_at, outcome FROM history "
        "WHERE record = $1"
    )
    before = await family.world.pool.fetch(query, family.he)
    await erased(family)
    assert await family.world.pool.fetch(query, family.he) == before
    row = await family.world.pool.fetchrow("SELECT * FROM history WHERE record = $1", family.he)
    content = {name: value for name, value in row.items() if name.startswith("sent_")}
    assert (set(content.values()), row["salt"], row["hash"]) == ({None}, None, b"")


async def test_conflicts_about_the_person_go_too(family: Family) -> None:
    lead, member = await family.shelf("lead"), await family.shelf("supervisor")
    base = lead.records[str(family.he)]["rev"]
    for shelf, born in ((lead, "1950-02-02"), (member, "1950-03-03")):
        sent = change("person", family.he, family.area, base=base, set={"birth_date": born})
        await shelf.exchange(sent)
    assert await family.world.pool.fetchval("SELECT count(*) FROM record WHERE collection = 'conflict'") == 1
    await erased(family)
    assert await family.world.pool.fetchval("SELECT count(*) FROM record WHERE collection = 'conflict'") == 0
    assert "1950-03-03" not in await family.everything_stored()


async def test_what_waits_about_the_person_goes_too(family: Family) -> None:
    lead = await family.shelf("lead")
    await lead.exchange(
        change("person", family.he, family.area, base=1, set={"phone": "1", "name": "未生效"})
    )
    await erased(family)
    assert "未生效" not in await family.everything_stored()
    assert (await family.ask("lead", "GET", "sync/quarantine")).json()["changes"] == []


async def test_with_the_last_of_a_family_its_whole_file_goes(family: Family) -> None:
    await erased(family, family.she)
    assert FAMILYS["note"] in await family.everything_stored()
    await erased(family, family.he)
    after = await family.everything_stored()
    gone = (*HIS.values(), *HERS.values(), *FAMILYS.values())
    assert [planted for planted in gone if planted in after] == []
    assert STRANGERS["note"] in after


async def test_the_history_that_a_record_left_behind_as_it_moved_goes_too(family: Family) -> None:
    there = await family.world.make_area()
    await family.world.grant(family.people["supervisor"], "supervisor", there)
    await family.world.grant(family.people["administrator"], "administrator", there)
    supervisor = await family.shelf("supervisor")
    base = supervisor.records[str(family.file)]["rev"]
    said = await supervisor.exchange(
        change("household", family.file, family.area, op="move", to=there, base=base)
    )
    assert said["results"][0]["outcome"] == "applied"
    await erased(family)
    after = await family.everything_stored()
    assert [planted for planted in HIS.values() if planted in after] == []
    assert (await verified(family.world)).findings == []


# What phones are told


@pytest.mark.parametrize("who", ["lead", "colleague", "member", "officer", "supervisor"])
async def test_a_phone_lets_go_of_it_at_its_next_exchange_and_of_nothing_else(
    family: Family, who: str
) -> None:
    before = await family.shelf(who)
    held = json.dumps(before.records, ensure_ascii=False)
    others = {
        id: record for id, record in before.records.items() if id not in _his(family) | {str(family.she)}
    }
    assert HIS["name"] in held
    await erased(family)
    after = await family.shelf(who)
    text = json.dumps(after.records, ensure_ascii=False)
    assert [planted for planted in HIS.values() if planted in text] == []
    assert {id: after.records[id] for id in others} == others


@pytest.mark.parametrize("who", ["lead", "colleague", "officer", "supervisor"])
async def test_an_old_phone_and_a_new_one_agree_afterwards(family: Family, who: str) -> None:
    old = await family.shelf(who)
    await erased(family)
    said = await old.settle(verify=True)
    assert said["digest"] == {} or said["digest"][str(family.area)] == old.digest(family.area)
    del family.shelves[who]
    new = await family.shelf(who)
    assert {id: each["rev"] for id, each in new.records.items()} == {
        id: each["rev"] for id, each in old.records.items()
    }


async def test_work_about_an_erased_person_is_refused_and_does_not_stay(family: Family) -> None:
    lead = await family.shelf("lead")
    base = lead.records[str(family.he)]["rev"]
    await erased(family)
    form = {
        "subject": str(family.he),
        "on": "2026-06-01",
        "by": str(family.people["lead"].id),
        "findings": "迟到的记录",
    }
    said = await lead.exchange(
        change("person", family.he, family.area, base=base, set={"name": "迟到的姓名"}),
        change("elder_visit", new_id(), family.area, set=form),
    )
    assert [result["problem"]["type"] for result in said["results"]] == ["record-erased"] * 2
    await family.run()
    after = await family.everything_stored()
    assert "迟到的记录" not in after and "迟到的姓名" not in after


async def test_a_change_that_was_erased_and_is_sent_again_was_done(family: Family) -> None:
    lead = await family.shelf("lead")
    base = lead.records[str(family.he)]["rev"]
    sent = change("person", family.he, family.area, base=base, set={"phone": "13855556666"})
    await lead.exchange(sent)
    await erased(family)
    result = (await lead.exchange(sent))["results"][0]
    assert (result["outcome"], result["repeated"]) == ("applied", True)
    assert "13855556666" not in await family.everything_stored()


async def test_a_replica_with_unsent_work_about_the_person_ends_without_a_word_of_them(
    family: Family, tmp_path: Path
) -> None:
    async with phones_in(family.world, tmp_path) as phones:
        replica, _ = await phones.signed_in(family.people["lead"])
        held = replica.get(family.he)
        assert held is not None and held.values["name"] == HIS["name"]
        replica.edit(family.he, set={"phone": "13812341234"})
        await erased(family)
        await replica.sync()
        await replica.sync()
        kept = [each.values for name in COLLECTIONS for each in replica.all(name)]
        assert [planted for planted in HIS.values() if planted in str(kept)] == []
        assert HERS["name"] in str(kept)


# What the audit still proves


async def test_the_audit_is_whole_after_an_erasure(family: Family) -> None:
    before = await verified(family.world)
    await erased(family)
    after = await verified(family.world)
    assert after.findings == []
    assert after.changes == before.changes


async def test_who_did_an_erased_change_is_still_proved(family: Family) -> None:
    await erased(family)
    await forge(family.world, "UPDATE history SET account = $2 WHERE record = $1", family.he, uuid4())
    assert {each.fault for each in (await verified(family.world)).findings} == {Fault.HISTORY}


async def test_the_rest_of_a_batch_is_still_proved(family: Family) -> None:
    await erased(family)
    await forge(
        family.world,
        'UPDATE history SET sent_case = \'{"set":{"findings":"无"}}\' WHERE record = $1',
        family.hers["elder_visit"],
    )
    assert {each.fault for each in (await verified(family.world)).findings} == {Fault.HISTORY}


async def test_history_that_was_emptied_without_a_decision_is_found(family: Family) -> None:
    await erased(family)
    await forge(
        family.world,
        "UPDATE history SET hash = '', salt = NULL, sent_open = NULL, sent_basic = NULL, sent_contact = NULL,"
        " sent_identity = NULL, sent_case = NULL, sent_confidential = NULL,"
        " commitments = (SELECT commitments FROM history WHERE record = $2 LIMIT 1) WHERE record = $1",
        family.she,
        family.he,
    )
    assert Fault.ERASED in {each.fault for each in (await verified(family.world)).findings}


async def test_erased_history_that_is_filled_in_again_is_found(family: Family) -> None:
    await erased(family)
    await forge(
        family.world,
        'UPDATE history SET sent_basic = \'{"set":{"name":"他人"}}\' WHERE record = $1',
        family.he,
    )
    assert {each.fault for each in (await verified(family.world)).findings} == {Fault.ERASED}


async def test_what_the_audit_keeps_does_not_tell_a_phone_number_to_who_guesses_it(family: Family) -> None:
    query = "SELECT commitments, sent_contact FROM history WHERE record = $1"
    await erased(family)
    (kept, _), (other, _) = [
        tuple(row)
        for id in (family.he, family.his["consent"])
        for row in await family.world.pool.fetch(query, id)
    ]
    assert kept[4] is not None and len(kept) == len(other) == 6
    assert await family.world.pool.fetchval("SELECT count(*) FROM history WHERE salt IS NULL") == 4


def _his(family: Family) -> set[str]:
    return {str(family.he), *map(str, family.his.values())}


# Who decides


async def test_nothing_happens_before_a_second_person_has_confirmed(family: Family) -> None:
    asked = await family.ask("supervisor", "POST", f"people/{family.he}/erase", {"reason": REASON})
    assert (asked.status_code, asked.json()["confirmed_at"]) == (202, None)
    await family.run()
    assert HIS["findings"] in await family.everything_stored()


async def test_who_asked_cannot_confirm_it(family: Family) -> None:
    await family.world.grant(family.people["supervisor"], "administrator", family.area)
    asked = await family.ask("supervisor", "POST", f"people/{family.he}/erase", {"reason": REASON})
    answer = await family.ask("supervisor", "POST", f"erasures/{asked.json()['id']}/confirm")
    assert (answer.status_code, answer.json()["detail"]) == (403, "须由另一人确认")


async def test_asked_twice_it_is_the_same_erasure(family: Family) -> None:
    first, second = [
        (await family.ask("supervisor", "POST", f"people/{family.he}/erase", {"reason": REASON})).json()
        for _ in range(2)
    ]
    assert first == second


async def test_an_erasure_that_was_taken_back_is_not_carried_out(family: Family) -> None:
    number = await family.decided(family.he)
    assert (await family.ask("administrator", "DELETE", f"erasures/{number}")).status_code == 204
    await family.run()
    assert HIS["findings"] in await family.everything_stored()
    assert (await family.ask("supervisor", "DELETE", f"erasures/{number}")).status_code == 404


async def test_an_administrator_sees_what_to_confirm_and_nothing_of_the_file(family: Family) -> None:
    await family.ask("supervisor", "POST", f"people/{family.he}/erase", {"reason": REASON})
    answer = await family.ask("administrator", "GET", "erasures")
    assert [each["reason"] for each in answer.json()["erasures"]] == [REASON]
    assert HIS["name"] not in answer.text


@pytest.mark.parametrize("who", ["lead", "colleague", "officer"])
async def test_nobody_but_a_supervisor_decides(family: Family, who: str) -> None:
    for path, body in (("erase", {"reason": REASON}), ("holds", {"reason": REASON})):
        assert (await family.ask(who, "POST", f"people/{family.he}/{path}", body)).status_code == 403
    assert (await family.ask(who, "GET", "erasures")).json() == {"erasures": []}


async def test_a_stranger_is_answered_as_if_there_were_nobody(family: Family) -> None:
    asked = (await family.ask("supervisor", "POST", f"people/{family.he}/erase", {"reason": REASON})).json()
    hold = (await family.ask("supervisor", "POST", f"people/{family.he}/holds", {"reason": REASON})).json()
    for who in ("elsewhere", "lead"):
        for number in (asked["id"], 999):
            assert (await family.ask(who, "POST", f"erasures/{number}/confirm")).status_code == 404
            assert (await family.ask(who, "DELETE", f"erasures/{number}")).status_code == 404
        for number in (hold["id"], 999):
            assert (await family.ask(who, "DELETE", f"holds/{number}")).status_code == 404
    for person in (family.he, uuid4()):
        answer = await family.ask("elsewhere", "POST", f"people/{person}/erase", {"reason": REASON})
        assert answer.status_code == 404


async def test_a_reason_is_needed(family: Family) -> None:
    for reason in ("", "太短", " " * 20):
        answer = await family.ask("supervisor", "POST", f"people/{family.he}/erase", {"reason": reason})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")


async def test_each_step_is_on_record(family: Family) -> None:
    hold = (await family.ask("supervisor", "POST", f"people/{family.he}/holds", {"reason": REASON})).json()
    await family.ask("supervisor", "DELETE", f"holds/{hold['id']}")
    await erased(family)
    kinds = await family.world.pool.fetch(
        "SELECT kind FROM audit WHERE chain = $1 AND kind <> 'write' ORDER BY no", family.area
    )
    assert [row["kind"] for row in kinds][-5:] == [
        "hold-set",
        "hold-lifted",
        "erasure-asked",
        "erasure-confirmed",
        "erased",
    ]


async def test_the_server_itself_cannot_empty_history(family: Family) -> None:
    async with family.world.application.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE history SET salt = NULL")


# Holds


async def test_a_hold_is_named_to_who_asks_for_an_erasure(family: Family) -> None:
    body = {"reason": "法院调取档案，案号另记", "until": "2030-05-06T00:00:00+08:00"}
    hold = (await family.ask("supervisor", "POST", f"people/{family.he}/holds", body)).json()
    answer = await family.ask("supervisor", "POST", f"people/{family.he}/erase", {"reason": REASON})
    assert (answer.status_code, answer.json()["type"]) == (409, "under-hold")
    said = answer.json()["detail"]
    assert all(word in said for word in (str(hold["id"]), "法院调取", "2030-05-06", hold["name"]))


async def test_a_hold_moves_nothing_that_a_phone_would_have_to_look_at(family: Family) -> None:
    head = "SELECT last_rev FROM area WHERE id = $1"
    before = await family.world.pool.fetchval(head, family.area)
    answer = await family.ask("supervisor", "POST", f"people/{family.he}/holds", {"reason": REASON})
    assert answer.status_code == 201
    assert await family.world.pool.fetchval(head, family.area) == before


async def test_a_hold_on_one_of_a_family_keeps_its_whole_file(family: Family) -> None:
    await family.ask("supervisor", "POST", f"people/{family.she}/holds", {"reason": REASON})
    answer = await family.ask("supervisor", "POST", f"people/{family.he}/erase", {"reason": REASON})
    assert answer.status_code == 409


async def test_a_hold_set_after_the_decision_still_stops_it_until_it_is_lifted(family: Family) -> None:
    await family.decided(family.he)
    hold = (await family.ask("supervisor", "POST", f"people/{family.he}/holds", {"reason": REASON})).json()
    await family.run()
    assert HIS["findings"] in await family.everything_stored()
    assert (await family.ask("supervisor", "DELETE", f"holds/{hold['id']}")).status_code == 204
    await family.run()
    assert HIS["findings"] not in await family.everything_stored()


async def test_a_hold_ends_by_itself(family: Family) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    body = {"reason": REASON, "until": soon}
    assert (await family.ask("supervisor", "POST", f"people/{family.he}/holds", body)).status_code == 201
    await family.world.pool.execute("SELECT pg_sleep(2)")
    assert (await family.ask("supervisor", "GET", f"people/{family.he}/holds")).json() == {"holds": []}
    await family.decided(family.he)


async def test_a_hold_that_has_run_out_before_it_could_be_set_is_refused(family: Family) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    await family.ask("supervisor", "GET", f"people/{family.he}/holds")  # signed in already
    async with family.world.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM area WHERE id = $1 FOR NO KEY UPDATE", family.area)
        body = {"reason": REASON, "until": soon}
        asking = asyncio.create_task(family.ask("supervisor", "POST", f"people/{family.he}/holds", body))
        await connection.execute("SELECT pg_sleep(1.2)")
    answer = await asking
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/until"), answer.text


async def test_a_term_that_ends_does_not_touch_a_file_under_hold(family: Family) -> None:
    await family.ask("supervisor", "POST", f"people/{family.he}/holds", {"reason": REASON})
    await family.run(datetime.now(UTC) + timedelta(days=366 * 30))
    after = await family.everything_stored()
    assert all(planted in after for planted in (*HIS.values(), *HERS.values(), *FAMILYS.values()))
    assert STRANGERS["findings"] not in after


# Terms


def in_months(months: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=31 * months)


def term_of(collection: str) -> int:
    """Months, as the table has them today."""
    months = RETENTION.value_of(collection, civil_date(datetime.now(UTC)))
    assert months is not None
    return months


async def test_each_collection_is_erased_at_the_end_of_its_own_term(family: Family) -> None:
    shorter, longer = term_of("elder_visit"), term_of("referral")
    assert shorter < longer
    await family.run(in_months(shorter + 1))
    after = await family.everything_stored()
    assert HIS["findings"] not in after and HIS["facts"] in after
    await family.run(in_months(longer + 1))
    after = await family.everything_stored()
    assert [
        planted for planted in (*HIS.values(), *HERS.values(), *STRANGERS.values()) if planted in after
    ] == []
    assert (await verified(family.world)).findings == []


async def test_nothing_is_due_before_its_term_has_ended(family: Family) -> None:
    shortest = min(figure.value for figure in RETENTION.figures if figure.value is not None)
    async with family.world.pool.acquire() as connection, connection.transaction():
        found = await due(connection, datetime.now(UTC) + timedelta(days=28 * shortest))
    assert found.terms == {}


async def test_the_term_begins_when_the_file_was_last_touched(family: Family) -> None:
    old = timedelta(days=31 * (term_of("elder_visit") + 1))
    await family.world.pool.execute(
        "UPDATE history SET rev = rev - $1 WHERE record <> $2",
        int(old.total_seconds() * 1_000_000),
        family.she,
    )
    async with family.world.pool.acquire() as connection, connection.transaction():
        found = await due(connection, datetime.now(UTC))
    assert [each.case for each in found.terms[family.area]] == [family.strange_file] * 1


async def planned_then(clock: Clock, family: Family, happens: Callable[[], Awaitable[None]]) -> None:
    """A run for which what is written so far is old enough, and in the middle of which something happens."""
    await clock.forward(days=2)
    later = await family.world.pool.fetchval(
        "SELECT clock_timestamp() + make_interval(months => $1)", term_of("elder_visit")
    )
    async with family.world.pool.acquire() as connection:
        async with connection.transaction():
            plan = await due(connection, later)
        await happens()
        await carry_out(connection, plan)
    assert STRANGERS["findings"] not in await family.everything_stored()


async def test_a_hold_that_is_set_while_a_run_is_under_way_keeps_the_file(
    clock: Clock, family: Family
) -> None:
    async def held() -> None:
        await family.ask("supervisor", "POST", f"people/{family.he}/holds", {"reason": REASON})

    await planned_then(clock, family, held)
    after = await family.everything_stored()
    assert HIS["findings"] in after and HERS["findings"] in after


async def test_work_that_comes_while_a_run_is_under_way_keeps_the_file(clock: Clock, family: Family) -> None:
    async def visited() -> None:
        lead = await family.shelf("lead")
        form = {"subject": str(family.she), "on": "2026-06-01", "by": str(family.people["lead"].id)}
        await lead.settle(change("elder_visit", new_id(), family.area, set=form))

    await planned_then(clock, family, visited)
    after = await family.everything_stored()
    assert HIS["findings"] in after and HERS["findings"] in after


async def test_a_run_that_was_broken_off_is_taken_up_again(family: Family) -> None:
    later = in_months(term_of("household")) + timedelta(days=62)
    async with family.world.pool.acquire() as connection:
        async with connection.transaction():
            plan = await due(connection, later)

        class Killed(Exception):
            """In the middle."""

        def stop(_: int) -> None:
            raise Killed

        with pytest.raises(Killed):
            await carry_out(connection, plan, stop)
    half = await family.everything_stored()
    assert (STRANGERS["note"] in half) != (FAMILYS["note"] in half)
    first = await family.run(later)
    second = await family.run(later)
    assert (first.records > 0, second.records, second.changes) == (True, 0, 0)
    assert (await verified(family.world)).findings == []


async def deleted_and_swept(family: Family) -> None:
    lead = await family.shelf("lead")
    id = family.hers["elder_visit"]
    base = lead.records[str(id)]["rev"]
    await lead.settle(change("elder_visit", id, family.area, op="delete", base=base))
    assert await family.world.pool.execute("DELETE FROM record WHERE deleted") == "DELETE 1"


async def test_what_was_deleted_and_swept_away_goes_from_the_history_at_its_term(family: Family) -> None:
    await deleted_and_swept(family)
    assert HERS["findings"] in await family.everything_stored()
    await family.run(in_months(term_of("elder_visit") + 1))
    assert HERS["findings"] not in await family.everything_stored()
    assert (await verified(family.world)).findings == []


async def test_a_hold_keeps_the_history_of_what_was_deleted_too(family: Family) -> None:
    await deleted_and_swept(family)
    await family.ask("supervisor", "POST", f"people/{family.she}/holds", {"reason": REASON})
    await family.run(in_months(term_of("elder_visit") + 1))
    assert HERS["findings"] in await family.everything_stored()
