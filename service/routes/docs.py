"""The documentation of the API: the OpenAPI document, and a page that shows it and loads nothing else."""

from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from service.http.answer import JSON, answer

PAGE: Final = Path(__file__).with_name("docs.html").read_bytes()
# Nothing but what the page itself holds, and this server, whatever a description may say.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@get("/openapi.json", include_in_schema=False)
async def document(request: Request[Any, Any, State], state: State) -> Response[Any]:
    """The OpenAPI 3.1 document, made once a process."""
    body: bytes | None = state.get("openapi_document")
    if body is None:
        state.openapi_document = body = msgspec.json.encode(request.app.openapi_schema.to_schema())
    return answer(request, body, JSON, headers={"Cache-Control": "no-cache"})


@get("/docs", include_in_schema=False)
async def page(request: Request[Any, Any, State]) -> Response[Any]:
    """Every route, its shapes and its problems, and a way to try it."""
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    return answer(request, PAGE, "text/html; charset=utf-8", headers=headers)
