"""Loading the demo: areas and accounts, then the year's work through the engine, as phones would send it.

A load that was broken off is taken up again by the next one: everything is drawn from a seed, so what was
sent already is sent again under the same ids, and a change sent twice takes effect once.
"""

import asyncio
import gc
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import msgspec

from service.access import accounts, grants, members
from service.access.areas import create_areas
from service.access.roles import MemberKind, Role
from service.access.store import access_of
from service.audit.accountant import accountant_for
from service.auth import store as sessions
from service.auth.caller import Caller
from service.auth.passwords import Passwords
from service.database import connect, open_pool
from service.demo import store
from service.demo.entry import Entry
from service.demo.evaluation import EVALUATION, evaluate
from service.demo.members import Team, teams
from service.demo.outbox import Batch, Outbox
from service.demo.password import made_up_password
from service.demo.pilot import HOUSEHOLDS, Pilot, pilot
from service.demo.places import areas
from service.demo.staff import SINCE, Someone, staff
from service.master_key import load_keyring
from service.progress import CONSOLE, progress
from service.settings import Settings
from sync.push import push
from sync.scope import Access, Place
from sync.statement import Connection

LOCK: Final = 0x64656D6F  # "demo"
TOGETHER: Final = 3  # communities that are loaded at the same time: PostgreSQL works while Python does
ATTEMPTS: Final = 5
_WORKER: Final = Role.SOCIAL_WORKER
_encode = msgspec.json.Encoder().encode


class NotOurs(Exception):
    """The database has areas or accounts that are not the demo's."""


async def load(
    settings: Settings, url: str, households: int = HOUSEHOLDS, passwords: Passwords | None = None
) -> bool:
    """Load the demo into the migrated database at `url`; False where it is there already.

    Raises NotOurs for a database that is used for something else: accounts with a password that is known to
    many must never stand beside real ones.
    """
    async with _alone(url):
        if await _is_there(url):
            return False
        with progress("编写演示数据 making up the demo"):
            plan = pilot(households)
        # It is needed to the end; looking through it for garbage time and again took a sixth of the load.
        gc.freeze()
        password = settings.demo_password or made_up_password()
        pool = await open_pool(url, TOGETHER, load_keyring(settings))
        try:
            await _load(pool, plan, password, passwords or Passwords())
        finally:
            gc.unfreeze()
            await pool.close()
    if settings.demo_password is None:
        CONSOLE.print(f"演示账号的密码 password of the demo accounts: [bold]{password}[/]", soft_wrap=True)
        CONSOLE.print("请记下，不再显示 (write it down: it is not shown again)")
    return True


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[None]:
    """Wait until nobody else loads the demo into this database."""
    guard = await connect(url)
    try:
        while not await guard.fetchval("select pg_try_advisory_lock($1)", LOCK):
            await asyncio.sleep(0.2)
        yield
    finally:
        await guard.close()


async def _is_there(url: str) -> bool:
    made, places = areas()
    ours = [someone.id for someone in staff(places).values()]
    connection = await connect(url)
    try:
        if await store.is_complete(connection, ours[-1]):
            return True
        if await store.has_others(connection, [area.id for area in made], ours):
            raise NotOurs(
                "数据库中已有其他区域或账号，不能载入演示数据；请换一个空的数据库 "
                "(the database holds areas or accounts of its own: give the demo an empty one)"
            )
        return False
    finally:
        await connection.close()


async def _load(pool: asyncpg.Pool, plan: Pilot, password: str, passwords: Passwords) -> None:
    callers = await _begin(pool, plan)
    with progress("载入演示数据 loading the demo", sum(map(len, plan.entries))) as done:
        await _send_all(pool, plan, callers, done)
    with progress("设置密码 setting passwords", len(plan.staff)) as done:
        await _finish(pool, plan, callers, password, passwords, done)


async def _begin(pool: asyncpg.Pool, plan: Pilot) -> dict[str, Caller]:
    """Areas, accounts and grants, and everybody who works on a phone signed in on it."""
    async with pool.acquire() as connection, connection.transaction():
        known = await store.known_areas(connection, [area.id for area in plan.areas])
        if not known:
            await store.mark(connection)
            await create_areas(connection, plan.areas)
        callers = {}
        for someone in plan.staff.values():
            if await accounts.account_with_id(connection, someone.id) is None:
                await accounts.create_account(connection, someone.id, someone.username, someone.name, None)
                await _grant(connection, someone)
            callers[someone.username] = await _sign_in(connection, someone)
    return callers


