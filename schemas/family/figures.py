"""Figures of the two allowances for disabled people (残疾人两项补贴)."""

from typing import Final

from schemas.codes import Unit
from schemas.family.allowance_application import AllowanceKind
from schemas.figures import FigureTable

ALLOWANCE_TERMS: Final = FigureTable(
    "disability_allowance_terms",
    "残疾人两项补贴的条件",
    "Terms of the two allowances for disabled people",
    Unit.MONTH,
)

ALLOWANCE_AMOUNTS: Final = FigureTable(
    "disability_allowance_amounts",
    "残疾人两项补贴每月标准",
    "The two allowances for disabled people, a month",
    Unit.FEN,
    AllowanceKind,
)
