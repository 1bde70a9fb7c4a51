"""An export as an Excel workbook: a sheet for each collection, one for changes, one for who has seen what.

Every cell is text and marked as such: what begins with =, +, - or @ is shown and never calculated, also when
a cell is edited. (People write phone numbers with a plus, and somebody may write a formula in order to have
it run by whoever opens the export.)
"""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import xlsxwriter

from schemas.civil import BEIJING
from schemas.collections import COLLECTIONS
from schemas.privacy import Privacy
from service.persons.export import Export, ShownRecord

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST: Final = 32_767  # characters in a cell: Excel refuses a file with more
_CUT: Final = "…（全文见 JSON 导出）"

_OPS: Final = {"write": "填写", "delete": "删除", "restore": "恢复", "move": "迁移"}
_OUTCOMES: Final = {"applied": "生效", "merged": "合并生效", "conflict": "存在冲突"}
_HOW: Final = {
    "write": "填写",
    "sync": "同步到设备",
    "manifest": "同步到设备",
    "history": "查看修改记录",
    "quarantine": "处理未生效的改动",
    "export": "导出",
}
_CLASSES: Final = {
    Privacy.OPEN.value: "公开",
    Privacy.BASIC.value: "基本",
    Privacy.CONTACT.value: "联系方式",
    Privacy.IDENTITY.value: "身份",
    Privacy.CASE.value: "个案",
    Privacy.CONFIDENTIAL.value: "保密",
}
_STATES: Final = {"open": "待处理", "dismissed": "已放弃"}


def workbook(export: Export) -> bytes:
    """The file."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        text = book.add_format({"quote_prefix": True, "text_wrap": True, "valign": "top"})
        head = book.add_format({"bold": True, "quote_prefix": True, "bottom": 1})

        def sheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
            page = book.add_worksheet(name)
            page.freeze_panes(1, 0)
            page.set_column(0, max(len(columns) - 1, 0), 22)
            for column, label in enumerate(columns):
                page.write_string(0, column, label, head)
            for number, row in enumerate(rows, 1):
                for column, value in enumerate(row):
                    if value:
                        page.write_string(number, column, _fitting(value), text)

        sheet("说明", ("项目", "内容"), _about(export))
        for collection, declared in COLLECTIONS.items():
            records = [each for each in export.records if each.collection == collection]
            if records:
                sheet(declared.zh, *_table(records))
        sheet(
            "修改记录",
            ("时间", "填写人", "设备", "记录", "编号", "操作", "结果", "内容"),
            (
                (
                    _moment(each.at),
                    each.name,
                    each.device,
                    each.label,
                    str(each.record),
                    _OPS.get(each.op, each.op),
                    _OUTCOMES.get(each.outcome, each.outcome),
                    each.text,
                )
                for each in export.changes
            ),
        )
        sheet(
            "查阅记录",
            ("时间", "何人", "设备", "方式", "编号", "内容类别"),
            (
                (
                    _moment(each.at),
                    each.name,
                    each.device or "",
                    _HOW.get(each.how, each.how),
                    str(each.record),
                    "、".join(_CLASSES[name] for name in each.classes),
                )
                for each in export.readings
            ),
        )
        if export.waiting:
            sheet(
                "未生效的改动",
                ("时间", "状态", "编号", "原因", "内容"),
                (
                    (
                        _moment(each.at),
                        _STATES.get(each.state, each.state),
                        str(each.record or ""),
                        each.problem,
                        bytes(each.sent).decode(),
                    )
                    for each in export.waiting
                ),
            )
    return made.getvalue()


def _about(export: Export) -> list[tuple[str, str]]:
    return [
        ("当事人编号", str(export.person)),
        ("导出时间", _moment(export.made_at)),
        ("导出人", export.made_by),
        ("提示", export.warning),
        ("是否完整", "是" if export.is_complete else "修改记录或查阅记录过多，其余请分页查询"),
    ]


def _table(records: Sequence[ShownRecord]) -> tuple[list[str], list[list[str]]]:
    """A column for each field that any of the records has, in declared order."""
    declared = COLLECTIONS[records[0].collection]
    present = {field.name: field.label for record in records for field in record.fields}
    names = [name for name in declared.fields if name in present]
    names += [name for name in present if name not in declared.fields]
    has_force = any(record.in_force is not None for record in records)
    columns = [
        "编号",
        "区域",
        "状态",
        *(["目前有效"] if has_force else []),
        *(present[name] for name in names),
    ]
    rows = []
    for record in records:
        said = {field.name: field.text for field in record.fields}
        marks = {"已删除": record.is_deleted, "限制处理": record.is_restricted, "部分无权查看": record.is_cut}
        state = "、".join(mark for mark, is_so in marks.items() if is_so)
        force = [_yes(record.in_force)] if has_force else []
        rows.append([str(record.id), record.area, state, *force, *(said.get(name, "") for name in names)])
    return columns, rows


def _yes(value: bool | None) -> str:
    return "" if value is None else "是" if value else "否"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def _fitting(value: str) -> str:
    return value if len(value) <= LONGEST else value[: LONGEST - len(_CUT)] + _CUT
