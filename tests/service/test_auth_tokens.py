"""Access tokens: only ours, only while key and time last; verifiable by anyone with the key set."""

import base64
import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

import service.keys
from schemas.problems import Problem
from service.auth.tokens import AccessTokens
from service.keys import Keys, load_keys, rotate
from service.settings import Settings
from tests.service.test_keys import age
from tests.world import Phone, World

ROUTE = "/api/v1/auth/devices"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return load_keys(Settings(data=tmp_path_factory.mktemp("keys")))


@pytest.fixture
async def phone(world: World) -> Phone:
    return await world.sign_in(await world.make_account())


def keys_of(world: World) -> Keys:
    found: Keys = world.app.state["keys"]
    return found


def claims_of(phone: Phone) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(phone.answer["access_token"], options={"verify_signature": False})
    return claims


async def answered_with(phone: Phone, token: str) -> tuple[int, str]:
    answer = await phone.get(ROUTE, headers={"Authorization": f"Bearer {token}"})
    assert answer.headers["www-authenticate"].startswith("Bearer")
    return answer.status_code, answer.json()["type"]


REFUSED = (401, "sign-in-required")


async def test_anyone_can_verify_a_token_with_the_key_set(world: World, phone: Phone) -> None:
    answer = await (await world.stranger()).get("/api/v1/auth/jwks")
    keys = jwt.PyJWKSet.from_dict(answer.json())
    token = phone.answer["access_token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer="liandong")
    assert claims["sub"] == str(phone.person.id)


async def test_the_key_set_holds_no_private_part(world: World) -> None:
    answer = await (await world.stranger()).get("/api/v1/auth/jwks")
    assert all(set(key) == {"kty", "crv", "use", "alg", "kid", "x"} for key in answer.json()["keys"])


async def test_without_a_token_one_is_told_to_sign_in(world: World) -> None:
    answer = await (await world.stranger()).get(ROUTE)
    assert (answer.status_code, answer.json()["type"]) == REFUSED
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_past_its_time_asks_for_a_refresh(world: World, phone: Phone) -> None:
    signing = keys_of(world).signing
    claims = claims_of(phone) | {"exp": int(time.time()) - 1}
    token = jwt.encode(claims, signing.private, "EdDSA", {"kid": signing.kid, "typ": "at+jwt"})
    assert await answered_with(phone, token) == (401, "token-expired")


async def test_a_token_that_was_seen_while_good_expires_too(
    world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await phone.get(ROUTE)).status_code == 200
    later = time.time() + 15 * 60 + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert await answered_with(phone, phone.answer["access_token"]) == (401, "token-expired")


async def test_an_unsigned_token_is_refused(world: World, phone: Phone) -> None:
    header = {"alg": "none", "typ": "at+jwt", "kid": keys_of(world).signing.kid}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, claims_of(phone))
    ]
    assert await answered_with(phone, ".".join([*parts, ""])) == REFUSED


async def test_a_token_keyed_with_the_public_key_is_refused(world: World, phone: Phone) -> None:
    signing = keys_of(world).signing
    public = signing.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    token = jwt.encode(claims_of(phone), public, "HS256", {"kid": signing.kid, "typ": "at+jwt"})
    assert await answered_with(phone, token) == REFUSED


async def test_a_strangers_signature_under_our_kid_is_refused(world: World, phone: Phone) -> None:
    headers = {"kid": keys_of(world).signing.kid, "typ": "at+jwt"}
    token = jwt.encode(claims_of(phone), Ed25519PrivateKey.generate(), "EdDSA", headers)
    assert await answered_with(phone, token) == REFUSED


@pytest.mark.parametrize(
    ("changed", "header"),
    [
        ({}, {"typ": "JWT"}),
        ({}, {"kid": "unknown"}),
        ({}, {"kid": 7}),
        ({"iss": "somebody else"}, {}),
        ({"sub": "not an id"}, {}),
        ({"dno": "1"}, {}),
        ({"exp": None}, {}),
    ],
    ids=str,
)
async def test_a_token_of_ours_that_is_no_access_token_is_refused(
    world: World, phone: Phone, changed: dict[str, Any], header: dict[str, Any]
) -> None:
    signing = keys_of(world).signing
    claims = {name: value for name, value in (claims_of(phone) | changed).items() if value is not None}
    segments = [{"alg": "EdDSA", "kid": signing.kid, "typ": "at+jwt"} | header, claims]
    signed = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in segments
    )
    signature = base64.urlsafe_b64encode(signing.private.sign(signed.encode())).rstrip(b"=").decode()
    assert await answered_with(phone, f"{signed}.{signature}") == REFUSED


async def test_one_changed_letter_is_refused(phone: Phone) -> None:
    token = phone.answer["access_token"]
    for place in range(0, len(token) - 1, 37):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert await answered_with(phone, changed) == REFUSED


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 5_000, "e30.e30.e30"])
async def test_what_is_no_token_at_all_is_refused(phone: Phone, token: str) -> None:
    assert await answered_with(phone, token) == REFUSED


async def test_another_scheme_is_not_looked_at(phone: Phone) -> None:
    answer = await phone.get(ROUTE, headers={"Authorization": "Basic d29ya2VyOnBhc3N3b3Jk"})
    assert (answer.status_code, answer.json()["type"]) == REFUSED


async def test_a_new_key_is_taken_up_while_running_and_the_old_tokens_stay_good(
    world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.keys, "LOOK_AGAIN_SECONDS", -1.0)
    settings = world.app.state.settings
    made = rotate(settings)
    age(settings.keys_folder, timedelta(seconds=30))
    after = await world.sign_in(phone.person)
    assert jwt.get_unverified_header(after.answer["access_token"])["kid"] == made
    assert (await phone.get(ROUTE)).status_code == 200
    assert (await after.get(ROUTE)).status_code == 200


async def test_the_tokens_of_a_key_that_was_taken_away_are_refused_at_once(
    world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.keys, "LOOK_AGAIN_SECONDS", -1.0)
    settings = world.app.state.settings
    old = jwt.get_unverified_header(phone.answer["access_token"])["kid"]
    assert (await phone.get(ROUTE)).status_code == 200
    rotate(settings)
    next(settings.keys_folder.glob(f"token-*-{old}.pem")).unlink()
    assert await answered_with(phone, phone.answer["access_token"]) == REFUSED


@given(st.text(st.characters(max_codepoint=255), max_size=200) | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*"))
def test_whatever_the_text_a_check_ends_in_a_refusal(keys: Keys, text: str) -> None:
    with pytest.raises(Problem):
        AccessTokens(keys, "liandong", 60).caller_of(text)


async def test_a_token_of_a_session_that_is_unknown_here_asks_to_sign_in(world: World, phone: Phone) -> None:
    # As after a restore of the database to before the sign-in.
    signing = keys_of(world).signing
    claims = claims_of(phone) | {"sid": str(uuid4())}
    token = jwt.encode(claims, signing.private, "EdDSA", {"kid": signing.kid, "typ": "at+jwt"})
    assert await answered_with(phone, token) == REFUSED


async def test_a_token_says_nothing_but_who_and_how_long(phone: Phone) -> None:
    claims = claims_of(phone)
    assert set(claims) == {"iss", "sub", "name", "sid", "dev", "dno", "iat", "exp"}
    assert UUID(claims["dev"]) == phone.device
