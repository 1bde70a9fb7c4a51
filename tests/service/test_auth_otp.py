"""The second factor: enrolled at the first sign-in of a role above social worker, asked for from then on."""

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from service.auth.factor_key import FILE, load_factor_key
from service.auth.totp import code_at, step_at
from sync.replica import HttpTransport, Refused, Replica, SignInRequired
from tests.sync.phones import household, phones_in
from tests.world import PASSWORD, Person, World, login_body, running, settings_for

AUTH = "/api/v1/auth"
ADMIN = "/api/v1/admin"


@pytest.fixture
async def strict(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world where a second factor is asked for."""
    async with running(settings_for(database_url, tmp_path, second_factor="on")) as made:
        yield made


class Enrolled(msgspec.Struct):
    """A person with an authenticator app and recovery codes. `secret` is what the app was given."""

    person: Person
    secret: bytes
    recovery_codes: list[str]

    def code(self, ahead: int = 0) -> str:
        """What the app shows now, or will show so many steps ahead."""
        return code_at(self.secret, step_at(datetime.now(UTC)) + ahead)


async def sign_in(
    world: World, person: Person, otp: str | None = None, password: str = PASSWORD, device: UUID | None = None
) -> httpx.Response:
    """What a sign-in is answered; on a new device unless one is named."""
    body = login_body(person.username, device or uuid.uuid4(), password)
    return await (await world.stranger()).post(f"{AUTH}/login", json=body | {"otp": otp})


async def token_of(world: World, person: Person) -> str:
    """The enrolment token of a first sign-in."""
    answer = await sign_in(world, person)
    assert kind(answer) == (401, "otp-enrolment-required")
    token: str = answer.json()["enrolment_token"]
    return token


async def enrol(world: World, token: str) -> httpx.Response:
    return await (await world.stranger()).post(f"{AUTH}/otp/enrol", json={"enrolment_token": token})


async def confirm(world: World, token: str, code: str) -> httpx.Response:
    body = {"enrolment_token": token, "code": code}
    return await (await world.stranger()).post(f"{AUTH}/otp/confirm", json=body)


def secret_in(answer: httpx.Response) -> bytes:
    """What was shared with the app."""
    return base64.b32decode(answer.json()["secret"])


async def enrolled(world: World, person: Person) -> Enrolled:
    """`person` after the first sign-in. The code that the app shows now was used."""
    token = await token_of(world, person)
    secret = secret_in(await enrol(world, token))
    answer = await confirm(world, token, code_at(secret, step_at(datetime.now(UTC))))
    assert answer.status_code == 200, answer.text
    return Enrolled(person, secret, answer.json()["recovery_codes"])


async def supervisor(world: World) -> Person:
    return await world.make_account("supervisor", await world.make_area())


def kind(answer: httpx.Response) -> tuple[int, str | None]:
    """Status and, of a problem, its type."""
    return answer.status_code, answer.json().get("type")


async def later(world: World) -> None:
    """As if some minutes had passed since the last code was used."""
    await world.pool.execute("UPDATE second_factor SET last_step = last_step - 10")


async def test_after_enrolling_one_signs_in_with_password_and_code(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    answer = await sign_in(strict, wang.person, wang.code(ahead=1))
    assert answer.status_code == 200
    assert answer.json()["account"]["id"] == str(wang.person.id)


async def test_a_first_sign_in_opens_nothing(strict: World) -> None:
    answer = await sign_in(strict, await supervisor(strict))
    assert kind(answer) == (401, "otp-enrolment-required")
    assert "access_token" not in answer.text and "refresh_token" not in answer.text
    assert await strict.pool.fetchval("SELECT count(*) FROM session") == 0


async def test_without_a_code_it_is_asked_for(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    answer = await sign_in(strict, wang.person)
    assert kind(answer) == (401, "otp-required")
    assert "enrolment_token" not in answer.json()


@pytest.mark.parametrize("otp", ["", "000", "not a code", "0000-0000-0000-0000", "0" * 40])
async def test_a_wrong_code_does_not_let_in(strict: World, otp: str) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    assert kind(await sign_in(strict, wang.person, otp)) == (401, "otp-wrong")


async def test_a_right_code_does_not_stand_for_the_password(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    answer = await sign_in(strict, wang.person, wang.code(ahead=1), password="not the password")
    assert kind(answer) == (401, "login-failed")
    assert (await sign_in(strict, wang.person, wang.code(ahead=1))).status_code == 200, "it was not used up"


async def test_the_code_that_confirmed_does_not_sign_in_too(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    used = await strict.pool.fetchval("SELECT last_step FROM second_factor")
    assert kind(await sign_in(strict, wang.person, code_at(wang.secret, used))) == (401, "otp-wrong")


async def test_a_code_counts_once_though_it_is_shown_many_times_at_once(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    code = wang.code(ahead=1)
    answers = await asyncio.gather(*(sign_in(strict, wang.person, code) for _ in range(6)))
    assert sorted(map(kind, answers), key=str) == [(200, None)] + [(401, "otp-wrong")] * 5


async def test_a_code_before_one_that_was_used_counts_no_more(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    await later(strict)
    now = step_at(datetime.now(UTC))
    await sign_in(strict, wang.person, code_at(wang.secret, now + 1))
    assert kind(await sign_in(strict, wang.person, code_at(wang.secret, now))) == (401, "otp-wrong")


async def test_each_recovery_code_lets_in_once(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    assert len(set(wang.recovery_codes)) == 10
    for code in wang.recovery_codes[:2]:
        assert (await sign_in(strict, wang.person, code.upper().replace("-", " "))).status_code == 200
        assert kind(await sign_in(strict, wang.person, code)) == (401, "otp-wrong")


async def test_a_recovery_code_is_its_owners_alone(strict: World) -> None:
    wang, li = (
        await enrolled(strict, await supervisor(strict)),
        await enrolled(strict, await supervisor(strict)),
    )
    assert kind(await sign_in(strict, li.person, wang.recovery_codes[0])) == (401, "otp-wrong")
    assert (await sign_in(strict, wang.person, wang.recovery_codes[0])).status_code == 200


async def test_codes_cannot_be_tried_for_long(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    answers = [await sign_in(strict, wang.person, "not a code") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 60
    assert (await sign_in(strict, wang.person, wang.code(ahead=1))).status_code == 429


async def test_who_tries_codes_does_not_lock_out_the_phone_that_is_known(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    phone = uuid.uuid4()
    await sign_in(strict, wang.person, wang.code(ahead=1), device=phone)
    await later(strict)
    while (await sign_in(strict, wang.person, "not a code")).status_code != 429:
        pass
    assert (await sign_in(strict, wang.person, wang.code(), device=phone)).status_code == 200


async def test_codes_that_are_right_cost_nothing(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    phone = uuid.uuid4()
    for _ in range(15):
        await later(strict)
        assert (await sign_in(strict, wang.person, wang.code(), device=phone)).status_code == 200


async def test_what_is_shared_with_the_app_is_the_same_when_asked_again(strict: World) -> None:
    person = await supervisor(strict)
    token = await token_of(strict, person)
    first, again = await enrol(strict, token), await enrol(strict, token)
    assert first.json() == again.json()
    assert first.json()["uri"].startswith(f"otpauth://totp/Liandong:{person.username}?secret=")
    assert first.headers["Cache-Control"] == "no-store"


async def test_only_the_newest_beginning_counts_and_it_shares_another_secret(strict: World) -> None:
    person = await supervisor(strict)
    before = await token_of(strict, person)
    secret = secret_in(await enrol(strict, before))
    after = await token_of(strict, person)
    assert kind(await enrol(strict, before)) == (401, "otp-enrolment-invalid")
    code = code_at(secret, step_at(datetime.now(UTC)))
    assert kind(await confirm(strict, before, code)) == (401, "otp-enrolment-invalid")
    assert secret_in(await enrol(strict, after)) != secret


async def test_a_wrong_code_enrols_nobody(strict: World) -> None:
    person = await supervisor(strict)
    token = await token_of(strict, person)
    assert kind(await confirm(strict, token, "not a code")) == (401, "otp-wrong")
    assert kind(await sign_in(strict, person)) == (401, "otp-enrolment-required")


async def test_a_token_is_over_once_it_has_enrolled(strict: World) -> None:
    token = await token_of(strict, await supervisor(strict))
    secret = secret_in(await enrol(strict, token))
    step = step_at(datetime.now(UTC))
    answers = await asyncio.gather(*(confirm(strict, token, code_at(secret, step)) for _ in range(4)))
    assert sorted(map(kind, answers), key=str) == [(200, None)] + [(401, "otp-enrolment-invalid")] * 3
    assert kind(await enrol(strict, token)) == (401, "otp-enrolment-invalid")


@pytest.mark.parametrize(
    "happened",
    [
        "UPDATE second_factor SET token_expires_at = now()",
        "UPDATE account SET suspended_at = now()",
    ],
)
async def test_a_token_ends_with_its_time_or_its_account(strict: World, happened: str) -> None:
    token = await token_of(strict, await supervisor(strict))
    secret = secret_in(await enrol(strict, token))
    await strict.pool.execute(happened)
    code = code_at(secret, step_at(datetime.now(UTC)))
    assert kind(await enrol(strict, token)) == (401, "otp-enrolment-invalid")
    assert kind(await confirm(strict, token, code)) == (401, "otp-enrolment-invalid")


async def test_a_worker_is_not_asked(strict: World) -> None:
    worker = await strict.make_account("social_worker", await strict.make_area())
    assert (await sign_in(strict, worker)).status_code == 200


@pytest.mark.parametrize("role", ["administrator", "evaluator", "community_officer", "no_such_role"])
async def test_roles_above_a_worker_are_asked(strict: World, role: str) -> None:
    person = await strict.make_account(role, await strict.make_area())
    assert kind(await sign_in(strict, person)) == (401, "otp-enrolment-required")


async def test_who_has_one_is_asked_whatever_they_still_hold(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    await strict.pool.execute("UPDATE area_grant SET until = now()")
    assert kind(await sign_in(strict, wang.person)) == (401, "otp-required")


async def test_turned_off_nobody_is_asked_and_what_was_enrolled_is_kept(
    strict: World, database_url: str, tmp_path: Path
) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    async with running(settings_for(database_url, tmp_path, second_factor="off")) as lax:
        assert (await sign_in(lax, wang.person)).status_code == 200
    assert (await sign_in(strict, wang.person, wang.code(ahead=1))).status_code == 200


@pytest.mark.parametrize(("demo", "status"), [(True, 200), (False, 401)])
async def test_by_default_only_the_demo_can_be_tried_without(
    database_url: str, tmp_path: Path, demo: bool, status: int
) -> None:
    async with running(settings_for(database_url, tmp_path, second_factor="auto")) as made:
        await made.pool.execute("UPDATE dataset SET demo = $1", demo)
        assert (await sign_in(made, await supervisor(made))).status_code == status


async def test_a_worker_who_becomes_a_supervisor_signs_in_again(strict: World) -> None:
    area = await strict.make_area()
    worker = await strict.make_account("social_worker", area)
    phone = await strict.sign_in(worker)
    answer = await phone.post(f"{AUTH}/refresh", json={"refresh_token": phone.answer["refresh_token"]})
    phone.take(answer.json())
    await strict.grant(worker, "supervisor", area)
    answer = await phone.post(f"{AUTH}/refresh", json={"refresh_token": phone.answer["refresh_token"]})
    assert kind(answer) == (401, "refresh-invalid")
    assert (await phone.get(f"{AUTH}/devices")).status_code == 401
    assert kind(await sign_in(strict, worker)) == (401, "otp-enrolment-required")


async def test_a_new_role_asks_for_a_second_factor_at_once(strict: World) -> None:
    area = await strict.make_area()
    worker = await strict.make_account("social_worker", area)
    phone = await strict.sign_in(worker)
    assert (await phone.get("/api/v1/areas")).status_code == 200
    await strict.grant(worker, "supervisor", area)
    calls = [
        await phone.get("/api/v1/areas"),
        await phone.get(f"{ADMIN}/accounts"),
        await phone.get(f"{AUTH}/devices"),
        await phone.get("/api/v1/files/break-glass"),
        await phone.post("/api/v1/sync", json={"changes": []}),
        await phone.get("/api/v1/sync/wait"),
        await phone.get("/api/v1/sync/stream"),
    ]
    assert {kind(call) for call in calls} == {(401, "second-factor-required")}


async def test_only_a_role_that_has_begun_asks_for_it(strict: World) -> None:
    area = await strict.make_area()
    worker = await strict.make_account("social_worker", area)
    phone = await strict.sign_in(worker)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await strict.grant(worker, "supervisor", area, since=tomorrow)
    assert (await phone.get("/api/v1/areas")).status_code == 200
    await strict.pool.execute("UPDATE area_grant SET since = now() WHERE role = 'supervisor'")
    assert kind(await phone.get("/api/v1/areas")) == (401, "second-factor-required")


async def test_whoever_showed_a_code_goes_on_with_a_new_role(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    tokens = (await sign_in(strict, wang.person, wang.code(ahead=1))).json()
    await strict.grant(wang.person, "administrator", await strict.make_area("district"))
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await (await strict.stranger()).get("/api/v1/areas", headers=bearer)).status_code == 200


async def test_a_session_from_when_nobody_was_asked_counts_as_one_without(
    strict: World, database_url: str, tmp_path: Path
) -> None:
    area = await strict.make_area()
    worker = await strict.make_account("social_worker", area)
    async with running(settings_for(database_url, tmp_path, second_factor="off")) as lax:
        tokens = (await lax.sign_in(worker)).answer
    stranger = await strict.stranger()
    answer = await stranger.post(f"{AUTH}/refresh", json={"refresh_token": tokens["refresh_token"]})
    await strict.grant(worker, "supervisor", area)
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert kind(await stranger.get("/api/v1/areas", headers=bearer)) == (401, "second-factor-required")


async def test_work_that_waits_on_the_phone_outlasts_signing_in_anew(strict: World, tmp_path: Path) -> None:
    area = await strict.make_area()
    worker = await strict.make_account("social_worker", area)
    async with phones_in(strict, tmp_path) as phones:
        device, _ = await phones.signed_in(worker)
        made = device.create("household", area, household())
        await strict.grant(worker, "supervisor", area)
        with pytest.raises(SignInRequired):
            await device.sync()
        wang = await enrolled(strict, worker)
        await device.sign_in(worker.username, PASSWORD, wang.code(ahead=1))
        await device.sync()
    assert await strict.pool.fetchval("SELECT author FROM record WHERE id = $1", made) == worker.id


async def test_a_session_with_a_code_is_refreshed(strict: World) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    tokens = (await sign_in(strict, wang.person, wang.code(ahead=1))).json()
    stranger = await strict.stranger()
    answer = await stranger.post(f"{AUTH}/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 200


async def test_enrolling_ends_what_was_signed_in_without_a_code(strict: World) -> None:
    area = await strict.make_area()
    worker = await strict.make_account("social_worker", area)
    phone = await strict.sign_in(worker)
    await strict.grant(worker, "supervisor", area)
    await enrolled(strict, worker)
    assert (await phone.get(f"{AUTH}/devices")).status_code == 401


async def test_a_device_is_told_what_the_door_asks_for(strict: World, tmp_path: Path) -> None:
    person = await supervisor(strict)
    transport = HttpTransport("http://liandong.test", client=await strict.stranger())
    device = Replica(tmp_path / "phone.sqlite", transport)
    with pytest.raises(Refused) as refused:
        await device.sign_in(person.username, PASSWORD)
    token = refused.value.problem.enrolment_token
    assert (refused.value.problem.type, token is None) == ("otp-enrolment-required", False)
    wang = await enrolled(strict, person)
    for otp, asked in ((None, "otp-required"), ("000", "otp-wrong")):
        with pytest.raises(Refused) as refused:
            await device.sign_in(person.username, PASSWORD, otp)
        assert refused.value.problem.type == asked
    await device.sign_in(person.username, PASSWORD, wang.code(ahead=1))
    assert device.account == person.id
    device.close()


class Office(msgspec.Struct):
    """An administrator who has signed in, and a supervisor with a second factor whom they look after."""

    admin: httpx.AsyncClient
    admin_id: UUID
    wang: Enrolled

    async def delete(self, account: UUID) -> int:
        return (await self.admin.delete(f"{ADMIN}/accounts/{account}/otp")).status_code


@pytest.fixture
async def office(strict: World) -> Office:
    area = await strict.make_area("district")
    admin = await enrolled(strict, await strict.make_account("administrator", area))
    tokens = (await sign_in(strict, admin.person, admin.code(ahead=1))).json()
    client = await strict.stranger()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    wang = await enrolled(strict, await strict.make_account("supervisor", area))
    return Office(client, admin.person.id, wang)


async def test_after_a_reset_one_enrols_anew_and_nothing_of_before_counts(
    strict: World, office: Office
) -> None:
    wang = office.wang
    tokens = (await sign_in(strict, wang.person, wang.code(ahead=1))).json()
    assert await office.delete(wang.person.id) == 204
    stranger = await strict.stranger()
    ended = await stranger.post(f"{AUTH}/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert kind(ended) == (401, "refresh-invalid")
    for otp in (wang.code(ahead=1), wang.recovery_codes[0]):
        assert kind(await sign_in(strict, wang.person, otp)) == (401, "otp-enrolment-required")
    anew = await enrolled(strict, wang.person)
    assert anew.secret != wang.secret
    assert kind(await sign_in(strict, wang.person, wang.recovery_codes[0])) == (401, "otp-wrong")
    assert (await sign_in(strict, wang.person, anew.recovery_codes[0])).status_code == 200


async def test_nobody_resets_their_own_nor_that_of_somebody_elsewhere(strict: World, office: Office) -> None:
    elsewhere = await supervisor(strict)
    assert await office.delete(office.admin_id) == 403
    assert await office.delete(elsewhere.id) == 404
    assert kind(await sign_in(strict, office.wang.person)) == (401, "otp-required")


async def test_a_new_password_ends_what_the_old_one_began_to_enrol(strict: World, office: Office) -> None:
    area = await strict.pool.fetchval("SELECT area FROM area_grant WHERE role = 'administrator'")
    newcomer = await strict.make_account("supervisor", area)
    token = await token_of(strict, newcomer)
    body = {"password": "niuroumian under the bridge"}
    answer = await office.admin.post(f"{ADMIN}/accounts/{newcomer.id}/password", json=body)
    assert answer.status_code == 204
    assert kind(await enrol(strict, token)) == (401, "otp-enrolment-invalid")


async def test_a_new_password_keeps_a_second_factor_that_is_complete(strict: World, office: Office) -> None:
    password = "niuroumian under the bridge"
    wang = office.wang
    await office.admin.post(f"{ADMIN}/accounts/{wang.person.id}/password", json={"password": password})
    assert (await sign_in(strict, wang.person, wang.code(ahead=1), password=password)).status_code == 200


async def test_nothing_that_lets_in_can_be_read_from_the_database(strict: World) -> None:
    person = await supervisor(strict)
    token = await token_of(strict, person)
    secret = secret_in(await enrol(strict, token))
    begun = await everything(strict)
    answer = await confirm(strict, token, code_at(secret, step_at(datetime.now(UTC))))
    kept = begun + await everything(strict)
    for code in answer.json()["recovery_codes"]:
        assert code not in kept and code.replace("-", "") not in kept
        assert code.encode().hex() not in kept
    for clear in (token, token.encode().hex(), secret.hex(), base64.b32encode(secret).decode()):
        assert clear not in kept
    assert str(person.id) in kept


async def everything(world: World) -> str:
    """All rows of all tables, as text."""
    tables = await world.pool.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = $1::regnamespace", "public"
    )
    rows: list[Any] = []
    for table in tables:
        rows += await world.pool.fetch(f'SELECT found::text FROM "{table["relname"]}" AS found')
    return "\n".join(row[0] for row in rows)


async def test_a_key_that_was_lost_is_said_and_lets_nobody_in(
    strict: World, database_url: str, tmp_path: Path
) -> None:
    wang = await enrolled(strict, await supervisor(strict))
    (tmp_path / "keys" / FILE).unlink()
    load_factor_key(tmp_path / "keys")
    async with running(settings_for(database_url, tmp_path, second_factor="on")) as restored:
        assert kind(await sign_in(restored, wang.person, wang.code(ahead=1))) == (503, "unavailable")
        assert kind(await sign_in(restored, wang.person, wang.recovery_codes[0])) == (401, "otp-wrong")
