"""What a visit is to look at, and what of it was left out.

A form with every answer required would be filled in with anything; one that asks nothing is left empty. So
all answers may be missing, and the phone says which are before the worker leaves.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.visit import Met, VisitKind


class Checks(msgspec.Struct, frozen=True):
    """Fields of a visit's form: `always` where the person was spoken with, `at_home` where one was there."""

    always: tuple[str, ...]
    at_home: tuple[str, ...]

    def missing(self, visit: Mapping[str, Any]) -> list[str]:
        """The fields that are still to be filled in; none of a visit on which nobody was met."""
        if visit.get("met") in (Met.UNMET.code, Met.OTHERS.code):
            return []
        asked = self.always
        if visit.get("kind") in (None, VisitKind.HOME.code):
            asked += self.at_home
        return [name for name in asked if visit.get(name) is None]

    def said(self) -> dict[str, Any]:
        """The list for clients."""
        return {"always": list(self.always), "at_home": list(self.at_home)}
