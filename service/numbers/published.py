"""Which counts there are: a closed set, so that no two of them can be set against each other.

Of a collection the records that people made in one month are counted, by area, and by at most a few fields
that say nothing of each other. Who could choose filters freely would ask for all, and for all but one. Fields
of one collection that go together (a kind of assistance and its department, a visit by phone and somebody
spoken to) are not both here: from the one it follows what the other hides.

A month is counted for itself. Numbers that grow from month to month would be told apart by subtraction.
"""

from collections.abc import Mapping
from typing import Final

from schemas.collections import COLLECTIONS
from schemas.values import Code

PUBLISHED: Final[Mapping[str, tuple[str, ...]]] = {
    "household": (),
    "person": (),
    "screening": ("purpose",),
    "referral": ("kind", "state"),
    "child_visit": ("kind",),
    "elder_visit": ("kind",),
    "child_circumstances": (),
    "guardianship_assessment": (),
    "child_plan": ("state",),
    "child_plan_step": ("state",),
    "elder_circumstances": (),
    "elder_assessment": ("reason",),
    "mutual_help": ("state",),
    "kinship": (),
    "case": ("kind", "stage"),
    "case_plan": (),
    "plan_step": ("state",),
    "case_note": ("method",),
    "case_evaluation": (),
    "closing": ("reason",),
    "follow_up": ("method",),
    "case_transfer": ("state",),
    "supervision": ("kind",),
    "group_work": ("kind", "phase"),
    "group_session": (),
    "group_attendance": (),
    "community_activity": ("kind", "state"),
    "public_space": ("kind",),
    "space_booking": ("for_what", "state"),
    "deliberation": ("kind", "state"),
    "proposal": ("state",),
    "worthy": ("state",),
    "community_organisation": ("kind", "state"),
    "organisation_support": ("kind",),
    "family_counselling": (),
    "funeral_publicity": ("form",),
    "disability_survey": (),
    "rehabilitation_plan": ("state",),
    "rehabilitation_record": (),
    "allowance_application": ("state",),
    "consent": ("purpose",),
    "volunteer": (),
    "sign_up": ("state",),
    "check_in_key": (),
    "hours_spent": ("kind",),
    "service_certificate": ("state",),
    "activity": ("state",),
    "attendance": (),
    "resource": ("kind",),
    "resource_link": ("state",),
    "policy_session": (),
}
"""By collection, the open fields by which its records are counted."""

UNCOUNTED: Final = frozenset({"conflict", "duplicate", "emergency_access", "mandatory_report"})
"""Collections of which not even the number is told: that there is a report is confidential, and so is each
emergency; and that somebody may be there twice is nothing that was done for anybody.
"""

EMPTY: Final = ""
"""The value of a field that is not filled in."""


def values_of(collection: str, field: str) -> list[str]:
    """All values that records are counted by, in the order of the code table, and the empty one."""
    kind = COLLECTIONS[collection].fields[field].kind
    assert isinstance(kind, Code)
    return [*(member.code for member in kind.table), EMPTY]
