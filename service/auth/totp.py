"""One-time codes from a phone's authenticator app: RFC 6238 over RFC 4226.

Written out, for it is ten lines over `hmac`, checked against the RFC's own vectors; a library (pyotp) would
add a dependency to the one place where a password is not enough, and would still leave to us what matters:
that a code counts once. SHA-1, six digits and thirty seconds, because apps ignore other wishes silently; what
collisions of SHA-1 allow is nothing to HMAC.
"""

import base64
import hmac
import re
import secrets
import unicodedata
from datetime import datetime
from typing import Final
from urllib.parse import quote

DIGITS: Final = 6
SECONDS: Final = 30
SECRET_BYTES: Final = 20  # RFC 4226, 4, R6
# Steps before and after the present one: clocks that differ, and people who type slowly (RFC 6238, 5.2).
AROUND: Final = 1
ISSUER: Final = "Liandong"


def new_secret() -> bytes:
    """What a phone and we are to share."""
    return secrets.token_bytes(SECRET_BYTES)


def step_at(moment: datetime) -> int:
    """The number of the step of thirty seconds that `moment` lies in."""
    return int(moment.timestamp()) // SECONDS


def code_at(secret: bytes, step: int) -> str:
    """The code of `secret` in `step`."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The step whose code `code` is, if that is this one or beside it. All are compared, whichever fits."""
    found = None
    for step in range(step_at(now) - AROUND, step_at(now) + AROUND + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def typed_code(text: str) -> str | None:
    """The code in what a person typed, who may part the digits as the app shows them; None if it is none."""
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))
    return digits if re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits) else None


def written_out(secret: bytes) -> str:
    """`secret` for typing into an app, in base32."""
    return base64.b32encode(secret).decode().rstrip("=")


def otpauth_uri(secret: bytes, username: str) -> str:
    """What the QR code for an app says (the Key URI format that all of them read)."""
    label = quote(f"{ISSUER}:{username}", safe=":")
    asked = f"algorithm=SHA1&digits={DIGITS}&period={SECONDS}"
    return f"otpauth://totp/{label}?secret={written_out(secret)}&issuer={ISSUER}&{asked}"
