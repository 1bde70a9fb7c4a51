"""Keeps the embedded PostgreSQL running while we serve.

A main process that is killed (by the kernel when memory is short, say) takes every connection along. Phones
are answered 503 or `retry` meanwhile and send again by themselves, the pools connect anew: all that is
missing is somebody who starts it. What was acknowledged is in the WAL, and recovered.
"""

import threading
from types import TracebackType
from typing import Self

import structlog

from service.embedded import EmbeddedFailed, EmbeddedPostgres

LOOK_SECONDS = 0.5

_log = structlog.get_logger("database")


class Watch:
    """Within the block, `server` is started again whenever it has ended though nobody stopped it.

    One that cannot be started is tried again for as long as the block lasts: the disk may have room tomorrow.
    """

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="PostgreSQL", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        pause = LOOK_SECONDS
        while not self._over.wait(pause):
            pause = LOOK_SECONDS
            if self._server.is_running:
                continue
            _log.error("PostgreSQL ended by itself: starting it again", log=str(self._server.log))
            try:
                self._server.start_again(self._over)
            except (EmbeddedFailed, OSError) as error:
                _log.error("PostgreSQL does not start", error=str(error))
                pause = 20 * LOOK_SECONDS
            else:
                _log.warning("PostgreSQL runs again")
