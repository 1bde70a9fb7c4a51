"""Figures of community governance."""

from typing import Final

from schemas.codes import Unit
from schemas.figures import FigureTable

ORGANISATION_MEMBERS: Final = FigureTable(
    "organisation_members",
    "社区社会组织登记所需会员数",
    "Members that an organisation needs to be registered",
    Unit.PERSON,
)
