"""Which of the two languages an answer is written in."""

from typing import Any, Literal

from litestar.connection import ASGIConnection

from service.http.preference import preferences

Language = Literal["zh", "en"]


def language_of(request: ASGIConnection[Any, Any, Any, Any]) -> Language:
    """Chinese, unless `Accept-Language` prefers English to it."""
    wanted = preferences(request.headers.get("accept-language", ""))
    return "en" if _weight(wanted, "en") > _weight(wanted, "zh") else "zh"


def _weight(wanted: dict[str, float], language: str) -> float:
    return max((weight for tag, weight in wanted.items() if tag.split("-")[0] == language), default=0.0)
