"""The application: what is opened when it starts, and which routes answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from service.attachments import sweeping
from service.audit import daily
from service.auth.factor_key import load_factor_key
from service.database import open_pool, until_it_answers
from service.http.body import BoundedRequest
from service.http.metrics import Counted
from service.http.problems import EXCEPTION_HANDLERS
from service.keys import load_keys
from service.master_key import load_keyring
from service.role import taken_on
from service.routes import (
    admin,
    areas,
    attachments,
    audit,
    auth,
    docs,
    files,
    health,
    numbers,
    people,
    persons,
    records,
    review,
    rxdb,
    samples,
    sync,
    volunteers,
    watermelon,
)
from service.settings import Settings
from sync.wire import MAX_BODY

# Answers of thousands of records, gathered before they are sent, that one process makes at once: one may
# take ten MiB and more, and with more of them at once none would be ready sooner.
WHOLE_ANSWERS: Final = 2

TAGS = [
    Tag("auth", "登录与设备 Signing in, and the devices that did"),
    Tag("areas", "区域 Areas"),
    Tag("sync", "同步 What phones say and are told"),
    Tag("clients", "现有客户端库 Libraries that apps already have"),
    Tag("review", "复核 What could not be applied, and what was done"),
    Tag("persons", "按号码查找 People by their numbers"),
    Tag("files", "档案成员 Who works on a file"),
    Tag("people", "个人权利 What a person may ask of us"),
    Tag("records", "在线查阅 Records as one sees them online"),
    Tag("attachments", "附件 Photos, sound and papers"),
    Tag("samples", "评估样本 De-identified samples, for evaluators"),
    Tag("volunteers", "志愿服务记录与证明 What volunteers served, and certificates of it"),
    Tag("numbers", "统计 Numbers, in which nobody can be found"),
    Tag("audit", "查阅记录 Who has seen a file"),
    Tag("admin", "账号与授权 Accounts and grants, for administrators"),
    Tag("health", "运行状况 For whoever runs the server"),
]


def create_app(settings: Settings) -> Litestar:
    """The application for `settings`, whose `database_url` leads to a migrated database.

    `app.state` has `settings`, and `whole_answers`, to be held while a long answer is in memory whole. Once
    started it has `pool`, `factor_key`, `keyring`, `depot` and `keys`; the last by `state["keys"]`, since a
    state has a method of that name.
    """

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        url = settings.database_url
        if url is None:
            raise ValueError("create_app needs the address of a database")
        state = app.state
        state["keys"] = load_keys(settings)
        state.factor_key = load_factor_key(settings.keys_folder)
        state.keyring = load_keyring(settings)

        async def begin() -> None:
            state.role = await taken_on(url)
            state.pool = await open_pool(url, settings.pool_size, state.keyring, **state.role)
            try:
                await sync.startup(app)
            except BaseException:
                await state.pool.close()
                raise

        async with AsyncExitStack() as open_things:
            await until_it_answers(begin)
            open_things.push_async_callback(state.pool.close)
            open_things.push_async_callback(sync.shutdown, app)
            await daily.startup(app)
            open_things.push_async_callback(daily.shutdown, app)
            await sweeping.startup(app)
            open_things.push_async_callback(sweeping.shutdown, app)
            yield

    app = Litestar(
        route_handlers=[
            Router(
                "/api/v1",
                route_handlers=[
                    auth.ROUTER,
                    areas.areas,
                    sync.ROUTER,
                    rxdb.ROUTER,
                    watermelon.ROUTER,
                    review.ROUTER,
                    audit.ROUTER,
                    files.ROUTER,
                    people.ROUTER,
                    records.ROUTER,
                    attachments.UPLOADS,
                    attachments.attachment,
                    samples.ROUTER,
                    volunteers.ROUTER,
                    volunteers.verify,
                    numbers.numbers,
                    persons.ROUTER,
                    admin.ROUTER,
                ],
            ),
            health.live,
            health.ready,
            health.metrics,
            docs.document,
            docs.page,
        ],
        lifespan=[running],
        state=State({"settings": settings, "whole_answers": asyncio.Semaphore(WHOLE_ANSWERS)}),
        request_class=BoundedRequest,
        request_max_body_size=MAX_BODY,
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=_openapi(),
        logging_config=None,  # service/logs.py
    )
    app.asgi_handler = Counted(app.asgi_handler)
    return app


class _Unused(Router):
    """Where Litestar puts its routes for documentation, which answer in HTML. Ours are in routes/docs.py."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        return []


def _openapi() -> OpenAPIConfig:
    scheme = SecurityScheme(
        "http",
        scheme="bearer",
        bearer_format="JWT",
        description="`access_token` of `POST /api/v1/auth/login`",
    )
    return OpenAPIConfig(
        "联动 Liandong",
        "1",
        description="What phones and offices say to the server. 手机与办公室同服务器之间的接口。",
        components=Components(security_schemes={"access_token": scheme}),
        tags=TAGS,
        use_handler_docstrings=True,
        openapi_router=_Unused("/schema", route_handlers=[]),
        render_plugins=[JsonRenderPlugin()],
    )
