"""Looking after accounts: nobody may by default, and an administrator no further than their areas."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from service.access.roles import Role
from service.routes.sync import RECHECK_SECONDS
from tests.service.test_stream import pokes_of
from tests.world import PASSWORD, Person, Phone, World, login_body

ADMIN = "/api/v1/admin"
NEW = "a wholly new one"


class Town(msgspec.Struct):
    """Two districts with a community each; an administrator and a worker of the first."""

    district: UUID
    community: UUID
    elsewhere: UUID
    admin: Phone
    worker: Person


@pytest.fixture
async def town(world: World) -> Town:
    district, other = await world.make_area("district"), await world.make_area("district")
    community = await world.make_area(parent=district)
    elsewhere = await world.make_area(parent=other)
    admin = await world.sign_in(await world.make_account("administrator", district))
    worker = await world.make_account("social_worker", community)
    return Town(district, community, elsewhere, admin, worker)


def routes(account: UUID, grant: int, area: UUID) -> list[tuple[str, str, Any]]:
    """Every route of administration, with a body that is right."""
    new_account = {
        "username": "new",
        "name": "新来的",
        "grants": [{"role": "social_worker", "area": str(area)}],
    }
    return [
        ("GET", f"{ADMIN}/accounts", None),
        ("POST", f"{ADMIN}/accounts", new_account),
        ("POST", f"{ADMIN}/accounts/{account}/suspend", None),
        ("POST", f"{ADMIN}/accounts/{account}/resume", None),
        ("POST", f"{ADMIN}/accounts/{account}/password", {"password": NEW}),
        ("DELETE", f"{ADMIN}/accounts/{account}/otp", None),
        ("GET", f"{ADMIN}/accounts/{account}/devices", None),
        ("POST", f"{ADMIN}/accounts/{account}/grants", {"role": "supervisor", "area": str(area)}),
        ("PATCH", f"{ADMIN}/grants/{grant}", {"until": "2999-01-01T00:00:00Z"}),
        ("DELETE", f"{ADMIN}/grants/{grant}", None),
    ]


async def grants_of(world: World, person: Person) -> list[int]:
    rows = await world.pool.fetch("SELECT id FROM area_grant WHERE account = $1 ORDER BY id", person.id)
    return [row["id"] for row in rows]


async def held_by(phone: Phone) -> set[str]:
    """The areas that a phone is told it holds."""
    return {area["id"] for area in (await phone.get("/api/v1/areas")).json()["areas"]}


def test_every_route_of_administration_is_in_the_table(world: World) -> None:
    declared = {
        (method, route.path_format)
        for route in world.app.routes
        if route.path.startswith(ADMIN)
        for method in getattr(route, "methods", set()) - {"OPTIONS"}
    }
    account = uuid.uuid4()
    tried = {
        (method, path.replace(str(account), "{account}").replace("grants/1", "grants/{grant}"))
        for method, path, _ in routes(account, 1, uuid.uuid4())
    }
    assert tried == declared


@pytest.mark.parametrize("role", [*(role for role in Role if role is not Role.ADMINISTRATOR), None], ids=str)
async def test_no_other_role_does_any_of_it(world: World, town: Town, role: Role | None) -> None:
    [grant] = await grants_of(world, town.worker)
    person = await world.make_account(role.value if role else None, *([town.district] if role else []))
    phone = await world.sign_in(person)
    before = await everything(world)
    for method, path, body in routes(town.worker.id, grant, town.community):
        answer = await phone.request(method, path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (403, "forbidden"), path
    assert await everything(world) == before


async def test_a_stranger_does_not_either(world: World, town: Town) -> None:
    [grant] = await grants_of(world, town.worker)
    stranger = await world.stranger()
    for method, path, body in routes(town.worker.id, grant, town.community):
        assert (await stranger.request(method, path, json=body)).status_code == 401, path


async def test_an_administrator_whose_grant_has_ended_does_not(world: World, town: Town) -> None:
    await world.pool.execute("UPDATE area_grant SET until = now() WHERE role = 'administrator'")
    [grant] = await grants_of(world, town.worker)
    for method, path, body in routes(town.worker.id, grant, town.community):
        assert (await town.admin.request(method, path, json=body)).status_code == 403, path


async def test_a_suspended_administrator_does_not(world: World, town: Town) -> None:
    await world.pool.execute("UPDATE account SET suspended_at = now() WHERE id = $1", town.admin.person.id)
    [grant] = await grants_of(world, town.worker)
    for method, path, body in routes(town.worker.id, grant, town.community):
        assert (await town.admin.request(method, path, json=body)).status_code == 403, path


async def test_what_lies_elsewhere_is_as_if_it_did_not_exist(world: World, town: Town) -> None:
    stranger = await world.make_account("social_worker", town.elsewhere)
    [grant] = await grants_of(world, stranger)
    before = await everything(world)
    for there, nowhere in zip(
        routes(stranger.id, grant, town.elsewhere), routes(uuid.uuid4(), 999_999, uuid.uuid4()), strict=True
    ):
        answers = [
            await town.admin.request(method, path, json=body) for method, path, body in (there, nowhere)
        ]
        assert answers[0].status_code == answers[1].status_code, there
        assert answers[0].content == answers[1].content, there
    assert await everything(world) == before


async def test_a_new_account_signs_in_with_what_it_was_granted(world: World, town: Town) -> None:
    answer = await town.admin.post(
        f"{ADMIN}/accounts",
        json={
            "username": "Wang.Fang",
            "name": "王芳",
            "password": NEW,
            "grants": [{"role": "social_worker", "area": str(town.community)}],
        },
    )
    assert answer.status_code == 201
    made = answer.json()
    assert (made["username"], made["name"]) == ("wang.fang", "王芳")
    phone = await world.sign_in(Person(UUID(made["id"]), "wang.fang", "王芳"), password=NEW)
    assert await held_by(phone) == {str(town.community)}


async def test_a_name_that_is_taken_is_named_and_nothing_is_made(world: World, town: Town) -> None:
    before = await everything(world)
    [_, (_, path, body), *_] = routes(town.worker.id, 1, town.community)
    answer = await town.admin.post(path, json=body | {"username": town.worker.username.upper()})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/username", "taken")
    assert await everything(world) == before


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"username": "  "}, "/username"),
        ({"username": "x" * 65}, "/username"),
        ({"password": "short"}, "/password"),
        ({"name": "a\nb"}, "/name"),
        ({"grants": []}, "/grants"),
        ({"grants": [{"role": "evaluator", "area": "AREA"}] * 2}, "/grants/1/role"),
        ({"grants": [{"role": "king", "area": str(UUID(int=1))}]}, "/grants/0/role"),
        ({"grants": [{"role": "supervisor", "area": str(UUID(int=1))}]}, "/grants/0/area"),
    ],
)
async def test_what_is_wrong_with_a_new_account_is_named(
    town: Town, wrong: dict[str, Any], pointer: str
) -> None:
    [_, (_, path, body), *_] = routes(town.worker.id, 1, town.community)
    sent = json.dumps(body | wrong).replace("AREA", str(town.community))
    answer = await town.admin.post(path, content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_grant_gives_at_once_and_ends_at_once(world: World, town: Town) -> None:
    phone = await world.sign_in(town.worker)
    second = await world.make_area(parent=town.district)
    answer = await town.admin.post(
        f"{ADMIN}/accounts/{town.worker.id}/grants", json={"role": "social_worker", "area": str(second)}
    )
    assert answer.status_code == 201
    assert await held_by(phone) == {str(town.community), str(second)}
    assert (await town.admin.delete(f"{ADMIN}/grants/{answer.json()['id']}")).status_code == 204
    assert await held_by(phone) == {str(town.community)}


async def test_a_grant_over_a_district_reaches_what_is_made_below_it_later(world: World, town: Town) -> None:
    supervisor = await world.sign_in(await world.make_account("supervisor", town.district))
    later = await world.make_area(parent=town.community)
    assert str(later) in await held_by(supervisor)


async def test_a_grant_begins_and_ends_when_it_says(world: World, town: Town) -> None:
    person = await world.make_account()
    phone = await world.sign_in(person)
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    await world.grant(person, "social_worker", town.elsewhere, since=now + hour)
    await world.grant(person, "social_worker", town.district, since=now - 2 * hour, until=now - hour)
    await world.grant(person, "social_worker", town.community, since=now - hour, until=now + hour)
    assert await held_by(phone) == {str(town.community)}


@pytest.mark.parametrize("days", [-1, 0])
async def test_a_grant_that_would_be_over_is_refused(town: Town, days: int) -> None:
    until = datetime.now(UTC) + timedelta(days=days)
    answer = await town.admin.post(
        f"{ADMIN}/accounts/{town.worker.id}/grants",
        json={"role": "supervisor", "area": str(town.community), "until": until.isoformat()},
    )
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/until")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("name", ["since", "until"])
async def test_the_ends_of_time_are_out_of_range(town: Town, name: str, moment: str) -> None:
    answer = await town.admin.post(
        f"{ADMIN}/accounts/{town.worker.id}/grants",
        json={"role": "supervisor", "area": str(town.community), name: moment},
    )
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, f"/{name}", "range")


async def test_the_same_grant_is_given_once_however_often_it_is_sent(world: World, town: Town) -> None:
    path, body = (
        f"{ADMIN}/accounts/{town.worker.id}/grants",
        {"role": "supervisor", "area": str(town.community)},
    )
    answers = await asyncio.gather(*(town.admin.post(path, json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422]
    assert len(await grants_of(world, town.worker)) == 2


async def test_every_change_of_a_grant_takes_a_position_of_its_own_in_the_log(
    world: World, town: Town
) -> None:
    async def last() -> int:
        rev: int = await world.pool.fetchval("SELECT last_rev FROM area WHERE id = $1", town.community)
        return rev

    before = await last()
    answer = await town.admin.post(
        f"{ADMIN}/accounts/{town.worker.id}/grants",
        json={"role": "supervisor", "area": str(town.community)},
    )
    given = await last()
    await town.admin.delete(f"{ADMIN}/grants/{answer.json()['id']}")
    ended = await last()
    assert before < given < ended


async def test_a_grant_is_made_to_last_longer_or_shorter(world: World, town: Town) -> None:
    [grant] = await grants_of(world, town.worker)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    path = f"{ADMIN}/grants/{grant}"
    assert (await town.admin.patch(path, json={"until": soon})).json()["until"] == soon
    assert (await town.admin.patch(path, json={"until": None})).json()["until"] is None


async def test_a_grant_that_is_over_is_not_brought_back(world: World, town: Town) -> None:
    [grant] = await grants_of(world, town.worker)
    await town.admin.delete(f"{ADMIN}/grants/{grant}")
    assert (await town.admin.patch(f"{ADMIN}/grants/{grant}", json={"until": None})).status_code == 404
    assert await held_by(await world.sign_in(town.worker)) == set()


@pytest.mark.parametrize("number", [0, 2**63, 10**30])
async def test_a_number_that_no_grant_can_have_is_not_found(town: Town, number: int) -> None:
    assert (await town.admin.delete(f"{ADMIN}/grants/{number}")).status_code == 404


async def test_ending_a_grant_again_changes_nothing(world: World, town: Town) -> None:
    [grant] = await grants_of(world, town.worker)
    await town.admin.delete(f"{ADMIN}/grants/{grant}")
    first = await world.pool.fetchval("SELECT until FROM area_grant WHERE id = $1", grant)
    assert (await town.admin.delete(f"{ADMIN}/grants/{grant}")).status_code == 204
    assert await world.pool.fetchval("SELECT until FROM area_grant WHERE id = $1", grant) == first


async def test_a_suspended_person_holds_nothing_until_resumed(world: World, town: Town) -> None:
    phone = await world.sign_in(town.worker)
    assert (await town.admin.post(f"{ADMIN}/accounts/{town.worker.id}/suspend")).status_code == 204
    assert await held_by(phone) == set()
    assert (await town.admin.post(f"{ADMIN}/accounts/{town.worker.id}/resume")).status_code == 204
    assert await held_by(phone) == {str(town.community)}


async def test_a_new_password_ends_every_session_and_lets_in(world: World, town: Town) -> None:
    phone = await world.sign_in(town.worker)
    answer = await town.admin.post(f"{ADMIN}/accounts/{town.worker.id}/password", json={"password": NEW})
    assert answer.status_code == 204
    assert (await phone.get("/api/v1/areas")).status_code == 401
    await world.sign_in(town.worker, password=NEW)


async def test_an_account_that_also_holds_something_elsewhere_is_not_theirs_to_change(
    world: World, town: Town
) -> None:
    await world.grant(town.worker, "supervisor", town.elsewhere)
    for what, body in (("suspend", None), ("resume", None), ("password", {"password": NEW})):
        answer = await town.admin.post(f"{ADMIN}/accounts/{town.worker.id}/{what}", json=body)
        assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")
    await world.sign_in(town.worker, password=PASSWORD)


async def test_nobody_does_it_to_themselves(world: World, town: Town) -> None:
    me = town.admin.person
    [grant] = await grants_of(world, me)
    answers = [
        await town.admin.post(
            f"{ADMIN}/accounts/{me.id}/grants", json={"role": "supervisor", "area": str(town.community)}
        ),
        await town.admin.post(f"{ADMIN}/accounts/{me.id}/suspend"),
        await town.admin.post(f"{ADMIN}/accounts/{me.id}/password", json={"password": NEW}),
        await town.admin.patch(f"{ADMIN}/grants/{grant}", json={"until": None}),
        await town.admin.delete(f"{ADMIN}/grants/{grant}"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5


async def test_the_list_has_the_accounts_of_the_areas_page_by_page(world: World, town: Town) -> None:
    await world.make_account("social_worker", town.elsewhere)
    for _ in range(4):
        await world.make_account("supervisor", town.district)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = await town.admin.get(f"{ADMIN}/accounts", params={"limit": 2, "after": after})
        page = answer.json()
        seen += [account["username"] for account in page["accounts"]]
        after = page["next"]
    assert len(seen) == 6
    assert seen == sorted(set(seen))


async def test_grants_elsewhere_are_not_listed(world: World, town: Town) -> None:
    await world.grant(town.worker, "supervisor", town.elsewhere)
    answer = await town.admin.get(f"{ADMIN}/accounts")
    areas = {grant["area"] for account in answer.json()["accounts"] for grant in account["grants"]}
    assert areas == {str(town.district), str(town.community)}


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "after=%00"])
async def test_a_page_that_cannot_be_is_refused(town: Town, query: str) -> None:
    answer = await town.admin.get(f"{ADMIN}/accounts?{query}")
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/" + query.partition("=")[0])


async def test_the_administrator_finds_the_lost_phone(world: World, town: Town) -> None:
    lost = await world.sign_in(town.worker)
    listed = (await town.admin.get(f"{ADMIN}/accounts/{town.worker.id}/devices")).json()["devices"]
    assert [device["id"] for device in listed] == [str(lost.device)]


async def test_an_administrator_sees_the_areas_and_syncs_none(world: World, town: Town) -> None:
    assert await held_by(town.admin) == {str(town.district), str(town.community)}
    answer = await town.admin.post("/api/v1/sync", json={})
    assert answer.json()["areas"] == []


async def test_a_sign_in_while_the_password_changes_leaves_no_session_behind(
    world: World, town: Town
) -> None:
    stranger = await world.stranger()

    async def try_to_sign_in() -> httpx.Response:
        return await stranger.post("/api/v1/auth/login", json=login_body(town.worker.username, uuid.uuid4()))

    await asyncio.gather(
        *(try_to_sign_in() for _ in range(4)),
        town.admin.post(f"{ADMIN}/accounts/{town.worker.id}/password", json={"password": NEW}),
        *(try_to_sign_in() for _ in range(4)),
    )
    sessions = await world.pool.fetchval(
        "SELECT count(*) FROM session WHERE account = $1 AND ended_at IS NULL", town.worker.id
    )
    assert sessions == 0, "the old password opened a session that outlived it"


@pytest.mark.parametrize("what", ["a grant", "the end of a grant", "a suspension"])
async def test_a_phone_that_listens_is_poked_at_once_by(world: World, town: Town, what: str) -> None:
    phone = await world.sign_in(town.worker)
    [grant] = await grants_of(world, town.worker)
    second = await world.make_area(parent=town.district)
    account = f"{ADMIN}/accounts/{town.worker.id}"
    async with pokes_of(await world.serve(), phone) as areas:
        if what == "a grant":
            await town.admin.post(f"{account}/grants", json={"role": "supervisor", "area": str(second)})
        elif what == "the end of a grant":
            await town.admin.delete(f"{ADMIN}/grants/{grant}")
        else:
            await town.admin.post(f"{account}/suspend")
        async with asyncio.timeout(RECHECK_SECONDS - 3):  # then the stream would look by itself
            assert await anext(areas) == (second if what == "a grant" else town.community)


async def everything(world: World) -> list[Any]:
    """All accounts, grants and sessions, to be compared."""
    return [
        [tuple(row) for row in await world.pool.fetch(f"SELECT * FROM {table} ORDER BY 1")]
        for table in ("account", "area_grant", "session")
    ]
