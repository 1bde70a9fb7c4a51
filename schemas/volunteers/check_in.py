"""Checking in at an activity by a code that changes, without a network, and without the code being kept.

The organiser's phone holds a secret (`check_in_key`) and shows the code of this minute, as a picture or as
twenty characters to type. Whoever checks in writes the moment and a proof: an HMAC, under the code, over the
activity, the volunteer, the direction and the moment. The code is long, so nobody works it out from a proof:
proofs may be seen by everybody, and each is of no use for another volunteer, activity or minute. A code of
six digits would be found from one proof by trying a million.

Whoever reads the secret verifies it, on the phone or on the server alike: they work out the codes that were
shown about that moment and compare. For all others it is not known. Were the answer part of the record, it
would tell people something of a secret that they may not see.
"""

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.civil import civil_date
from schemas.codes import CodeTable
from schemas.values import Form, JsonSchema
from schemas.volunteers.figures import ARRIVES_WITHIN, CHECK_IN, CLOCK_ERROR, CODE_LASTS

CODE_LETTERS: Final = 20
"""Of a code: eighty bits."""
PROOF_LETTERS: Final = 32
MOST_STEPS: Final = 2_000
"""Codes that are tried for one proof, whatever tolerance an office sets."""

SECRET: Final = Form(
    "check_in_secret",
    "[0-9a-f]{40}",
    "签到密钥应为 40 位十六进制字符，由手机生成",
    "A check-in secret is 40 hexadecimal characters, made by the phone",
)
PROOF: Final = Form(
    "check_in_proof",
    "[0-9a-f]{32}",
    "签到凭证应为 32 位十六进制字符，由手机生成",
    "A check-in proof is 32 hexadecimal characters, made by the phone",
)


class Direction(CodeTable, zh="签到或签退", en="Coming or going"):
    """Which of the two moments a proof is for: one that was made on coming says nothing of going."""

    IN = "in", "签到", "In"
    OUT = "out", "签退", "Out"


class CheckedAs(CodeTable, zh="签到核验", en="What became of a check-in"):
    """How far the moment that an attendance names is proven."""

    CHECKED = "checked", "已核验", "Checked"
    NOT_CHECKED = "not_checked", "未扫码", "Not checked in by code"
    WRONG = "wrong", "凭证与活动签到码不符", "The proof fits no code of that time"
    LATE = "late", "凭证相符，但上传过晚", "The proof fits, but reached the server too late"
    NOT_KNOWN = "not_known", "无权查看签到密钥，不能核验", "Not known without the secret of the activity"


class Checked(msgspec.Struct, frozen=True):
    """What is to be thought of one check-in.

    `clock_error`: by how many minutes at least the two clocks differed, where it was checked.
    """

    as_: CheckedAs = msgspec.field(name="as")
    at: str | None
    zh: str
    en: str
    clock_error: int | None = None


_FIELDS: Final = {
    Direction.IN: ("checked_in_at", "check_in_proof"),
    Direction.OUT: ("checked_out_at", "check_out_proof"),
}


def step_at(moment: datetime) -> int:
    """The number of the step that `moment` lies in."""
    return int(moment.timestamp()) // (60 * _minutes(CODE_LASTS, moment, 1))


def code_at(secret: str, activity: str, step: int) -> str:
    """The code that the organiser's phone shows at `activity` in `step`."""
    said = f"{activity}\0{step}".encode()
    return hmac.digest(bytes.fromhex(secret), said, "sha256").hex()[:CODE_LETTERS]


def typed_code(text: str) -> str:
    """The code in what a person typed, who may part its letters as the phone shows them."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def proof_of(code: str, direction: Direction, activity: str, volunteer: str, moment: str) -> str:
    """What proves that `volunteer` was shown `code` at `moment`, which is written as in the record."""
    said = "\0".join((direction.code, activity, volunteer, moment)).encode()
    return hmac.digest(code.encode(), said, "sha256").hex()[:PROOF_LETTERS]


def checked(
    attendance: Mapping[str, Any],
    direction: Direction,
    secrets: Iterable[str] | None,
    arrived: datetime | None = None,
) -> Checked:
    """What is to be thought of the check-in that `attendance` tells of.

    `secrets`: those of its activity, which may have several organisers; None for who may not see them.
    `arrived`: when it reached the server, where that is known.
    """
    at, proof = (attendance.get(name) for name in _FIELDS[direction])
    if at is None or proof is None:
        return _checked(CheckedAs.NOT_CHECKED, at)
    known = None if secrets is None else list(secrets)
    if not known:
        return _checked(CheckedAs.NOT_KNOWN, at)
    moment = datetime.fromisoformat(at)
    apart = _steps_apart(attendance, direction, known, moment, at, proof)
    if apart is None:
        return _checked(CheckedAs.WRONG, at)
    late = timedelta(minutes=_minutes(ARRIVES_WITHIN, moment, 0))
    error = max(0, abs(apart) - 1) * _minutes(CODE_LASTS, moment, 1)
    if arrived is not None and arrived - moment > late:
        return _checked(CheckedAs.LATE, at, error)
    return _checked(CheckedAs.CHECKED, at, error)


def _steps_apart(
    attendance: Mapping[str, Any],
    direction: Direction,
    secrets: list[str],
    moment: datetime,
    at: str,
    proof: str,
) -> int | None:
    """How many steps the nearest code that fits lies from the moment named; None where none does."""
    activity, volunteer = attendance["activity"], attendance["volunteer"]
    middle = step_at(moment)
    around = _minutes(CLOCK_ERROR, moment, 0) // _minutes(CODE_LASTS, moment, 1) + 1
    around = min(around, MOST_STEPS // 2)
    found = None
    for apart in sorted(range(-around, around + 1), key=abs, reverse=True):
        if middle + apart < 0:
            continue
        for secret in secrets:
            code = code_at(secret, activity, middle + apart)
            # All are compared, whichever fits: how long it takes tells nothing.
            if hmac.compare_digest(proof_of(code, direction, activity, volunteer, at), proof):
                found = apart
    return found


def _minutes(key: str, moment: datetime, least: int) -> int:
    return max(least, CHECK_IN.value_of(key, civil_date(moment)) or 0)


def _checked(how: CheckedAs, at: str | None, error: int | None = None) -> Checked:
    apart_zh = f"，时钟相差约 {error} 分钟" if error else ""
    apart_en = f", clocks about {error} minutes apart" if error else ""
    return Checked(how, at, how.zh + apart_zh, how.en + apart_en, error)


def said() -> JsonSchema:
    """How a phone works out codes and proofs, for the catalogue. Texts are UTF-8, `0` is the zero byte."""
    return {
        "figures": CHECK_IN.name,
        "step": ["unix_seconds", "div", [60, CODE_LASTS]],
        "code": {"hmac": "sha256", "key": "hex:secret", "over": ["activity", 0, "step"], "hex": CODE_LETTERS},
        "proof": {
            "hmac": "sha256",
            "key": "code",
            "over": ["direction", 0, "activity", 0, "volunteer", 0, "moment"],
            "hex": PROOF_LETTERS,
        },
        "fields": {direction.code: list(fields) for direction, fields in _FIELDS.items()},
    }
