"""The demo's volunteers, held against the rules: what it shows off is true by its own records."""

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from schemas.volunteers.check_in import CheckedAs, Direction, checked
from schemas.volunteers.hours import counted, minutes_of
from schemas.volunteers.places import PlaceAs, placed
from schemas.volunteers.time_bank import accounts
from service.demo.pilot import pilot

Records = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def written() -> dict[str, Records]:
    """The volunteers' records of a small pilot, by collection and id."""
    found: dict[str, Records] = defaultdict(lambda: defaultdict(dict))
    for line in pilot(400).entries:
        for entry in line:
            record = found[entry.collection][str(entry.record)]
            record.update(entry.set)
            record.update({name: record.get(name, 0) + by for name, by in entry.increment.items()})
    return found


def test_every_certificate_is_borne_out(written: dict[str, Records]) -> None:
    assert written["service_certificate"]
    for certificate in written["service_certificate"].values():
        service = counted(certificate["volunteer"], written["attendance"], written["activity"])
        until = date.fromisoformat(certificate["until"])
        assert (
            minutes_of([each for each in service if each.on and each.on <= until]) >= certificate["minutes"]
        )


def test_check_ins_are_proven_where_a_code_was_shown(written: dict[str, Records]) -> None:
    secrets = {key["activity"]: key["secret"] for key in written["check_in_key"].values()}
    said = [
        checked(each, Direction.IN, [secrets[each["activity"]]]).as_
        for each in written["attendance"].values()
        if each["activity"] in secrets
    ]
    assert set(said) == {CheckedAs.CHECKED, CheckedAs.NOT_CHECKED}


def test_at_some_activities_somebody_waits_and_nobody_is_lost(written: dict[str, Records]) -> None:
    by_activity: dict[str, Records] = defaultdict(dict)
    for id, each in written["sign_up"].items():
        by_activity[each["activity"]][id] = each
    found = [
        each.as_
        for activity, sign_ups in by_activity.items()
        for each in placed(written["activity"][activity], sign_ups, written["volunteer"])
    ]
    assert len(found) == len(written["sign_up"]) and {PlaceAs.PLACE, PlaceAs.WAITING} <= set(found)


def test_no_hours_are_spent_that_were_not_served(written: dict[str, Records]) -> None:
    served = {id: counted(id, written["attendance"], written["activity"]) for id in written["volunteer"]}
    assert all(account.short == 0 for account in accounts(served, written["hours_spent"]).values())
