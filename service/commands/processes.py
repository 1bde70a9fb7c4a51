"""The processes that answer: one, or several under a parent that replaces those that die."""

import functools
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import threading
from types import FrameType

import uvicorn
from litestar.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from schemas.figures.office import OfficeFigures, install
from service.http.metrics import share_numbers
from service.logs import AccessLog, configure_logs
from service.memory import give_back_what_is_free, leave_alone_what_stays
from service.settings import Settings, read_settings

STOP_SECONDS = 3  # then open streams and long polls are cut; phones come back by themselves
BACKLOG = 2048


class Told:
    """What signals said until uvicorn began to listen to them.

    Remembered, and not only raised: an exception that strikes while a destructor runs goes no further, and
    a Ctrl-C right after the start would do nothing.
    """

    def __init__(self) -> None:
        self.to_stop = False
        self.ignores_hangup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # as nohup has it

    def listen(self) -> None:
        """From now on SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt."""
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self._stop)
        if not self.ignores_hangup:
            signal.signal(signal.SIGHUP, _hang_up)

    def only_remember(self) -> None:
        """From now on nothing is raised: an event loop that is just starting does not survive it."""
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self._note)

    def _stop(self, sign: int, frame: FrameType | None) -> None:
        self.to_stop = True
        raise KeyboardInterrupt

    def _note(self, sign: int, frame: FrameType | None) -> None:
        self.to_stop = True


def run(settings: Settings, listener: socket.socket, told: Told, office: OfficeFigures) -> None:
    """Answer on `listener` until told to stop; what was begun has `STOP_SECONDS` to end.

    `office`: what counts in every process.
    """
    config = uvicorn.Config(
        functools.partial(application, office),
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
        told.only_remember()
        _Server(config, told).run(sockets=[listener])
        return
    share_numbers(settings.data / "metrics")
    workers = _Workers(config, sockets=[listener])
    if told.ignores_hangup:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if told.to_stop:
        return
    workers.run()
    if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
        sys.exit(STARTUP_FAILURE)


def application(office: OfficeFigures) -> ASGIApp:
    """What each process serves, with settings from the environment; uvicorn calls it once a process."""
    from service.app import create_app

    install(office)
    give_back_what_is_free()
    settings = read_settings()
    parent = multiprocessing.parent_process()
    if parent is not None:
        configure_logs(settings)
        # The pipe to the parent closes however it ends: a worker never outlives it, to hold the port and
        # connections to a database that the next start wants.
        watch = functools.partial(_end_with, parent.sentinel)
        threading.Thread(target=watch, name="parent", daemon=True).start()
    app = AccessLog(create_app(settings))
    leave_alone_what_stays()
    return app


class _Server(uvicorn.Server):
    """One process that answers."""

    def __init__(self, config: uvicorn.Config, told: Told) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.should_exit = self.should_exit or self._told.to_stop
        await super().startup(sockets)


class _Workers(Multiprocess):
    """Several processes that answer. A closed terminal ends them; uvicorn alone would restart them."""

    def handle_hup(self) -> None:
        self.handle_term()


def _hang_up(sign: int, frame: FrameType | None) -> None:
    """What SIGTERM does at this moment, which while uvicorn runs is to finish what was begun."""
    signal.raise_signal(signal.SIGTERM)


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)
