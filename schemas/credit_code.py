"""The unified social credit code (统一社会信用代码, GB 32100): 18 characters, the last one a check."""

from typing import Final

from schemas.values import Form

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
PATTERN: Final = f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}"


def check_character(body: str) -> str:
    """The last character, from the seventeen before it. GB 32100, 5.2: as ISO 7064 MOD 31 does it."""
    total = sum(ALPHABET.index(each) * weight for each, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def is_credit_code(text: str) -> bool:
    """Whether `text`, of the right pattern, checks."""
    return check_character(text[:17]) == text[17]


CREDIT_CODE: Final = Form(
    "credit_code",
    PATTERN,
    "统一社会信用代码有误：应为 18 位，请核对每一位（字母大写，不用 I、O、S、V、Z）",
    "Not a unified social credit code: 18 characters in capitals, without I, O, S, V and Z; check each",
    is_credit_code,
)
