"""What each role may read and write in the areas it was granted, and members in their files, as data.

Two tables: the classes that are read and written, and the actions by which records of each collection are.
What is not in the tables is refused. What is read in masked form (`masked`) is for those who ask online and
never reaches a phone.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

from schemas.privacy import ALL_CLASSES, NO_CLASSES, Privacy, class_set
from sync.scope import NO_REACH, Act, Action, Reach


class MemberKind(Enum):
    """What somebody is in a file; the words are stored in memberships and sent to clients."""

    LEAD = "lead"  # 主责社工
    CO_WORKER = "co_worker"  # 协同社工
    VIEWER = "viewer"  # 查阅人


class Role(Enum):
    """A role that a grant gives; the words are stored in grants and sent to clients."""

    SOCIAL_WORKER = "social_worker"  # 专业社工
    SUPERVISOR = "supervisor"  # 督导
    AGENCY_MANAGER = "agency_manager"  # 社工机构
    COMMUNITY_OFFICER = "community_officer"  # 社区
    STREET_OFFICER = "street_officer"  # 街道
    CHILD_OFFICER = "child_officer"  # 儿童督导员、儿童主任
    DISTRICT_OFFICER = "district_officer"  # 区民政局
    CITY_OFFICER = "city_officer"  # 市民政局
    EVALUATOR = "evaluator"  # 第三方评估、审计
    VOLUNTEER_COORDINATOR = "volunteer_coordinator"  # 志愿者协调员
    ADMINISTRATOR = "administrator"  # 系统管理员: accounts and devices, no content of any file


_OPEN: Final = class_set([Privacy.OPEN])
_BASIC: Final = class_set([Privacy.BASIC])
_IDENTITY: Final = class_set([Privacy.IDENTITY])
_COMMUNITY: Final = class_set([Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT])
# Of what one wrote: identity too, though the identity of others' clients is not a worker's to read. Otherwise
# what somebody typed in would vanish from their phone as they save it.
_OWN: Final = class_set([Privacy.IDENTITY, Privacy.CASE, Privacy.CONFIDENTIAL])
_FILE: Final = ALL_CLASSES & ~Privacy.CONFIDENTIAL.bit

_CLASSES: Final[dict[Role, Reach]] = {
    Role.SOCIAL_WORKER: Reach(read=_COMMUNITY, write=_COMMUNITY, own=_OWN, masked=_IDENTITY),
    # What is guarded too: they look after the worker who wrote it, and after the child.
    Role.SUPERVISOR: Reach(read=ALL_CLASSES, write=ALL_CLASSES, guarded=ALL_CLASSES),
    Role.AGENCY_MANAGER: Reach(read=_OPEN, masked=_BASIC),
    Role.COMMUNITY_OFFICER: Reach(read=_COMMUNITY, write=_COMMUNITY, masked=_IDENTITY),
    Role.STREET_OFFICER: Reach(read=_OPEN, masked=_BASIC),
    # Of children and of what is about them, until they are of age (sync/minority.py). They have to report as
    # well: of records that are confidential throughout, as mandatory reports alone are, they make their own.
    Role.CHILD_OFFICER: Reach(
        read=_COMMUNITY, own=class_set([Privacy.CONFIDENTIAL]), children=_OWN, guarded=_COMMUNITY
    ),
    # Of the applications that lie before their bureau, the papers that prove them.
    Role.DISTRICT_OFFICER: Reach(read=_OPEN, write=_OPEN, masked=_BASIC, sent=_IDENTITY),
    Role.CITY_OFFICER: Reach(read=_OPEN),
    Role.EVALUATOR: NO_REACH,
    # The volunteers that they registered: of those of others no more than that they are there.
    Role.VOLUNTEER_COORDINATOR: Reach(read=_OPEN, write=_OPEN, own=_COMMUNITY | _OWN),
    Role.ADMINISTRATOR: NO_REACH,
}

_FILL_IN: Final = (Action.CREATE, Action.EDIT)
_KEEP: Final = (*_FILL_IN, Action.DELETE, Action.RESTORE)
_ALL: Final = (*_KEEP, Action.MOVE)
# What belongs to a family's file, and what volunteers do.
_FILES: Final = (
    "household",
    "person",
    "screening",
    "referral",
    "child_visit",
    "child_circumstances",
    "guardianship_assessment",
    "child_plan",
    "child_plan_step",
    "elder_visit",
    "elder_circumstances",
    "elder_assessment",
    "mutual_help",
    "consent",
    "resource_link",
    "kinship",
    "case",
    "case_plan",
    "plan_step",
    "case_note",
    "case_evaluation",
    "closing",
    "follow_up",
    "case_transfer",
    "group_attendance",
    "family_counselling",
    "disability_survey",
    "rehabilitation_plan",
    "rehabilitation_record",
    "allowance_application",
    "duplicate",
)
_SERVICE: Final = ("volunteer", "activity", "sign_up", "check_in_key", "attendance", "hours_spent")
# What society offers to families, and how they hear of policies.
_OFFERS: Final = ("resource", "policy_session")
# What the residents' committee and the workers do together for all who live there. Some of it has a part
# that is not the committee's to write: to delete such a record would be to write that too.
_PUBLIC: Final = (
    "public_space",
    "space_booking",
    "deliberation",
    "proposal",
    "organisation_support",
    "funeral_publicity",
)
_WITH_NOTES: Final = ("community_activity", "worthy", "community_organisation")
_PROFESSIONAL: Final = (
    *_OFFERS,
    *_PUBLIC,
    *_WITH_NOTES,
    "group_work",
    "group_session",
    "supervision",
)
_Acts = Mapping[str, tuple[Action, ...]]
# Of a family's file, all of it; but that what is reported stays, and goes where the child goes.
_CASEWORK: Final[_Acts] = {
    **dict.fromkeys(_FILES, _ALL),
    "mandatory_report": (*_FILL_IN, Action.MOVE),
}
# What volunteers do; but a certificate that was issued is revoked, and deleted by the supervisor alone.
_VOLUNTEERING: Final[_Acts] = {
    **dict.fromkeys(_SERVICE, _ALL),
    "service_certificate": (*_FILL_IN, Action.MOVE),
}
_WORK: Final[_Acts] = {**_CASEWORK, **_VOLUNTEERING, **dict.fromkeys(_PROFESSIONAL, _ALL)}
# Whoever works on a file does all of this in it; who opens one need not work on it yet.
_MEMBER: Final[_Acts] = {
    **_CASEWORK,
    "household": (Action.EDIT, Action.DELETE, Action.RESTORE, Action.MOVE),
}

ACTS: Final[dict[Role | MemberKind, _Acts]] = {
    Role.SOCIAL_WORKER: _WORK,
    Role.SUPERVISOR: {**_WORK, "service_certificate": _ALL},
    Role.AGENCY_MANAGER: {},
    # Families are listed and their particulars kept right; what is found out about them is the worker's. Of
    # applications, whose other parts they do not write, what was received and decided when.
    Role.COMMUNITY_OFFICER: {
        "household": _FILL_IN,
        "person": _FILL_IN,
        "referral": (Action.EDIT,),
        "allowance_application": (Action.EDIT,),
        "volunteer": _FILL_IN,
        "activity": _KEEP,
        "sign_up": _KEEP,
        "attendance": _KEEP,
        **dict.fromkeys(_OFFERS, _FILL_IN),
        **dict.fromkeys(_PUBLIC, _KEEP),
        **dict.fromkeys(_WITH_NOTES, _FILL_IN),
        "hours_spent": _KEEP,
        "service_certificate": _FILL_IN,
    },
    Role.STREET_OFFICER: {},
    Role.CHILD_OFFICER: {"mandatory_report": _FILL_IN},
    Role.DISTRICT_OFFICER: {"referral": (Action.EDIT,), "allowance_application": (Action.EDIT,)},
    Role.CITY_OFFICER: {},
    Role.EVALUATOR: {},
    Role.VOLUNTEER_COORDINATOR: {
        **dict.fromkeys(_SERVICE, _KEEP),
        "service_certificate": _FILL_IN,
    },
    Role.ADMINISTRATOR: {},
    MemberKind.LEAD: _MEMBER,
    MemberKind.CO_WORKER: _MEMBER,
    MemberKind.VIEWER: {},
}
"""By which actions each role writes records of which collection. What is not in it is refused."""


def _acts_of(who: Role | MemberKind) -> Iterator[Act]:
    return ((collection, action) for collection, actions in ACTS[who].items() for action in actions)


REACH: Final[dict[Role, Reach]] = {role: reach.limited_to(_acts_of(role)) for role, reach in _CLASSES.items()}
_REACH_BY_WORD: Final = {role.value: reach for role, reach in REACH.items()}


def _in_file(kind: MemberKind, confidential: bool, emergency: bool) -> Reach:
    classes = ALL_CLASSES if confidential or kind is MemberKind.LEAD else _FILE
    even_so = classes if emergency else NO_CLASSES
    return Reach(classes, classes if ACTS[kind] else NO_CLASSES, guarded=even_so).limited_to(_acts_of(kind))


_IN_FILE: Final = {
    (kind.value, confidential, emergency): _in_file(kind, confidential, emergency)
    for kind in MemberKind
    for confidential in (False, True)
    for emergency in (False, True)
}


def reach_of(role: str) -> Reach:
    """What `role` gives; nothing for a word that is no role of this server."""
    return _REACH_BY_WORD.get(role, NO_REACH)


def reach_in_file(kind: str, confidential: bool, emergency: bool = False) -> Reach:
    """What a member of a file may do in it. `confidential`: the lead said so; of a lead it is always so.

    `emergency`: they opened it in one, which waits for no guardian's consent (个人信息保护法, article 13).
    Nothing for a word that is no kind of this server.
    """
    return _IN_FILE.get((kind, confidential, emergency), NO_REACH)


# Whose passwords open no more than their own work and what is open to all.
_ONE_FACTOR: Final = frozenset({Role.SOCIAL_WORKER.value, Role.VOLUNTEER_COORDINATOR.value})


def needs_second_factor(role: str) -> bool:
    """Whether whoever holds `role` must show a second factor at sign-in, where one is asked for."""
    return role not in _ONE_FACTOR
