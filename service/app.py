"""The application: what is opened when it starts, and which routes answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig

from service.database import open_pool
from service.http.body import BoundedRequest
from service.http.problems import EXCEPTION_HANDLERS
from service.keys import load_keys
from service.routes import auth, sync
from service.settings import Settings
from sync.wire import MAX_BODY


def create_app(settings: Settings) -> Litestar:
    """The application for `settings`, whose `database_url` leads to a migrated database.

    Once started, `app.state` has `settings`, `pool` and `keys`; the last by `state["keys"]`, since a state
    has a method of that name.
    """

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        if settings.database_url is None:
            raise ValueError("create_app needs the address of a database")
        app.state["keys"] = load_keys(settings)
        app.state.pool = await open_pool(settings.database_url, settings.pool_size)
        await sync.startup(app)
        try:
            yield
        finally:
            await sync.shutdown(app)
            await app.state.pool.close()

    return Litestar(
        route_handlers=[Router("/api/v1", route_handlers=[auth.ROUTER, sync.ROUTER])],
        lifespan=[running],
        state=State({"settings": settings}),
        request_class=BoundedRequest,
        request_max_body_size=MAX_BODY,
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=OpenAPIConfig("联动 Liandong", "1"),
        logging_config=None,  # service/logs.py
    )
