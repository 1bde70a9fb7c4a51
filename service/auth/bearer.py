"""From the Authorization header to a `Caller`: the dependency of every route that is not for strangers.

No database is asked here: the token was signed by us minutes ago. Whether its account, device and session
are still good is asked where it matters, together with what they may see: `service.access.store.access_of`.
"""

from typing import Any, Final

from litestar import Request
from litestar.di import Provide

from schemas.problems import SIGN_IN_REQUIRED, Problem
from service.auth.caller import Caller
from service.auth.tokens import CHALLENGE, access_tokens

# What the OpenAPI document says of a route that needs an access token; the scheme is `SECURITY_SCHEME`.
SECURITY: Final[list[dict[str, list[str]]]] = [{"access_token": []}]


def authenticated(request: Request[Any, Any, Any]) -> Caller:
    """The caller, or SIGN_IN_REQUIRED, or TOKEN_EXPIRED for a token that was good until it expired."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(SIGN_IN_REQUIRED, headers=CHALLENGE)
    return access_tokens(request.app.state).caller_of(token.strip())


# For a router's or handler's `dependencies`: gives `caller: Caller`.
CALLER: Final = {"caller": Provide(authenticated, sync_to_thread=False)}
