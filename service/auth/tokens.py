"""Access tokens: JWTs that we sign with Ed25519 and that say who calls, for some minutes, without a database.

The header's `typ` is that of RFC 9068, so that nothing else that one day is signed with these keys passes
for an access token. Tokens already verified are remembered: a phone sends the same one for a quarter of an
hour, and checking a signature costs more than all else in an idle sync.
"""

import time
from collections import OrderedDict
from typing import Final, NamedTuple
from uuid import UUID

import jwt
import msgspec
from litestar.datastructures import State

from schemas.problems import SIGN_IN_REQUIRED, TOKEN_EXPIRED, Problem
from service.auth.caller import Caller
from service.keys import Keys

ALGORITHM: Final = "EdDSA"
KIND: Final = "at+jwt"
MAX_LENGTH: Final = 2048  # ours are some 500 characters
REMEMBERED: Final = 20_000

# Headers of a 401: how to come in (RFC 6750, 3).
CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}
REFUSED: Final = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class Claims(msgspec.Struct, frozen=True):
    """What an access token says. `sid` session, `dev` device, `dno` the device's short number."""

    iss: str
    sub: UUID
    name: str
    sid: UUID
    dev: UUID
    dno: int
    iat: int
    exp: int


class _Verified(NamedTuple):
    caller: Caller
    expires: int
    kid: str


class AccessTokens:
    """Makes and verifies access tokens.

    `issuer` names this server; `lifetime` is in seconds. `keys` is asked each time, so a key that is taken
    away ends the tokens that it signed at once.
    """

    def __init__(self, keys: Keys, issuer: str, lifetime: int) -> None:
        self.lifetime: Final = lifetime
        self._keys = keys
        self._issuer = issuer
        self._verified: OrderedDict[str, _Verified] = OrderedDict()

    def token_for(self, caller: Caller) -> str:
        """A new token for `caller`, good for `lifetime` seconds from now."""
        signing = self._keys.signing
        now = int(time.time())
        claims = Claims(
            self._issuer,
            caller.account,
            caller.account_name,
            caller.session,
            caller.device,
            caller.device_no,
            now,
            now + self.lifetime,
        )
        return jwt.encode(
            msgspec.to_builtins(claims),
            signing.private,
            algorithm=ALGORITHM,
            headers={"kid": signing.kid, "typ": KIND},
        )

    def caller_of(self, token: str) -> Caller:
        """Whom `token` names. Raises TOKEN_EXPIRED, and SIGN_IN_REQUIRED for all else that is wrong."""
        found = self._verified.get(token)
        if found is not None and found.kid in self._keys.verifying:
            if found.expires <= time.time():
                del self._verified[token]
                raise Problem(TOKEN_EXPIRED, headers=REFUSED)
            self._verified.move_to_end(token)
            return found.caller
        found = self._verify(token)
        self._verified[token] = found
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return found.caller

    def _verify(self, token: str) -> _Verified:
        if len(token) > MAX_LENGTH:
            raise Problem(SIGN_IN_REQUIRED, headers=REFUSED)
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid", "")
            key = self._keys.verifying.get(kid)
            if key is None or header.get("typ") != KIND:
                raise Problem(SIGN_IN_REQUIRED, headers=REFUSED)
            # The algorithm is ours to say, never the token's: `none`, or HS256 keyed with the public key.
            # A clock behind the one that signed is no reason to refuse (verify_iat).
            payload = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                options={"require": ["exp", "iat", "iss", "sub"], "verify_iat": False},
            )
            claims = msgspec.convert(payload, Claims)
        except jwt.ExpiredSignatureError:
            raise Problem(TOKEN_EXPIRED, headers=REFUSED) from None
        except (
            jwt.PyJWTError,
            msgspec.ValidationError,
            RecursionError,
        ):  # the last: a header nested too deep
            raise Problem(SIGN_IN_REQUIRED, headers=REFUSED) from None
        return _Verified(Caller(claims.sub, claims.name, claims.dev, claims.dno, claims.sid), claims.exp, kid)


def access_tokens(state: State) -> AccessTokens:
    """The application's, made on first use from its keys and settings."""
    tokens: AccessTokens | None = state.get("access_tokens")
    if tokens is None:
        settings = state.settings
        tokens = AccessTokens(state["keys"], settings.public_url or "liandong", settings.access_minutes * 60)
        state.access_tokens = tokens
    return tokens
