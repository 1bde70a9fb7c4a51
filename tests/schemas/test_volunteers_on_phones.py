"""A phone that has nothing but the catalogue shows the codes, and proves them, as the server expects."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import catalogue_json
from schemas.civil import BEIJING
from schemas.volunteers.check_in import CheckedAs, Direction, checked

DOCUMENT: dict[str, Any] = msgspec.json.decode(catalogue_json()[0])
RULE: dict[str, Any] = DOCUMENT["rules"]["check_in"]
FIGURES: dict[str, Any] = {
    row["key"]: row["value"] for row in DOCUMENT["rules"]["figures"][RULE["figures"]]["figures"]
}
WORDS = {
    "may_serve",
    "place_as",
    "direction",
    "checked_as",
    "counted_as",
    "moved_as",
}


def made(said: dict[str, Any], key: bytes, values: dict[str, str]) -> str:
    """What the catalogue tells to be made of `values` under `key`."""
    over = b"".join(b"\0" if each == 0 else values[each].encode() for each in said["over"])
    assert said["hmac"] == "sha256"
    return hmac.new(key, over, hashlib.sha256).hexdigest()[: said["hex"]]


@given(
    st.binary(min_size=20, max_size=20),
    st.uuids().map(str),
    st.uuids().map(str),
    st.datetimes(datetime(2021, 2, 1), datetime(2090, 1, 1)),
    st.sampled_from(Direction),
)
def test_what_a_phone_makes_of_the_catalogue_is_checked(
    secret: bytes, activity: str, volunteer: str, when: datetime, direction: Direction
) -> None:
    moment = when.replace(tzinfo=BEIJING, microsecond=0)
    seconds, lasts = RULE["step"][2][0], FIGURES[RULE["step"][2][1]]
    values = {
        "activity": activity,
        "volunteer": volunteer,
        "direction": direction.code,
        "moment": moment.isoformat(),
        "step": str(int(moment.timestamp()) // (seconds * lasts)),
    }
    assert RULE["code"]["key"] == "hex:secret" and RULE["proof"]["key"] == "code"
    code = made(RULE["code"], secret, values)
    at, proof = RULE["fields"][direction.code]
    attendance = {
        "activity": activity,
        "volunteer": volunteer,
        at: values["moment"],
        proof: made(RULE["proof"], code.encode(), values),
    }
    said = checked(attendance, direction, [secret.hex()])
    assert (said.as_, said.clock_error) == (CheckedAs.CHECKED, 0)


def test_the_words_for_what_rules_come_to_are_in_the_catalogue() -> None:
    for name in WORDS:
        assert all(row["zh"] and row["en"] for row in DOCUMENT["codes"][name]["codes"])
