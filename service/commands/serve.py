"""`liandong serve`: the database, then the processes that answer, then a clean end of both."""

import asyncio
import errno
import functools
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import threading
from types import FrameType

import click
import msgspec
import uvicorn
from litestar.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from service.commands.database import Fill, bring_up_to_date, database
from service.commands.welcome import has_demo, say_what_to_try
from service.http.metrics import share_numbers
from service.keys import load_keys
from service.logs import AccessLog, configure_logs
from service.settings import Settings, read_settings

STOP_SECONDS = 3  # then open streams and long polls are cut; phones come back by themselves
BACKLOG = 2048


class CannotListen(click.ClickException):
    """The address is taken or not ours to use."""


@click.command()
@click.option("--workers", type=click.IntRange(1, 256), help="processes that answer (LIANDONG_WORKERS)")
@click.option("--host", help="address to listen on (LIANDONG_HOST)")
@click.option("--port", type=click.IntRange(0, 65535), help="port to listen on (LIANDONG_PORT)")
def command(workers: int | None, host: str | None, port: int | None) -> None:
    """Run the server until Ctrl-C. Starts the embedded PostgreSQL, unless DATABASE_URL names another."""
    given = {"workers": workers, "host": host, "port": port}
    settings = msgspec.structs.replace(
        read_settings(), **{name: value for name, value in given.items() if value is not None}
    )
    serve(settings)


def serve(settings: Settings) -> None:
    """Serve until told to stop; the embedded database is stopped last, whatever happened before."""
    configure_logs(settings)
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        signal.signal(signal.SIGHUP, _end_as_asked)
    listener = listen(settings)
    load_keys(settings)
    with database(settings, alone=True) as url:
        try:
            asyncio.run(_prepare(settings, url))
            # Workers are new processes, and read their settings from the environment as this one did.
            os.environ["DATABASE_URL"] = url
            listener.listen(BACKLOG)  # whoever follows the address that is printed now, waits and is answered
            say_what_to_try(settings, listener.getsockname()[:2], asyncio.run(has_demo(url)))
            _run(settings, listener)
        except KeyboardInterrupt:
            pass
        finally:
            for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(sign, signal.SIG_IGN)  # a second Ctrl-C must not leave PostgreSQL behind
            listener.close()


def listen(settings: Settings) -> socket.socket:
    """A socket on the address to serve. Taken first: an address in use is said before anything is started.

    Raises CannotListen.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise CannotListen(
            f"没有地址 {settings.host}，请检查 LIANDONG_HOST (no such address: check LIANDONG_HOST)"
        ) from error
    listener = socket.socket(found[0][0], socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(found[0][4])
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"{where} 已被占用；请停止占用它的程序，或设置 LIANDONG_PORT "
                f"(is in use: stop what uses it, or set LIANDONG_PORT)"
            ) from error
        raise CannotListen(
            f"无法监听 {where}：{error.strerror}；请检查 LIANDONG_HOST 与 LIANDONG_PORT "
            f"(cannot listen there: check LIANDONG_HOST and LIANDONG_PORT)"
        ) from error
    listener.set_inheritable(True)
    return listener


def application() -> ASGIApp:
    """What each process serves, with settings from the environment; uvicorn calls it once a process."""
    from service.app import create_app

    settings = read_settings()
    parent = multiprocessing.parent_process()
    if parent is not None:
        configure_logs(settings)
        # The pipe to the parent closes however it ends: a worker never outlives it, to hold the port and
        # connections to a database that the next start wants.
        watch = functools.partial(_end_with, parent.sentinel)
        threading.Thread(target=watch, name="parent", daemon=True).start()
    return AccessLog(create_app(settings))


async def _prepare(settings: Settings, url: str) -> None:
    fill: Fill | None = None
    if settings.demo == "auto" and settings.is_embedded:
        from service.demo.command import load

        fill = functools.partial(load, settings)
    await bring_up_to_date(settings, url, fill)


def _run(settings: Settings, listener: socket.socket) -> None:
    config = uvicorn.Config(
        "service.commands.serve:application",
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[("server", "liandong")],
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=75,  # longer than the 60 s after which proxies in front drop an idle connection
        timeout_worker_healthcheck=30,
        backlog=BACKLOG,
    )
    if settings.workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
        return
    share_numbers(settings.data / "metrics")
    ignores_hangup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    workers = _Workers(config, sockets=[listener])
    if ignores_hangup:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    workers.run()
    if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
        sys.exit(STARTUP_FAILURE)


class _Workers(Multiprocess):
    """Several processes that answer. A closed terminal ends them; uvicorn alone would restart them."""

    def handle_hup(self) -> None:
        self.handle_term()


def _end(sign: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _end_as_asked(sign: int, frame: FrameType | None) -> None:
    """What SIGTERM does at this moment, which while uvicorn runs is to finish what was begun."""
    signal.raise_signal(signal.SIGTERM)


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
