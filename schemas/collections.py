"""Every record type. A new one is declared in its module and named here; there is no third place."""

from typing import Final

from schemas.child_visit import ChildVisit
from schemas.conflict import Conflict
from schemas.consent import Consent
from schemas.declare import Declaration, collected
from schemas.elder_visit import ElderVisit
from schemas.emergency_access import EmergencyAccess
from schemas.household import Household
from schemas.mandatory_report import MandatoryReport
from schemas.person import Person
from schemas.referral import Referral
from schemas.screening import Screening
from schemas.volunteers.activity import Activity
from schemas.volunteers.attendance import Attendance
from schemas.volunteers.certificate import ServiceCertificate
from schemas.volunteers.check_in_key import CheckInKey
from schemas.volunteers.hours_spent import HoursSpent
from schemas.volunteers.sign_up import SignUp
from schemas.volunteers.volunteer import Volunteer

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
    SignUp,
    CheckInKey,
    Attendance,
    HoursSpent,
    ServiceCertificate,
    Consent,
    Conflict,
    EmergencyAccess,
)
