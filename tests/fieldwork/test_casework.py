"""Casework as a worker does it in homes without a network, and as the supervisor follows and decides it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.casework.case import CaseStage
from schemas.casework.genogram import genogram
from schemas.casework.progress import lacks
from schemas.casework.transfer import open_tasks
from sync.replica import NotValid, Replica
from tests.fieldwork.station import TODAY, Station, values_on
from tests.sync.phones import Offline, household
from tests.world import Person

GOOD_WORK = ("assessing", "planned", "intervening", "evaluating", "closed")


class Folder:
    """The papers of one case on a worker's phone."""

    def __init__(self, station: Station, worker: Person, phone: Replica) -> None:
        self.station = station
        self.worker = worker
        self.phone = phone
        self.file, (self.client, self.son) = station.family(phone, "王秀英", "王建国")
        self.case = phone.create(
            "case",
            station.area,
            {
                "subject": str(self.client),
                "opened_on": TODAY,
                "stage": "intake",
                "kind": "elder",
                "lead": str(worker.id),
                "request": "独居，腿脚不便，希望有人陪同就医。",
            },
        )

    def add(self, collection: str, **values: Any) -> UUID:
        """One paper of the case, written by the worker."""
        head = {"of": str(self.case), "on": TODAY, "by": str(self.worker.id)}
        return self.phone.create(collection, self.station.area, {**head, **values})

    def step(self, plan: UUID, what: str, due_on: str) -> UUID:
        """A step of a plan."""
        form = {"plan": str(plan), "what": what, "due_on": due_on, "state": "due"}
        return self.phone.create("plan_step", self.station.area, form)

    def go_on_to(self, *stages: str) -> None:
        """Take the case through these stages."""
        for stage in stages:
            self.phone.edit(self.case, set={"stage": stage})

    def lacks(self, stage: str) -> list[str]:
        """What a phone says that the case lacks to go on."""
        papers = {
            name: [held.values for held in self.phone.all(name)]
            for name in ("case", "case_plan", "plan_step", "case_note", "closing", "follow_up")
        }
        return [lack.collection for lack in lacks(stage, papers)]


@pytest.fixture
async def folder(station: Station) -> Folder:
    return Folder(station, *await station.somebody())


async def test_a_case_is_worked_through_offline_and_the_supervisor_reads_reviews_and_reopens_it(
    station: Station, folder: Folder
) -> None:
    phone = folder.phone
    assert folder.lacks("planned") == ["case", "case_plan"]
    folder.go_on_to("assessing")
    phone.edit(folder.case, set={"assessment": "需要陪同就医和日常探访。", "risk": "medium"})
    plan = folder.add(
        "case_plan", goals=[{"text": "按时复诊", "measure": "每月一次"}], agreed_on=TODAY, until="2027-02-20"
    )
    step = folder.step(plan, "陪同到省人民医院复诊", "2026-12-01")
    assert folder.lacks("planned") == folder.lacks("intervening") == []
    folder.go_on_to("planned", "intervening")
    note = folder.add("case_note", method="accompanied", text="陪同就医，挂号取药。", step=str(step))
    phone.edit(note, increment={"minutes": 90})
    assert folder.lacks("closed") == ["closing", "plan_step"]
    phone.edit(step, set={"state": "done", "done_on": TODAY})
    folder.go_on_to("evaluating")
    folder.add("case_evaluation", result="reached", goals=[{"goal": "按时复诊", "reached": "reached"}])
    closing = folder.add("closing", reason="reached", satisfaction="satisfied", follow_up_on="2027-01-20")
    assert folder.lacks("closed") == []
    folder.go_on_to("closed")
    await phone.sync()
    assert phone.problems() == [] and phone.waiting == 0

    boss = await station.desk("supervisor")
    read = await boss.read(folder.case)
    assert (read["stage"], read["risk"], read["lead"]) == ("closed", "medium", str(folder.worker.id))
    assert (await boss.read(note))["minutes"] == 90
    assert await boss.write("closing", closing, approved_on=TODAY, opinion="同意结案。") is None
    assert await boss.write("case", folder.case, stage="reopened") is None
    await phone.sync()
    assert values_on(phone, folder.case)["stage"] == "reopened"
    assert values_on(phone, closing)["opinion"] == "同意结案。"
    folder.go_on_to("assessing")
    await phone.sync()
    assert phone.problems() == []


async def test_who_is_no_supervisor_does_not_reopen_a_case_and_is_told_why(folder: Folder) -> None:
    folder.go_on_to("closed", "reopened")
    await folder.phone.sync()
    (trouble,) = folder.phone.problems()
    assert trouble.problem is not None and trouble.problem.type == "write-not-allowed"
    assert "督导" in trouble.problem.errors[0]["detail"]


