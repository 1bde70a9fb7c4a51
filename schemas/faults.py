"""What can be wrong with a value, in words that a worker can act on.

Made once and shared: a fault says nothing of where it was found; `FieldProblem.under` adds that.
"""

from collections.abc import Iterable
from typing import Final

from schemas.limits import MAX_DEPTH, MAX_EXTRA, MAX_TEXT
from schemas.problems import FieldProblem


def one_fault(code: str, zh: str, en: str) -> list[FieldProblem]:
    """A fault of one value, as checks give it."""
    return [FieldProblem("", code, zh, en)]


def one_of(names: Iterable[str]) -> FieldProblem:
    """The fault of a word that is none of `names`."""
    known = tuple(names)
    return FieldProblem(
        "", "unknown", f"应为以下之一：{'、'.join(known)}", f"must be one of {', '.join(known)}"
    )


REQUIRED: Final = FieldProblem("", "required", "此项必填", "This is required")
TOO_MANY_EXTRA: Final = one_fault(
    "too-many", f"未知字段最多 {MAX_EXTRA} 个", f"At most {MAX_EXTRA} fields that this server does not know"
)
NOT_NULL: Final = one_fault("required", "此项必填，不能清空", "This is required and cannot be emptied")
KEPT: Final = one_fault(
    "permanent",
    "此类记录的内容不能清空或移除；没有的内容请不要填写",
    "What is written in such a record stays in it: add to it, and leave out what there is not",
)
COMPUTED_ALREADY: Final = one_fault(
    "computed", "此项由系统根据其他内容得出，请不要填写", "This follows from other fields: leave it out"
)
EMPTY: Final = one_fault("empty", "不能为空白", "Must not be blank")
NOT_TEXT: Final = one_fault("type", "应为文字", "Text is expected")
NOT_INTEGER: Final = one_fault("type", "应为整数", "A whole number is expected")
NOT_NUMBER: Final = one_fault("type", "应为数字", "A number is expected")
NOT_YES_NO: Final = one_fault("type", "应为是或否", "true or false is expected")
NOT_LIST: Final = one_fault("type", "应为列表", "A list is expected")
NOT_COMPOSITE: Final = one_fault("type", "应为一组有名称的值", "An object is expected")
NOT_DAY: Final = one_fault("date", "日期应写作 2026-11-20", "A calendar day is expected, as 2026-11-20")
NOT_MOMENT: Final = one_fault(
    "date-time",
    "时间应写作 2026-11-20T11:14:15+08:00",
    "A point in time is expected, as 2026-11-20T11:14:15+08:00",
)
NOT_ID: Final = one_fault("id", "应为小写的 UUID 编号", "A UUID is expected, in lower case with hyphens")
TWICE: Final = one_fault("twice", "同一项出现了两次", "The same member stands in it twice")
UNPRINTABLE: Final = one_fault(
    "unicode",
    "含有无法保存的字符，请重新输入",
    "Has a NUL or half a surrogate pair, which cannot be stored",
)
TOO_LONG: Final = one_fault("too-long", f"最多 {MAX_TEXT} 个字", f"At most {MAX_TEXT} characters")
TOO_GREAT: Final = one_fault(
    "range", "数值超出范围", "Out of range: whole numbers lie within ±2^53, others are finite"
)
TOO_DEEP: Final = one_fault("too-deep", f"嵌套不能超过 {MAX_DEPTH} 层", f"Nested more than {MAX_DEPTH} deep")
NOT_JSON: Final = one_fault(
    "type", "不是 JSON 的值", "Not a JSON value: no bytes, timestamps or keys other than text"
)
NO_NAME: Final = one_fault(
    "name",
    "字段名应为小写字母、数字和下划线，最长 64 个字符",
    "A field's name is a small letter followed by small letters, digits and underscores, 64 at most",
)
