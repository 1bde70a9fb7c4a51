"""What a community organisation still lacks to be recorded with the street, or to be registered. Pure.

What a street asks for to record one (备案) is decided there: the program asks for what any of them needs to
tell who it is. For registration as a social group the State Council's conditions hold, of which what a file
can tell is checked; that it has money, staff and can answer for itself is for civil affairs to see.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from schemas.governance.figures import ORGANISATION_MEMBERS

_GUIDANCE: Final = "民发〔2017〕191号"
_REGULATION: Final = "社会团体登记管理条例第十条"


class Missing(msgspec.Struct, frozen=True):
    """Something to do first. `field`: where it is filled in."""

    field: str
    zh: str
    en: str
    source: str


_TO_BE_RECORDED: Final = (
    Missing("name", "确定名称", "Give it a name", _GUIDANCE),
    Missing("aim", "明确宗旨", "Say what it is for", _GUIDANCE),
    Missing("leader", "推选负责人", "Choose who leads it", _GUIDANCE),
    Missing("members", "登记成员人数", "Count its members", _GUIDANCE),
    Missing("place", "落实活动场所", "Find a place to meet", _GUIDANCE),
    Missing("charter", "制定章程", "Write a charter", _GUIDANCE),
)


def lacks_to_be_recorded(organisation: Mapping[str, Any]) -> list[Missing]:
    """What is missing before the street office can be asked to record it."""
    return [each for each in _TO_BE_RECORDED if not organisation.get(each.field)]


def lacks_to_be_registered(organisation: Mapping[str, Any], on: date) -> list[Missing]:
    """What is missing, as far as its record tells, before civil affairs can be asked to register it."""
    found = lacks_to_be_recorded(organisation)
    if not organisation.get("charter_on"):
        found.append(
            Missing("charter_on", "成员大会通过章程", "Have the members adopt the charter", _REGULATION)
        )
    least = ORGANISATION_MEMBERS.value_of("social_group_least", on=on)
    members = organisation.get("members")
    if least is not None and members is not None and members < least:
        found.append(
            Missing(
                "members",
                f"个人会员须达到 {least} 人，现有 {members} 人；单位会员或地方放宽条件请询登记机关",
                f"{least} members at least, it has {members}: of corporate ones ask civil affairs",
                _REGULATION,
            )
        )
    return found
