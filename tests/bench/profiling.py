"""Where the time of one push or pull goes, for whoever wants to make it shorter.

The application runs in this process and is called through ASGI by one device, so that nothing waits but for
PostgreSQL. First each stage is timed by itself: the clock of a stage stops while a stage inside it runs, so
that the figures add up to the whole. Then the same is run under cProfile, which slows Python down and C not
at all: what it says of single functions is for finding them, not for adding up.
"""

import asyncio
import cProfile
import inspect
import pstats
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import asyncpg
import click
import uvloop
from litestar.types import ASGIApp, Message
from rich.console import Console
from rich.table import Table

from schemas.declare import Declaration
from service import poke
from service.app import create_app
from service.audit import accountant, chain
from service.logs import AccessLog, configure_logs
from service.routes import sync as route
from service.settings import read_settings
from sync import batch, copies, exchange, pull, pull_store, push, splice, store, taking
from sync.wire import MAX_LIMIT
from tests.bench import work
from tests.bench.driver import Step
from tests.bench.installation import (
    Installation,
    Phone,
    installed,
    make_areas,
    make_databases,
    serve,
    settle,
    sign_in,
    stop,
)
from tests.bench.work import BATCH, Worker

_WHOLE: Final = "HTTP：路由、鉴权 HTTP: routing, authentication, body"


class Part(NamedTuple):
    """A function, or a method of a class, and the stage that it is."""

    owner: Any
    name: str
    stage: str


PARTS: Final = (
    Part(route, "_request", "读请求 decode the request"),
    Part(route, "answer", "打包 pack the answer"),
    Part(route, "_to_json", "写回答 encode the answer"),
    Part(route, "exchange", "其余 the rest of push and exchange"),
    Part(push, "read_changes", "读修改 decode and hash changes"),
    Part(Declaration, "problems_in_patch", "校验 validate: fields"),
    Part(Declaration, "problems_in_whole", "校验 validate: whole records"),
    Part(store, "lock_areas", "SQL 加锁 lock areas"),
    Part(store, "receipts", "SQL 读 receipts"),
    Part(store, "parked", "SQL 读 parked"),
    Part(store, "moved", "SQL 读 moved"),
    Part(store, "records", "SQL 读 records"),
    Part(store, "versions", "SQL 读 earlier versions"),
    Part(batch.Batch, "decide", "决定 decide"),
    Part(taking, "sent_by_class", "决定：历史 history rows"),
    Part(store, "write_records", "SQL 写 records"),
    Part(store, "write_history", "SQL 写 history"),
    Part(store, "open_files", "SQL 写 new files"),
    Part(push, "confine", "SQL 限定 confine"),
    Part(pull, "confine", "SQL 限定 confine"),
    Part(push, "written_by", "审计 audit: what was written"),
    Part(chain, "append", "SQL 审计 append to the audit"),
    Part(accountant, "append", "SQL 审计 append to the audit"),
    Part(route, "access_of", "SQL 读 access"),
    Part(poke, "send", "SQL 通知 notify"),
    Part(exchange, "pull", "下载 pull: plan, glue"),
    Part(splice.Splicer, "entry", "下载：拼接 splice entries"),
    Part(pull_store, "page", "SQL 读 page"),
    Part(pull_store, "departed", "SQL 读 departures"),
    Part(copies, "copies", "SQL 读 device copies"),
    Part(copies, "give", "SQL 写 device copies"),
    Part(exchange, "sealed", "游标 seal the cursor"),
    Part(asyncpg.transaction.Transaction, "__aenter__", "SQL BEGIN"),
    Part(asyncpg.transaction.Transaction, "__aexit__", "SQL COMMIT"),
    Part(asyncpg.pool.PoolAcquireContext, "__aenter__", "连接池 take a connection"),
    Part(asyncpg.pool.PoolAcquireContext, "__aexit__", "连接池 give it back"),
)


class PartGone(click.ClickException):
    """A function that a stage is named after has another name now."""


class _Spent:
    """Seconds by stage, on the wall and of this process's processor."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._open: list[str] = []
        self._since = (0.0, 0.0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._turn()
        self._open.append(name)
        self.calls[name] = self.calls.get(name, 0) + 1
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def _turn(self) -> None:
        now = (time.perf_counter(), time.process_time())
        if self._open:
            name = self._open[-1]
            self.wall[name] = self.wall.get(name, 0.0) + now[0] - self._since[0]
            self.cpu[name] = self.cpu.get(name, 0.0) + now[1] - self._since[1]
        self._since = now


@contextmanager
def _timed(spent: _Spent) -> Iterator[None]:
    """Have every part of PARTS tell `spent`. Raises PartGone where the code has moved on."""
    for part in PARTS:
        if not hasattr(part.owner, part.name):
            raise PartGone(f"{part.owner.__name__}.{part.name} is no longer there: see PARTS in {__name__}")
    originals = [(part, inspect.getattr_static(part.owner, part.name)) for part in PARTS]
    for part, original in originals:
        setattr(part.owner, part.name, _telling(spent, part.stage, original))
    try:
        yield
    finally:
        for part, original in originals:
            setattr(part.owner, part.name, original)


def _telling(spent: _Spent, stage: str, original: Any) -> Any:
    if inspect.iscoroutinefunction(original):

        async def later(*arguments: Any, **named: Any) -> Any:
            with spent.stage(stage):
                return await original(*arguments, **named)

        return later

    def now(*arguments: Any, **named: Any) -> Any:
        with spent.stage(stage):
            return original(*arguments, **named)

    return now


class _Asking:
    """The application as a server calls it, without one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def ask(self, step: Step, cursor: bytes) -> bytes:
        """The body of the answer. Raises RuntimeError for one that is not 200."""
        hole = b"" if step.after is None else (b'"%s"' % cursor if cursor else b"null") + step.after
        sent: list[dict[str, Any]] = [
            {"type": "http.request", "body": step.before + hole, "more_body": False}
        ]
        got: list[Message] = []

        async def receive() -> Any:
            return sent.pop()

        async def send(message: Message) -> None:
            got.append(message)

        await self._app(_scope(step), receive, send)
        start, *rest = got
        body = b"".join(message["body"] for message in rest if message["type"] == "http.response.body")
        if start["type"] != "http.response.start" or start["status"] != 200:
            raise RuntimeError(body.decode(errors="replace"))
        return body


