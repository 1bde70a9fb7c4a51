"""What each role may read and write in the areas it was granted, and members in their files, as data.

Only what reaches a phone stands here: what is read in full, not in a masked form. What is not in the tables
is refused.
"""

from enum import Enum
from typing import Final

from schemas.privacy import ALL_CLASSES, Privacy, class_set
from sync.scope import NO_REACH, Reach


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
_COMMUNITY: Final = class_set([Privacy.OPEN, Privacy.BASIC, Privacy.CONTACT])
# Of what one wrote: identity too, though the identity of others' clients is not a worker's to read. Otherwise
# what somebody typed in would vanish from their phone as they save it.
_OWN: Final = class_set([Privacy.IDENTITY, Privacy.CASE, Privacy.CONFIDENTIAL])
_FILE: Final = ALL_CLASSES & ~Privacy.CONFIDENTIAL.bit

REACH: Final[dict[Role, Reach]] = {
    Role.SOCIAL_WORKER: Reach(read=_COMMUNITY, write=_COMMUNITY, own=_OWN),
    Role.SUPERVISOR: Reach(read=ALL_CLASSES, write=ALL_CLASSES),
    Role.AGENCY_MANAGER: Reach(read=_OPEN),
    Role.COMMUNITY_OFFICER: Reach(read=_COMMUNITY, write=_COMMUNITY),
    Role.STREET_OFFICER: Reach(read=_OPEN),
    # Of collections about children; that somebody turns 18 does not end it yet.
    Role.CHILD_OFFICER: Reach(read=_COMMUNITY, children=_OWN),
    Role.DISTRICT_OFFICER: Reach(read=_OPEN),
    Role.CITY_OFFICER: Reach(read=_OPEN),
    Role.EVALUATOR: NO_REACH,
    Role.VOLUNTEER_COORDINATOR: Reach(read=_OPEN),
    Role.ADMINISTRATOR: NO_REACH,
}
_REACH_BY_WORD: Final = {role.value: reach for role, reach in REACH.items()}


def reach_of(role: str) -> Reach:
    """What `role` gives; nothing for a word that is no role of this server."""
    return _REACH_BY_WORD.get(role, NO_REACH)


def reach_in_file(kind: str, confidential: bool) -> Reach:
    """What a member of a file may do in it. `confidential`: the lead said so; of a lead it is always so.

    Nothing for a word that is no kind of this server.
    """
    return _IN_FILE.get((kind, confidential), NO_REACH)


_WHOLE: Final = Reach(read=ALL_CLASSES, write=ALL_CLASSES)
_IN_FILE: Final[dict[tuple[str, bool], Reach]] = {
    (MemberKind.LEAD.value, False): _WHOLE,
    (MemberKind.LEAD.value, True): _WHOLE,
    (MemberKind.CO_WORKER.value, False): Reach(read=_FILE, write=_FILE),
    (MemberKind.CO_WORKER.value, True): _WHOLE,
    (MemberKind.VIEWER.value, False): Reach(read=_FILE),
    (MemberKind.VIEWER.value, True): Reach(read=ALL_CLASSES),
}


# Whose passwords open no more than their own work and what is open to all.
_ONE_FACTOR: Final = frozenset({Role.SOCIAL_WORKER.value, Role.VOLUNTEER_COORDINATOR.value})


def needs_second_factor(role: str) -> bool:
    """Whether whoever holds `role` must show a second factor at sign-in, where one is asked for."""
    return role not in _ONE_FACTOR
