"""Every record type. A new one is declared in its module and named here; there is no third place."""

from typing import Final

from schemas.aid.policy_session import PolicySession
from schemas.aid.referral import Referral
from schemas.aid.resource import Resource, ResourceLink
from schemas.aid.screening import Screening
from schemas.casework.case import Case
from schemas.casework.closing import Closing, FollowUp
from schemas.casework.community_activity import CommunityActivity
from schemas.casework.evaluation import CaseEvaluation
from schemas.casework.group import GroupAttendance, GroupSession, GroupWork
from schemas.casework.kinship import Kinship
from schemas.casework.note import CaseNote
from schemas.casework.plan import CasePlan, PlanStep
from schemas.casework.supervision import Supervision
from schemas.casework.transfer import CaseTransfer
from schemas.children.circumstances import ChildCircumstances
from schemas.children.guardianship import GuardianshipAssessment
from schemas.children.plan import ChildPlan, ChildPlanStep
from schemas.children.visit import ChildVisit
from schemas.conflict import Conflict
from schemas.consent import Consent
from schemas.declare import Declaration, collected
from schemas.duplicates.duplicate import Duplicate
from schemas.elders.assessment import ElderAssessment
from schemas.elders.circumstances import ElderCircumstances
from schemas.elders.mutual_help import MutualHelp
from schemas.elders.visit import ElderVisit
from schemas.emergency_access import EmergencyAccess
from schemas.family.allowance_application import AllowanceApplication
from schemas.family.counselling import FamilyCounselling
from schemas.family.disability import DisabilitySurvey, RehabilitationPlan, RehabilitationRecord
from schemas.family.funeral import FuneralPublicity
from schemas.governance.deliberation import Deliberation, Proposal
from schemas.governance.organisation import CommunityOrganisation, OrganisationSupport
from schemas.governance.space import PublicSpace, SpaceBooking
from schemas.governance.worthy import Worthy
from schemas.household import Household
from schemas.mandatory_report import MandatoryReport
from schemas.person import Person
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
    ChildCircumstances,
    GuardianshipAssessment,
    ChildPlan,
    ChildPlanStep,
    ElderVisit,
    ElderCircumstances,
    ElderAssessment,
    MutualHelp,
    MandatoryReport,
    Volunteer,
    Activity,
    SignUp,
    CheckInKey,
    Attendance,
    Resource,
    ResourceLink,
    PolicySession,
    Kinship,
    Case,
    CasePlan,
    PlanStep,
    CaseNote,
    CaseEvaluation,
    Closing,
    FollowUp,
    CaseTransfer,
    Supervision,
    GroupWork,
    GroupSession,
    GroupAttendance,
    CommunityActivity,
    PublicSpace,
    SpaceBooking,
    Deliberation,
    Proposal,
    Worthy,
    CommunityOrganisation,
    OrganisationSupport,
    FamilyCounselling,
    FuneralPublicity,
    DisabilitySurvey,
    RehabilitationPlan,
    RehabilitationRecord,
    AllowanceApplication,
    HoursSpent,
    ServiceCertificate,
    Consent,
    Duplicate,
    Conflict,
    EmergencyAccess,
)