async def test_a_form_that_leaves_the_case_as_the_supervisor_set_it_is_taken(
    station: Station, folder: Folder
) -> None:
    folder.go_on_to("closed")
    await folder.phone.sync()
    boss = await station.desk("supervisor")
    assert await boss.write("case", folder.case, stage="reopened") is None
    await folder.phone.sync()
    folder.phone.edit(folder.case, set={"stage": "reopened", "goals": "恢复每周探访。"})
    await folder.phone.sync()
    assert folder.phone.problems() == []
    assert (await boss.read(folder.case))["goals"] == "恢复每周探访。"


async def test_a_stage_that_was_skipped_on_another_way_is_refused_by_the_server_too(
    station: Station, folder: Folder
) -> None:
    await folder.phone.sync()
    boss = await station.desk("supervisor")
    assert await boss.write("case", folder.case, stage="evaluating") == "transition-not-declared"
    assert (await boss.read(folder.case))["stage"] == "intake"


async def test_two_workers_who_tick_off_a_step_each_lose_none(station: Station, folder: Folder) -> None:
    plan = folder.add("case_plan")
    steps = [folder.step(plan, what, "2026-12-01") for what in ("陪同就医", "申请轮椅")]
    await folder.phone.sync()
    colleague, other = await station.somebody()
    await station.world.join(colleague, station.area, folder.file)
    await other.sync()
    for phone, step in ((folder.phone, steps[0]), (other, steps[1])):
        phone.edit(step, set={"state": "done"})
    for phone in (folder.phone, other, folder.phone):
        await phone.sync()
    assert [values_on(folder.phone, step)["state"] for step in steps] == ["done", "done"]
    assert folder.phone.conflicts() == []


async def test_the_time_that_two_workers_gave_adds_up(station: Station, folder: Folder) -> None:
    note = folder.add("case_note", method="home")
    await folder.phone.sync()
    colleague, other = await station.somebody()
    await station.world.join(colleague, station.area, folder.file)
    await other.sync()
    for phone, minutes in ((folder.phone, 40), (other, 25)):
        phone.edit(note, increment={"minutes": minutes})
    for phone in (folder.phone, other, folder.phone):
        await phone.sync()
    assert values_on(folder.phone, note)["minutes"] == 65


async def test_a_case_changes_hands_with_its_reason_its_open_tasks_and_its_file(
    station: Station, folder: Folder
) -> None:
    plan = folder.add("case_plan")
    step = folder.step(plan, "申请轮椅", "2026-12-10")
    folder.phone.edit(folder.step(plan, "入户探访", "2026-11-20"), set={"state": "done"})
    colleague, other = await station.somebody()
    steps = [held.values for held in folder.phone.all("plan_step")]
    transfer = folder.add(
        "case_transfer",
        to=str(colleague.id),
        reason="leave",
        state="proposed",
        tasks=open_tasks(steps),
        text="产假三个月，老人听力不好，请大声慢说。",
    )
    await folder.phone.sync()
    await other.sync()
    assert "tasks" not in values_on(other, transfer)  # of a file that is not theirs yet

    boss = await station.desk("supervisor")
    assert [task["text"] for task in (await boss.read(transfer))["tasks"]] == ["申请轮椅"]
    assert await boss.write("case_transfer", transfer, state="approved") is None
    handing = {"to": str(colleague.id), "reason": "产假"}
    answer = await boss.phone.post(f"/api/v1/files/{folder.file}/hand-over", json=handing)
    assert answer.status_code == 204, answer.text

    await other.sync()
    assert values_on(other, step)["what"] == "申请轮椅"
    other.edit(transfer, set={"state": "taken_over", "taken_over_on": TODAY})
    other.edit(folder.case, set={"lead": str(colleague.id)})
    head = {"of": str(folder.case), "on": TODAY, "by": str(colleague.id)}
    note = other.create("case_note", station.area, {**head, "text": "首次见面。"})
    await other.sync()
    assert other.problems() == []
    assert (await boss.read(folder.case))["lead"] == str(colleague.id)
    await folder.phone.sync()
    assert "text" not in values_on(folder.phone, note)  # of what others write from now on
    assert values_on(folder.phone, step)["what"] == "申请轮椅"  # of what one wrote oneself


async def test_no_worker_approves_their_own_transfer(folder: Folder) -> None:
    transfer = folder.add("case_transfer", reason="staff", state="proposed")
    folder.phone.edit(transfer, set={"state": "approved"})
    await folder.phone.sync()
    (trouble,) = folder.phone.problems()
    assert trouble.problem is not None and trouble.problem.type == "write-not-allowed"


