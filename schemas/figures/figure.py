"""One figure: a value for a case, from a day on, and what it rests on."""

from datetime import date

import msgspec

from schemas.codes import CodeTable


class Standing(CodeTable, zh="数据依据", en="What a figure rests on"):
    """How far a figure may be relied on."""

    LAW = "law", "法规文件明确规定", "Written in the source named"
    TO_CONFIRM = "to_confirm", "待主管部门确认", "To be confirmed by the office"
    DEFAULT = "default", "产品默认值，可由主管部门调整", "A default of this program"
    DECIDED = "decided", "当地主管部门已确定", "Decided by the local office"
    OFFICE = "office", "由当地主管部门确定", "Missing: the local office decides"


class Figure(msgspec.Struct, frozen=True):
    """One row: `value` for the case `key`, in force since a day, or always where no day is named.

    `confirmed`: what was looked up to confirm it. `zh`, `en`: what the key stands for, if no code table says.
    """

    key: str
    value: int | None
    standing: Standing
    source: str | None = None
    since: date | None = None
    confirmed: str | None = None
    zh: str | None = None
    en: str | None = None

    @property
    def begins(self) -> date:
        """The first day on which it is in force."""
        return self.since or date.min


class WrongFigures(ValueError):
    """A file of figures or holidays that cannot be used. The message names file and row, and what to do."""

    def __init__(self, file: str, zh: str, en: str, row: int | None = None) -> None:
        where_zh = file if row is None else f"{file} 第 {row} 条"
        where_en = "" if row is None else f"row {row}: "
        super().__init__(f"数据表有误 {where_zh}：{zh} (wrong figures, {where_en}{en})")
        self.file = file
        self.row = row
