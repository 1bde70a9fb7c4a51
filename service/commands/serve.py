"""`liandong serve`: the database, then the processes that answer, then a clean end of both."""

import asyncio
import errno
import functools
import os
import signal
import socket
from contextlib import suppress

import click
import msgspec

from service.auth.factor_key import load_factor_key
from service.commands.database import Fill, bring_up_to_date, database, for_the_server
from service.commands.processes import BACKLOG, Told, run
from service.commands.welcome import has_demo, say_what_to_try
from service.figures import take_up_figures
from service.keys import load_keys
from service.logs import configure_logs
from service.master_key import load_master_keys
from service.settings import Settings, read_settings


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
    told = Told()
    told.listen()
    listener = listen(settings)
    office = take_up_figures(settings)
    load_keys(settings)
    load_factor_key(settings.keys_folder)
    load_master_keys(settings)
    with suppress(KeyboardInterrupt), listener, database(settings, alone=True) as url:
        try:
            asyncio.run(_prepare(settings, url))
            # Workers are new processes, and read their settings from the environment as this one did.
            os.environ["DATABASE_URL"] = for_the_server(settings, url)
            listener.listen(BACKLOG)  # whoever follows the address that is printed now, waits and is answered
            say_what_to_try(settings, listener.getsockname()[:2], asyncio.run(has_demo(url)))
            run(settings, listener, told, office)
        finally:
            for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(sign, signal.SIG_IGN)  # a second Ctrl-C must not leave PostgreSQL behind


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


async def _prepare(settings: Settings, url: str) -> None:
    fill: Fill | None = None
    if settings.demo == "auto" and settings.is_embedded:
        from service.demo.command import load

        fill = functools.partial(load, settings)
    await bring_up_to_date(settings, url, fill)
