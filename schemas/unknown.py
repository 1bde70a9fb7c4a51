"""Fields that this server does not know: kept as they come, within bounds that hold for any JSON.

Newer phones send them, and an older server must neither lose nor misread them (protocol.md, 17). Nothing is
trusted of them: text that cannot be stored or sent on, numbers that clients read differently and endless
nesting are refused here, before anything is written.
"""

import math
from typing import Any

from schemas.faults import NO_NAME, NOT_JSON, TOO_DEEP, TOO_GREAT, TOO_LONG, UNPRINTABLE
from schemas.limits import MAX_DEPTH, MAX_TEXT, NAME, SAFE_INTEGER
from schemas.problems import FieldProblem


def check_extra(name: Any, value: Any, depth: int = MAX_DEPTH) -> list[FieldProblem] | None:
    """A field that this server does not know: any JSON value within bounds, under a plain name."""
    if type(name) is not str or NAME.fullmatch(name) is None:
        return NO_NAME
    return _check_json(value, depth)


def _check_json(value: Any, depth: int) -> list[FieldProblem] | None:
    kind = type(value)
    if value is None or kind is bool:
        return None
    if kind is str:
        return _check_any_text(value)
    if kind is int:
        return None if -SAFE_INTEGER <= value <= SAFE_INTEGER else TOO_GREAT
    if kind is float:
        return None if math.isfinite(value) else TOO_GREAT
    if kind is not list and kind is not dict:
        return NOT_JSON
    if depth <= 0:
        return TOO_DEEP
    for each in value.values() if kind is dict else value:
        problems = _check_json(each, depth - 1)
        if problems is not None:
            return problems
    if kind is dict:
        for key in value:
            if type(key) is not str:
                return NOT_JSON
            if (problems := _check_any_text(key)) is not None:
                return problems
    return None


def _check_any_text(value: str) -> list[FieldProblem] | None:
    if len(value) > MAX_TEXT:
        return TOO_LONG
    if "\0" in value or not (value.isascii() or is_unicode(value)):
        return UNPRINTABLE
    return None


def is_unicode(text: str) -> bool:
    """Whether `text` can be written as UTF-8: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def pointer_token(name: Any) -> str:
    """`name` as one step of a JSON pointer (RFC 6901), cut short and cleaned where it is hostile."""
    text = name if type(name) is str else repr(name)
    if NAME.fullmatch(text) is not None:
        return text
    clean = text[:64].encode("utf-8", "replace").decode().replace("\0", "?")
    return clean.replace("~", "~0").replace("/", "~1")
