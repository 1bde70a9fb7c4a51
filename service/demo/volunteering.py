"""Volunteers, what they do together, and who came for how long."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from schemas.civil import BEIJING
from service.demo.days import is_closed, moment_after, moment_on, office_day, working_day, working_day_before
from service.demo.entry import Entry
from service.demo.families import BEGIN, END
from service.demo.ids import id_made_at
from service.demo.names import FEMALE, MALE, full_name, surname
from service.demo.office import Office
from service.demo.participation import Codes, Held, Helper, sign_ups, years_end
from service.demo.words.activities import ALWAYS, FEASTS, SKILLS, Occasion

_LASTS_MINUTES = (60, 90, 120, 150, 180)


class _Volunteer(msgspec.Struct, frozen=True):
    id: UUID
    since: date
    skills: tuple[str, ...]
    name: str


def volunteering(chance: random.Random, office: Office, households: int) -> Iterator[Entry]:
    """The year's volunteers and activities; a community with few files has few of both."""
    size = min(1.0, households / 200)
    volunteers = []
    for _ in range(max(4, round(20 * size))):
        volunteer, entry = _registered(chance, office)
        volunteers.append(volunteer)
        yield entry
    entries = list(_activities(chance, office, size, volunteers))
    yield from entries
    yield from years_end(office, [_helper(each) for each in volunteers], entries)


def _activities(
    chance: random.Random, office: Office, size: float, volunteers: list[_Volunteer]
) -> Iterator[Entry]:
    feasts = [occasion for occasion in FEASTS if chance.random() < max(0.3, size * 0.75)]
    for occasion in feasts:
        assert occasion.on is not None
        yield from _activity(chance, office, occasion, occasion.on, volunteers)
    for _ in range(max(2, round(14 * size))):
        day = working_day(BEGIN + timedelta(days=chance.randint(30, 355)))
        if not is_closed(day) and day < END:
            yield from _activity(chance, office, chance.choice(ALWAYS), day, volunteers)


def _registered(chance: random.Random, office: Office) -> tuple[_Volunteer, Entry]:
    community = office.community
    nationality = chance.choices(list(community.nationalities), list(community.nationalities.values()))[0]
    sex = chance.choices((FEMALE, MALE), (62, 38))[0]
    age = chance.choices((19, 26, 38, 52, 63, 68), (16, 12, 18, 20, 22, 12))[0] + chance.randint(0, 4)
    born = date(BEGIN.year - age, chance.randint(1, 9), chance.randint(1, 26))
    name = full_name(chance, surname(chance, nationality), nationality, sex, born.year)
    day = working_day(BEGIN + timedelta(days=int(chance.betavariate(1, 3) * 200)))
    moment = moment_on(day, chance)
    skills = tuple(dict.fromkeys(chance.choices(list(SKILLS), list(SKILLS.values()), k=2)))
    id = id_made_at(moment, chance)
    values: dict[str, Any] = {
        "registered_on": day.isoformat(),
        "name": name,
        "sex": sex,
        "birth_date": born.isoformat(),
        "resident_id": office.numbers.resident_id(born, sex),
        "phone": office.numbers.phone(),
        "skills": list(skills),
    }
    if chance.random() < 0.5:
        values["trainings"] = [
            {
                "on": day.isoformat(),
                "topic": chance.choice(_TRAININGS),
                "minutes": chance.choice((60, 90, 120)),
            }
        ]
    entry = Entry(
        moment=moment,
        by=chance.choice(office.workers),
        area=office.area,
        collection="volunteer",
        record=id,
        set=values,
    )
    return _Volunteer(id, day, skills, name), entry


_TRAININGS = ("志愿服务基础与保密要求", "与老年人沟通", "急救与心肺复苏", "儿童保护与强制报告")