async def test_what_was_asked_in_supervision_is_read_by_both_and_by_no_colleague(
    station: Station, folder: Folder
) -> None:
    session = folder.phone.create(
        "supervision",
        station.area,
        {
            "by": str(folder.worker.id),
            "on": TODAY,
            "kind": "individual",
            "topics": ["ethics"],
            "questions": "服务对象送礼如何处理？",
            "about": str(folder.case),
        },
    )
    await folder.phone.sync()
    boss = await station.desk("supervisor")
    assert (await boss.read(session))["questions"] == "服务对象送礼如何处理？"
    assert await boss.write("supervision", session, advice="婉拒并说明原则，记录在案。") is None
    await folder.phone.sync()
    assert values_on(folder.phone, session)["advice"].startswith("婉拒")
    _, colleagues = await station.somebody()
    assert {"questions", "advice", "about"}.isdisjoint(values_on(colleagues, session))
    folder.phone.edit(session, set={"advice": "自己改写"})
    await folder.phone.sync()
    assert len(folder.phone.problems()) == 1


async def test_a_genogram_is_drawn_offline_from_the_lines_of_a_file(station: Station, folder: Folder) -> None:
    folder.phone.create(
        "kinship",
        station.area,
        {
            "household": str(folder.file),
            "one": str(folder.client),
            "other": str(folder.son),
            "tie": "parent",
            "closeness": "distant",
        },
    )
    drawn = genogram(
        {str(held.id): held.values for held in folder.phone.all("person")},
        {str(held.id): held.values for held in folder.phone.all("kinship")},
    )
    assert drawn.generations == ((str(folder.client),), (str(folder.son),))
    assert [(line.one, line.closeness) for line in drawn.descents] == [(str(folder.client), "distant")]


async def test_who_sat_in_which_group_is_known_to_those_who_work_on_the_file(
    station: Station, folder: Folder
) -> None:
    group = folder.phone.create(
        "group_work",
        station.area,
        {"title": "丧亲者支持小组", "phase": "preparing", "opened_on": TODAY, "by": str(folder.worker.id)},
    )
    session = folder.phone.create("group_session", station.area, {"group": str(group), "on": TODAY})
    folder.phone.edit(session, increment={"attended": 7})
    came = folder.phone.create(
        "group_attendance",
        station.area,
        {"subject": str(folder.client), "on": TODAY, "session": str(session), "took_part": "quiet"},
    )
    await folder.phone.sync()
    assert folder.phone.problems() == []
    for role in ("community_officer", "agency_manager", "city_officer", "social_worker"):
        desk = await station.desk(role)
        assert (await desk.read(session))["attended"] == 7
        assert (await desk.read(came)).keys() == {"subject", "on"}, role
    assert (await (await station.desk("supervisor")).read(came))["session"] == str(session)


async def test_an_activity_is_counted_by_several_people_at_once(station: Station, folder: Folder) -> None:
    activity = folder.phone.create(
        "community_activity",
        station.area,
        {"title": "重阳敬老", "on": TODAY, "state": "planned", "by": str(folder.worker.id)},
    )
    await folder.phone.sync()
    _, other = await station.somebody()
    for phone, came, asked, satisfied in ((folder.phone, 30, 10, 9), (other, 12, 5, 5)):
        phone.edit(activity, increment={"headcount": came, "asked": asked, "satisfied": satisfied})
    folder.phone.edit(activity, set={"state": "held"})
    for phone in (folder.phone, other):
        await phone.sync()
    read = await (await station.desk("street_officer")).read(activity)
    assert (read["headcount"], read["asked"], read["satisfied"]) == (42, 15, 14)


# What of a case lies behind which: whoever is there has been at all of these since it was last set back.
BEFORE = {
    "planned": ["assessing"],
    "intervening": ["assessing", "planned"],
    "evaluating": ["assessing", "planned", "intervening"],
}
SET_BACK = ("intake", "suspended", "reopened")


@given(stages=st.lists(st.sampled_from([stage.code for stage in CaseStage]), max_size=25))
def test_whatever_is_tried_on_a_phone_no_stage_of_a_case_is_skipped(
    tmp_path_factory: pytest.TempPathFactory, stages: list[str]
) -> None:
    phone = Replica(tmp_path_factory.mktemp("phone") / "phone.sqlite", Offline())
    area = uuid4()
    file = phone.create("household", area, household())
    client = phone.create("person", area, {"household": str(file), "name": "王秀英"})
    form = {"subject": str(client), "opened_on": TODAY, "stage": "intake"}
    case = phone.create("case", area, form)
    since: list[str] = ["intake"]
    for stage in stages:
        try:
            phone.edit(case, set={"stage": stage})
        except NotValid:
            continue
        since = [stage] if stage in SET_BACK else [*since, stage]
        assert set(BEFORE.get(stage, ())) <= set(since)
        assert stage != "assessing" or since[0] in SET_BACK
    phone.close()
