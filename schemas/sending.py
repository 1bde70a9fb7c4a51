"""When an office has a record before itself, so that whoever decides there may read the papers in it."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Sending(msgspec.Struct, frozen=True):
    """How a record tells that it lies before the office whose officers hold its area: names of its fields.

    `state`: where it stands; in `not_there` no office has it. `office`: which has it; where that says
    nothing, the one that `by_kind` names for what `kind` says. `ours`: the office that is meant.
    """

    state: str
    not_there: frozenset[str]
    office: str
    kind: str
    by_kind: Mapping[str, str]
    ours: str

    @property
    def fields(self) -> tuple[str, ...]:
        """What it is told by."""
        return self.state, self.office, self.kind

    def is_told_by(self, values: Mapping[str, Any]) -> bool:
        """Whether a record that says this lies there."""
        state = values.get(self.state)
        if state is None or state in self.not_there:
            return False
        office = values.get(self.office) or self.by_kind.get(values.get(self.kind, ""))
        return bool(office == self.ours)