def _activity(
    chance: random.Random, office: Office, occasion: Occasion, on: date, volunteers: list[_Volunteer]
) -> Iterator[Entry]:
    """Planned, announced by the community, held, and within ten working days written down."""
    worker = chance.choice(office.workers)
    planned = max(working_day_before(on - timedelta(days=chance.randint(5, 12))), BEGIN)
    moment = moment_on(planned, chance)
    activity = id_made_at(moment, chance)
    minutes = chance.choice(_LASTS_MINUTES)

    def entry(by: str, moment: datetime, **values: Any) -> Entry:
        return Entry(
            moment=moment, by=by, area=office.area, collection="activity", record=activity, set=values
        )

    yield entry(
        worker,
        moment,
        title=occasion.title,
        on=on.isoformat(),
        state="planned",
        place=chance.choice(_PLACES),
        organiser=office.community.name,
        in_charge=chance.choice(volunteers).name,
        content=occasion.content,
        planned_minutes=minutes,
    )
    announced = office_day(planned + timedelta(days=1))
    if announced < on:
        yield entry(office.officer, moment_on(announced, chance), state="announced")
    begin = datetime(on.year, on.month, on.day, chance.choice((9, 10, 15)), tzinfo=BEIJING)
    if chance.random() < 0.05:
        yield entry(worker, begin - timedelta(hours=2), state="cancelled")
        return
    end = begin + timedelta(minutes=minutes)
    helpers = _helpers(chance, occasion, on, volunteers)
    held = Held(activity, worker, moment, begin)
    others = [_helper(each) for each in volunteers if each not in helpers]
    yield from sign_ups(office, held, [_helper(each) for each in helpers], others)
    codes = Codes(held)
    yield from codes.key(office)
    for helper in helpers:
        yield _attendance(chance, office, held, codes, helper, end)
    done = end + timedelta(minutes=50)
    yield entry(worker, done, state="done", actual_minutes=minutes)
    served = entry(worker, done + timedelta(minutes=1))
    served.increment = {"people_served": chance.randint(8, 60)}
    yield served
    if chance.random() < 0.4:
        # A colleague counted those at the second table: increments add up.
        more = entry(office.colleague(chance, worker), done + timedelta(minutes=chance.randint(5, 90)))
        more.increment = {"people_served": chance.randint(3, 20)}
        yield more
    recorded = moment_after(on, 1, 12, chance)
    if recorded.date() <= END and recorded > done:
        yield entry(worker, recorded, state="recorded")


def _helper(volunteer: _Volunteer) -> Helper:
    return Helper(volunteer.id, volunteer.since)


_PLACES = ("社区活动室", "小区广场", "社区党群服务中心", "日间照料中心", "居民楼院", "四点半课堂教室")


def _helpers(
    chance: random.Random, occasion: Occasion, on: date, volunteers: list[_Volunteer]
) -> list[_Volunteer]:
    known = [volunteer for volunteer in volunteers if volunteer.since < on]
    able = [volunteer for volunteer in known if set(volunteer.skills) & set(occasion.skills)]
    others = [volunteer for volunteer in known if volunteer not in able]
    wanted = chance.randint(2, 7)
    return (chance.sample(able, min(len(able), wanted)) + others)[:wanted]


def _attendance(
    chance: random.Random,
    office: Office,
    held: Held,
    codes: Codes,
    helper: _Volunteer,
    end: datetime,
) -> Entry:
    begin = held.begin
    arrived = begin + timedelta(minutes=chance.randint(-20, 10))
    left = end + timedelta(minutes=chance.randint(-15, 25))
    moment = end + timedelta(minutes=30, seconds=chance.randint(0, 900))
    served = int((min(left, end) - max(arrived, begin)).total_seconds()) // 60
    return Entry(
        moment=moment,
        by=held.worker,
        area=office.area,
        collection="attendance",
        record=id_made_at(moment, chance),
        set={
            "activity": str(held.id),
            "volunteer": str(helper.id),
            "arrived_at": arrived.isoformat(timespec="seconds"),
            "left_at": left.isoformat(timespec="seconds"),
            **codes.shown_to(helper.id, arrived),
        },
        increment={"minutes": served},
        needs=(held.id, helper.id),
    )