async def _grant(connection: Connection, someone: Someone) -> None:
    for role, area in someone.grants:
        until = datetime.now(UTC) + EVALUATION if role is Role.EVALUATOR else None
        await grants.give(connection, someone.id, role.value, area, SINCE, until)


async def _sign_in(connection: Connection, someone: Someone) -> Caller:
    """A session that nobody holds a token of."""
    number = await sessions.enrol(
        connection, someone.id, someone.device, someone.device_name, someone.platform
    )
    assert number is not None  # nobody could revoke it before the demo was complete
    session = uuid4()
    await sessions.start_session(
        connection,
        session,
        someone.id,
        someone.device,
        secrets.token_bytes(32),
        secrets.token_bytes(32),
        timedelta(hours=6),
    )
    return Caller(someone.id, someone.username, someone.device, number, session)


async def _send_all(
    pool: asyncpg.Pool, plan: Pilot, callers: dict[str, Caller], done: Callable[[int], None]
) -> None:
    nodes = {name: f"{number:04x}" for number, name in enumerate(callers, 1)}
    turn = asyncio.Semaphore(TOGETHER)

    async def send_place(number: int, entries: list[Entry]) -> None:
        async with turn:
            outbox = Outbox(f"changes {number}", nodes)
            area = plan.places[number].area
            workers = [name for name, someone in plan.staff.items() if (_WORKER, area) in someone.grants]
            files = teams(entries, workers)
            for entry in entries:
                for batch in outbox.due_before(entry):
                    await _send(pool, outbox, batch, callers[batch.by])
                    await _join(pool, area, batch, files, callers)
                    done(len(batch.changes))
                outbox.take(entry)
            for batch in outbox.all():
                await _send(pool, outbox, batch, callers[batch.by])
                await _join(pool, area, batch, files, callers)
                done(len(batch.changes))
            await _hand_over(pool, area, files, callers)

    try:
        async with asyncio.TaskGroup() as group:
            for number, entries in enumerate(plan.entries):
                group.create_task(send_place(number, entries))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _send(pool: asyncpg.Pool, outbox: Outbox, batch: Batch, caller: Caller) -> None:
    async def access(connection: Connection) -> Access:
        return await access_of(connection, caller)

    raws = [msgspec.Raw(_encode(change)) for change in batch.changes]
    for attempt in range(ATTEMPTS):
        pushed = await push(pool, raws, caller.account, str(caller.device_no), access, accountant_for(caller))
        if all(result.outcome != "retry" for result in pushed.results):
            outbox.sent(batch, pushed.results)
            return
        await asyncio.sleep(0.2 * 2**attempt)
    raise ConnectionError(
        "数据库没有回应，请稍后再次载入 (the database does not answer: load the demo again later)"
    )


async def _join(
    pool: asyncpg.Pool, area: UUID, batch: Batch, files: dict[UUID, Team], callers: dict[str, Caller]
) -> None:
    """Whoever works on files that were just opened is let in before they write in them."""
    opened = [(entry.record, files[entry.record]) for entry in batch.entries if entry.record in files]
    joining = {
        (case, callers[name].account, callers[team.opened_by].account)
        for case, team in opened
        for name in team.co_workers
    }
    async with pool.acquire() as connection, connection.transaction():
        await store.join(connection, area, sorted(joining))


async def _hand_over(
    pool: asyncpg.Pool, area: UUID, files: dict[UUID, Team], callers: dict[str, Caller]
) -> None:
    async with pool.acquire() as connection, connection.transaction():
        for case, team in files.items():
            if team.last_lead != team.opened_by:
                place, before = Place(area, case), callers[team.opened_by].account
                await members.end(connection, place, before, by=before)
                await members.give(
                    connection,
                    place,
                    callers[team.last_lead].account,
                    MemberKind.LEAD.value,
                    confidential=True,
                    by=before,
                    reason="工作调整",
                )


async def _finish(
    pool: asyncpg.Pool,
    plan: Pilot,
    callers: dict[str, Caller],
    password: str,
    passwords: Passwords,
    done: Callable[[int], None],
) -> None:
    """A sample drawn, everybody signed out, all passwords set, at once: from now on the demo is there."""

    async def hashed() -> str:
        made = await passwords.hashed(password)
        done(1)
        return made

    hashes: dict[UUID, str] = dict(
        zip(
            (someone.id for someone in plan.staff.values()),
            await asyncio.gather(*(hashed() for _ in plan.staff)),
            strict=True,
        )
    )
    async with pool.acquire() as connection, connection.transaction():
        await evaluate(connection, plan.staff, callers)
        for caller in callers.values():
            await sessions.end_session(connection, caller.session, "logout")
        for account, password_hash in hashes.items():
            await accounts.set_password(connection, account, password_hash)