def _scope(step: Step) -> Any:
    headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer " + step.token.encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/sync",
        "raw_path": b"/api/v1/sync",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
        "extensions": {},
    }


PATHS: Final = ("push", "edit", "pull", "idle")
_TIMES: Final = {"push": 100, "edit": 100, "pull": 10, "idle": 500}
_WARM: Final = 10


def show_profile(path: str) -> None:
    """Run one path alone and print where its time went."""
    with _timed(_Spent()):
        pass  # raises before a database is made for nothing
    console = Console(width=max(Console().width, 120))
    with installed(1) as installation:
        uvloop.run(_profile(path, installation, console))


async def _profile(path: str, installation: Installation, console: Console) -> None:
    await make_databases(installation)
    # Only to sign in by it: its tokens are good for the application in this process, which has the same keys.
    await asyncio.to_thread(serve, installation)
    [area] = await make_areas(installation.database_url, 1)
    [writer, reader] = await sign_in(installation, [[area], [area]])
    await asyncio.to_thread(stop, installation)
    settings = read_settings({**installation.environment, "DATABASE_URL": installation.database_url})
    configure_logs(settings)
    application = create_app(settings)
    async with application.lifespan():
        asking = _Asking(AccessLog(application))
        steps = await _steps(path, asking, Worker("profile", writer, area), reader)
        await settle(installation.database_url)
        warm, timed, profiled = steps[:_WARM], *_halves(steps[_WARM:])
        cursor = b""
        for step in warm:
            cursor = _cursor(await asking.ask(step, cursor)) if path == "idle" else b""
        spent = _Spent()
        with _timed(spent):
            for step in timed:
                with spent.stage(_WHOLE):
                    await asking.ask(step, cursor)
        profile = cProfile.Profile()
        profile.enable()
        for step in profiled:
            await asking.ask(step, cursor)
        profile.disable()
    console.print(_stages(path, spent, len(timed)))
    _print_functions(profile, len(profiled), console)


def _halves(steps: Sequence[Step]) -> tuple[Sequence[Step], Sequence[Step]]:
    return steps[: len(steps) // 2], steps[len(steps) // 2 :]


async def _steps(path: str, asking: "_Asking", worker: Worker, reader: Phone) -> list[Step]:
    """What is asked, with the records there that it needs."""
    count = _WARM + 2 * _TIMES[path]
    batches = [worker.documents(BATCH) for _ in range(count if path in ("push", "edit") else 250)]
    pushes = [work.push(worker.phone, worker.creations(batch)) for batch in batches]
    if path == "push":
        return pushes
    answers = [await asking.ask(step, b"") for step in pushes]
    if path == "edit":
        return [
            work.push(worker.phone, worker.edits(work.held(batch, [answer])))
            for batch, answer in zip(batches, answers, strict=True)
        ]
    return [work.pull(reader, limit=MAX_LIMIT if path == "idle" else 1_000)] * count


def _cursor(body: bytes) -> bytes:
    return body.rpartition(b'"cursor":"')[2].partition(b'"')[0]


def _stages(path: str, spent: _Spent, times: int) -> Table:
    total = sum(spent.wall.values())
    table = Table(
        title=f"{path}: {total / times * 1000:.2f} ms a request, one device, {times} requests",
        title_justify="left",
    )
    table.add_column("阶段 stage")
    for heading in ("ms", "%", "自身 CPU ms", "等待 waiting ms", "次 calls"):
        table.add_column(heading, justify="right")
    for name, wall in sorted(spent.wall.items(), key=lambda item: -item[1]):
        cpu = spent.cpu[name]
        table.add_row(
            name,
            f"{wall / times * 1000:.3f}",
            f"{wall / total * 100:.1f}",
            f"{cpu / times * 1000:.3f}",
            f"{max(wall - cpu, 0) / times * 1000:.3f}",
            f"{spent.calls[name] / times:g}",
        )
    cpu = sum(spent.cpu.values())
    table.add_section()
    table.add_row(
        "总计 all",
        f"{total / times * 1000:.3f}",
        "100",
        f"{cpu / times * 1000:.3f}",
        f"{(total - cpu) / times * 1000:.3f}",
    )
    return table


def _print_functions(profile: cProfile.Profile, times: int, console: Console) -> None:
    stats: Any = pstats.Stats(profile)
    table = Table(title=f"cProfile，自身时间 own time, {times} requests", title_justify="left")
    table.add_column("函数 function")
    for heading in ("own ms", "with callees ms", "calls"):
        table.add_column(heading, justify="right")
    ordered = sorted(stats.stats.items(), key=lambda item: -item[1][2])
    for (file, line, name), (_, calls, own, whole, _) in ordered[:40]:
        where = "/".join(file.split("/")[-2:]) + f":{line} " if line else ""
        table.add_row(
            where + name,
            f"{own / times * 1000:.3f}",
            f"{whole / times * 1000:.3f}",
            f"{calls / times:,.0f}",
        )
    console.print(table)
