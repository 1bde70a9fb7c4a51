"""A child of each community that was found harmed, and the mandatory report that the visit started.

Told on the day it was found: the worker rings the police and writes to civil affairs, or the child officer
does; then it is taken up, and some are closed before the year is out.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from service.demo.caseload import Client
from service.demo.days import is_closed, is_working_day, moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import END, Member
from service.demo.office import Office
from service.demo.visiting import visit
from sync.starting import started_id

REPORT: Final = "mandatory_report"
_LATEST: Final = timedelta(days=60)  # before the end, so that what followed lies in the year too


class Found(msgspec.Struct, frozen=True):
    """What a visit came upon, and what was done. `outcome` is None for what is not closed yet."""

    harm: tuple[str, ...]
    seen: str
    account: str
    protection: str
    in_danger: bool
    outcome: str | None
    closing: str | None = None


FOUND: Final = (
    Found(
        ("abandoned",),
        "邻居反映孩子已独自在家四天，冰箱里只有挂面，监护人电话无法接通。",
        "孩子说妈妈去外地办事，没说哪天回来。屋里断电，孩子晚上睡在沙发上。",
        "已联系社区送饭并陪同过夜，第二天由姑姑接走照料。",
        True,
        "warned",
        "民警联系到母亲并出具告诫书，街道组织签订监护责任承诺书，每周回访。",
    ),
    Found(
        ("violence",),
        "孩子手臂和后背有多处青紫，新旧不一，说是写作业慢被打的。",
        "单独谈话十分钟，孩子反复要求不要告诉家里。班主任也见过手臂上的伤。",
        "已陪同到医院检查并留存诊断，当晚安排在外婆家住。",
        True,
        None,
    ),
    Found(
        ("violence", "other"),
        "孩子脸上有擦伤，说法前后不一，情绪紧张。",
        "孩子先说摔倒，后说同学推搡。家长称不知情。",
        "已与学校、家长约定三天内再访，并请心理老师介入。",
        False,
        "not_found",
        "民警和学校核实系课间玩耍受伤，未发现侵害，继续关注情绪。",
    ),
)


# Of whom the officer reads goes by the calendar of the day on which the demo is loaded, years after this one.
_STILL_A_CHILD: Final = 9


def reports(chance: random.Random, office: Office, clients: list[Client], number: int) -> Iterator[Entry]:
    """What happens to one of the children of concern; nothing where there is none. `number`: which story."""
    for client in clients:
        for child in client.family.minors:
            moment = _day(chance, client)
            if child.concern is not None and moment is not None and child.age(moment.date()) < _STILL_A_CHILD:
                yield from _story(chance, office, client, child, moment, FOUND[number % len(FOUND)])
                return


def _day(chance: random.Random, client: Client) -> datetime | None:
    day = client.opened_on + timedelta(days=chance.randint(20, 60))
    while is_closed(day) or not is_working_day(day):
        day += timedelta(days=1)
    return moment_on(day, chance) if day < END - _LATEST else None


def _story(
    chance: random.Random, office: Office, client: Client, child: Member, moment: datetime, found: Found
) -> Iterator[Entry]:
    values: dict[str, Any] = {
        "subject": str(client.id_of(child)),
        "on": moment.date().isoformat(),
        "by": office.ids[client.worker],
        "kind": "home",
        "met": "met",
        "place": "家中",
        "next_on": working_day(moment.date() + timedelta(days=3)).isoformat(),
        "findings": f"接到反映后当天上门看望{child.name}，发现异常，已按强制报告要求处理，详情见保密部分。",
        "risk": "emergency" if found.in_danger else "high",
        "harm": list(found.harm),
        "harm_seen": found.seen,
    }
    visited = visit(client, office, "child_visit", client.worker, moment, values, chance)
    yield visited
    report = started_id(visited.record, REPORT)

    def told(by: str, after: timedelta, **written: Any) -> Entry:
        return Entry(
            moment=moment + after,
            by=by,
            area=office.area,
            collection=REPORT,
            record=report,
            set=written,
            needs=(visited.record,),
            hears=True,
        )

    police, affairs = moment + timedelta(minutes=35), moment + timedelta(minutes=80)
    yield told(
        client.worker,
        timedelta(minutes=50),
        account=found.account,
        in_danger=found.in_danger,
        protection=found.protection,
        police_told_at=police.isoformat(),
        police_told_to="辖区派出所值班民警",
        police_receipt=f"接报〔{moment:%Y}〕{chance.randint(100, 999)}号",
    )
    yield told(
        office.child_officer,
        timedelta(minutes=95),
        civil_affairs_told_at=affairs.isoformat(),
        civil_affairs_told_to="区民政局儿童福利科",
    )
    yield told(
        office.child_officer,
        timedelta(days=1),
        taken_up_at=(moment + timedelta(hours=20)).isoformat(),
        taken_up_by="派出所、街道未成年人保护工作站",
    )
    if found.outcome is not None:
        closed = moment + timedelta(days=28)
        yield told(
            office.supervisor,
            timedelta(days=28, hours=1),
            closed_on=closed.date().isoformat(),
            outcome=found.outcome,
            closing=found.closing,
        )
