"""Figures of law and practice: deadlines, intervals, lines and ages, each with its source and its day.

A table is a file of rows beside this one, `<name>.toml`, and a declaration in Python beside what uses it:

    [[figure]]
    key = "volunteer_record_after_activity"
    zh = "志愿服务活动结束后记录"
    en = "Service record after an activity"
    value = 10
    standing = "to_confirm"
    source = "民政部令第67号 志愿服务记录与证明出具办法（试行）"
    since = 2021-02-01

    PROCEDURE_DAYS = FigureTable("procedure_days", "办理环节时限", …, Unit.WORKING_DAY)
    PROCEDURE_DAYS.value_of("volunteer_record_after_activity", on=day)

Several rows of one key say how it was over time: the newest of those in force on the day asked for counts.
What a local office decides has no value here, and nobody's guess takes its place: it is listed as missing.
An office says it, and changes what is ours, by files of the same shape in a folder of its own. All of it is
shipped in the catalogue, so that phones reckon offline exactly as the server does.

- `figure`: one row, and what a file can have wrong. `rows`: reading them.
- `table`: `FigureTable`, what rules ask.
- `holidays`, `working_days`: the State Council's yearly calendar, and counting by it.
- `office`: the figures of the office that are in force in this process. `own`: reading them.
"""

from schemas.figures.figure import Figure, Standing, WrongFigures
from schemas.figures.table import FigureTable
from schemas.figures.working_days import Calendar, Reckoned, calendar

__all__ = ["Calendar", "Figure", "FigureTable", "Reckoned", "Standing", "WrongFigures", "calendar"]
