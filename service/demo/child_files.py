"""What is checked, assessed and planned for a child of concern, beside the visits to it."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from service.demo.caseload import Client
from service.demo.days import moment_on, working_day
from service.demo.entry import Entry
from service.demo.families import END, Family, Member
from service.demo.forms import day_after_opening, edit, form, months_before
from service.demo.ids import id_made_at
from service.demo.office import Office

_UNTIL: Final = {"left_behind": 16}  # years; the others until they are of age
_STEPS: Final = (
    ("与班主任商定到校和作业安排", "班主任每周五发来一次情况，作业能按时交了。"),
    ("陪监护人办理临时照料委托手续", "委托书已签，一份交村（居）委会。"),
    ("约父母视频，商定每周固定通话时间", "改为每周三、周日晚通话，孩子很盼望。"),
    ("为祖辈开展一次家庭教育指导", "讲了少打骂、多商量，老人说愿意试试。"),
    ("检查家中用电用火，换掉老化插座", "插座已换，灶台边的柴火清走了。"),
    ("申请相关生活补贴并跟进办理", "材料已交齐，街道已受理。"),
)
_GOALS: Final = (
    "三个月内按时到校，遇事知道找谁说。监护人每天有固定时间陪伴。",
    "半年内情绪平稳，愿意参加社区小组活动；监护人掌握基本的管教方法。",
    "家中安全隐患清零，父母每周至少联系两次。",
)
_VIEWS: Final = (
    "想让爸爸妈妈多打电话。",
    "想参加画画小组。",
    "不想转学，想和同学在一起。",
    "希望奶奶少生气。",
)


def child_files(client: Client, office: Office) -> Iterator[Entry]:
    """Of the children of concern most are checked, some assessed, and a plan is made for a few."""
    chance = random.Random(f"children {client.id}")
    for child in client.family.minors:
        if child.concern is None:
            continue
        until = _UNTIL.get(child.concern, 18)
        checked = day_after_opening(chance, client, 3, 20)
        if checked is None or child.age(checked.date()) >= until:
            continue
        if chance.random() < 0.5:
            yield form(
                chance,
                client,
                office,
                "child_circumstances",
                child,
                checked,
                **_circumstances(chance, client.family, child, checked.date()),
            )
        assessed = day_after_opening(chance, client, 21, 45)
        if assessed is not None and chance.random() < 0.3:
            yield from _assessed(chance, client, office, child, assessed)
        begun = day_after_opening(chance, client, 46, 70)
        if begun is not None and chance.random() < 0.15:
            yield from _planned(chance, client, office, child, begun)


def _circumstances(chance: random.Random, family: Family, child: Member, on: date) -> dict[str, Any]:
    """What became of the parents, as the family's story has it."""
    values: dict[str, Any] = {"in_institution": False, "father_away": False, "mother_away": False}
    dead = {"circumstance": "dead", "since": months_before(on, chance.randint(14, 60))}
    match family.absent:
        case "orphan":
            return values | {"father": dead, "mother": dead, "proofs": ["death", "register"]}
        case "unsupported":
            prison = {
                "circumstance": "prison",
                "since": months_before(on, chance.randint(8, 30)),
                "until": f"{on.year + chance.randint(2, 6)}-06-30",
            }
            lost = {"circumstance": "out_of_contact", "since": months_before(on, chance.randint(8, 40))}
            return values | {"father": prison, "mother": lost, "proofs": ["judgment", "police"]}
        case "parents_work":
            return values | {"father_away": True, "mother_away": True, "proofs": ["committee"]}
        case "father_works":
            return values | {"father_away": True, "mother_able": False, "proofs": ["committee"]}
        case "one_dead" if family.gone is not None:
            other = "mother" if family.gone == "father" else "father"
            return values | {family.gone: dead, other: {"circumstance": "none"}, "proofs": ["death"]}
    return values | {"father": {"circumstance": "none"}, "mother": {"circumstance": "none"}}


def _assessed(
    chance: random.Random, client: Client, office: Office, child: Member, moment: datetime
) -> Iterator[Entry]:
    family = client.family
    by_grandparents = family.form == "grandparents"
    carer = family.head
    strained = carer.is_grave or carer.age() >= 70 or chance.random() < 0.2
    levels = ("good", "good", "watch")
    yield form(
        chance,
        client,
        office,
        "guardianship_assessment",
        child,
        moment,
        guardian="grandparents" if by_grandparents else "mother" if carer.sex == "2" else "father",
        willingness="strained" if strained else "willing",
        health="concern" if carer.is_grave else "watch" if carer.illness else "good",
        income="concern" if "income" in client.means.needs else "good",
        time=chance.choice(levels),
        understanding="watch" if by_grandparents else chance.choice(levels),
        environment=chance.choice(levels),
        bond=chance.choice(levels),
        violence="none",
        neglect="suspected" if chance.random() < 0.06 else "none",
        addiction="none",
        opinion="监护人尽力，主要难在年纪大、功课辅导跟不上。"
        if by_grandparents
        else "监护基本到位，定期走访。",
    )
    if strained:
        person = client.id_of(child)
        note = "监护人身体和精力有限，列为重点走访。"
        yield edit(
            client, office, "person", person, moment + timedelta(minutes=9), risk="medium", risk_note=note
        )


def _planned(
    chance: random.Random, client: Client, office: Office, child: Member, moment: datetime
) -> Iterator[Entry]:
    is_far = client.family.absent in ("parents_work", "father_works")
    plan = form(
        chance,
        client,
        office,
        "child_plan",
        child,
        moment,
        state="agreed",
        themes=["grandparents", "mental_health"] if client.family.form == "grandparents" else ["safety"],
        guardian_work=["parenting", "contact"] if is_far else ["parenting", "policy"],
        goals=chance.choice(_GOALS),
        child_view=chance.choice(_VIEWS),
    )
    yield plan
    subject = client.id_of(child)
    for number, (what, outcome) in enumerate(chance.sample(_STEPS, 2), 1):
        written = moment + timedelta(minutes=4 * number)
        due = working_day(moment.date() + timedelta(days=21 * number))
        step = Entry(
            moment=written,
            by=client.worker,
            area=office.area,
            collection="child_plan_step",
            record=id_made_at(written, chance),
            set={
                "child": str(subject),
                "plan": str(plan.record),
                "state": "open",
                "due_on": due.isoformat(),
                "owner": office.ids[client.worker],
                "what": what,
            },
            needs=(subject, plan.record, client.id),
        )
        yield step
        if due < END and chance.random() < 0.8:
            done = moment_on(due, chance)
            yield edit(
                client,
                office,
                "child_plan_step",
                step.record,
                done,
                state="done",
                done_on=due.isoformat(),
                outcome=outcome,
            )
    yield edit(client, office, "child_plan", plan.record, moment + timedelta(days=1), state="under_way")
    reviewed = working_day(moment.date() + timedelta(days=95))
    if reviewed < END:
        yield edit(
            client,
            office,
            "child_plan",
            plan.record,
            moment_on(reviewed, chance),
            by=office.supervisor,
            state="evaluated",
            evaluation="目标大部分达到，转入跟进，每月走访不少于一次。",
        )
