"""Figures about elders: who belongs to a group, the ability assessment, and how often one comes by."""

from datetime import date
from typing import Final

from schemas.codes import Unit
from schemas.elders.ability import AbilityLevel
from schemas.figures import FigureTable
from schemas.person import Tag

EDITION: Final = date(2022, 12, 30)
"""The day from which GB/T 42195-2022 is in force: its form is scored by the figures of that day, for good. A
new edition has other items, and so is another form."""


ELDER_AGES: Final = FigureTable(
    "elder_ages", "老年人的年龄界限", "Ages from which on one is an elder", Unit.YEAR
)
ELDER_DISABILITY: Final = FigureTable(
    "elder_disability",
    "失能老年人的能力等级",
    "Level from which on an elder counts as disabled",
    Unit.LEVEL,
)
# The keys are the fields of the assessment's form.
ABILITY_ITEMS: Final = FigureTable(
    "elder_ability_items", "能力评估各项满分", "Most points of each item of the assessment", Unit.POINT
)
ABILITY_LEVELS: Final = FigureTable(
    "elder_ability_levels",
    "能力等级的最低分",
    "Least points of each level of ability",
    Unit.POINT,
    AbilityLevel,
)
ACCIDENTS: Final = FigureTable(
    "elder_accidents",
    "近 30 天内照护风险事件",
    "Accidents in 30 days from which on the level is worse",
    Unit.TIME,
)
ELDER_VISITS: Final = FigureTable(
    "elder_visits",
    "特殊困难老年人探访",
    "Visits to elders in special difficulty",
    Unit.TIME,
)
VISIT_DAYS: Final = FigureTable(
    "elder_visit_days",
    "按老年人类别的探访间隔",
    "Longest interval between visits, by group of elders",
    Unit.DAY,
    Tag,
)
