"""Figures of casework and group work."""

from typing import Final

from schemas.codes import Unit
from schemas.figures import FigureTable

GROUP_SESSIONS: Final = FigureTable(
    "group_sessions",
    "小组通常节数",
    "How many sessions a group usually has",
    Unit.TIME,
)
