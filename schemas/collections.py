"""Every record type. A new one is declared in its module and named here; there is no third place."""

from typing import Final

from schemas.activity import Activity, Attendance
from schemas.child_visit import ChildVisit
from schemas.conflict import Conflict
from schemas.consent import Consent
from schemas.declare import Declaration, collected
from schemas.duplicates.duplicate import Duplicate
from schemas.elder_visit import ElderVisit
from schemas.emergency_access import EmergencyAccess
from schemas.household import Household
from schemas.mandatory_report import MandatoryReport
from schemas.person import Person
from schemas.referral import Referral
from schemas.screening import Screening
from schemas.volunteer import Volunteer

VERSION: Final = 1

COLLECTIONS: Final[dict[str, Declaration]] = collected(
    Household,
    Person,
    Screening,
    Referral,
    ChildVisit,
    ElderVisit,
    MandatoryReport,
    Volunteer,
    Activity,
    Attendance,
    Consent,
    Duplicate,
    Conflict,
    EmergencyAccess,
)
