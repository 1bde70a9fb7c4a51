"""The one decision on who may see what, as laws over any grants, any tree of areas and any moment."""

import functools
import operator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.collections import COLLECTIONS
from schemas.privacy import ALL_CLASSES, CLASSES, NO_CLASSES, Privacy
from service.access.clearance import (
    Grant,
    administered,
    clearance,
    commissioned,
    evaluated,
    may_change_account,
    may_count,
    may_count_exactly,
    may_revoke_device,
)
from service.access.roles import ACTS, REACH, MemberKind, Role, reach_in_file, reach_of
from sync.guarding import BEYOND
from sync.minority import CLOSE
from sync.scope import NO_REACH, NOTHING, SHARED, Action, Guard, Place
from sync.taking import PAPERS

DAY = datetime(2026, 11, 20, tzinfo=UTC)
AREAS = [UUID(int=number) for number in range(1, 8)]
# 1 is the city; 2 and 3 its districts; 4, 5 below 2; 6, 7 below 3.
BELOW = {
    AREAS[0]: set(AREAS),
    AREAS[1]: {AREAS[1], AREAS[3], AREAS[4]},
    AREAS[2]: {AREAS[2], AREAS[5], AREAS[6]},
    **{area: {area} for area in AREAS[3:]},
}
CITY, DISTRICT, OTHER_DISTRICT, COMMUNITY = AREAS[:4]

moments = st.integers(-5, 5).map(lambda days: DAY + timedelta(days=days))
grants = st.builds(
    Grant,
    st.sampled_from([role.value for role in Role] + ["a role of tomorrow"]),
    st.sampled_from(AREAS),
    moments,
    st.none() | moments,
)
many = st.lists(grants, max_size=6)


def in_force(grant: Grant, now: datetime) -> bool:
    return grant.since <= now and (grant.until is None or now < grant.until)


def test_nothing_granted_is_nothing_held() -> None:
    assert clearance([], BELOW, DAY) == NOTHING


@given(many, moments)
def test_only_what_a_grant_in_force_covers_is_held(given_grants: list[Grant], now: datetime) -> None:
    held = clearance(given_grants, BELOW, now).areas
    covered = {area for grant in given_grants if in_force(grant, now) for area in BELOW[grant.area]}
    assert held.keys() <= covered
    assert all(reach != NO_REACH for reach in held.values())


@given(many, moments)
def test_each_class_held_is_given_by_some_grant(given_grants: list[Grant], now: datetime) -> None:
    for area, reach in clearance(given_grants, BELOW, now).areas.items():
        given_here = [
            reach_of(grant.role)
            for grant in given_grants
            if in_force(grant, now) and area in BELOW[grant.area]
        ]
        for bit in (privacy.bit for privacy in Privacy):
            assert bool(reach.read & bit) == any(one.read & bit for one in given_here)
            assert bool(reach.write & bit) == any(one.write & bit for one in given_here)


@given(many, grants, moments)
def test_one_more_grant_never_takes_anything_away(
    given_grants: list[Grant], one: Grant, now: datetime
) -> None:
    before = clearance(given_grants, BELOW, now)
    after = clearance([*given_grants, one], BELOW, now)
    for area, reach in before.areas.items():
        assert after.areas[area].read & reach.read == reach.read
        assert after.areas[area].write & reach.write == reach.write
    assert before.supervised <= after.supervised


@given(many, moments, st.sampled_from([*ACTS[Role.SOCIAL_WORKER], "of_tomorrow"]), st.sampled_from(Action))
def test_what_may_be_written_is_given_by_some_grant_alone(
    given_grants: list[Grant], now: datetime, collection: str, action: Action
) -> None:
    """Two grants never lend each other classes: else who lists families and registers volunteers, each by
    a grant of its own, would write the identity of families."""
    me = UUID(int=99)
    for area, author in product(AREAS, (me, None)):
        place = Place(area, None, author)
        held = clearance(given_grants, BELOW, now, account=me)
        alone = [
            clearance([one], BELOW, now, account=me).writes(place, collection, action) for one in given_grants
        ]
        assert held.writes(place, collection, action) == functools.reduce(operator.or_, alone, 0)


@given(many, moments, st.sampled_from(Action))
def test_a_collection_that_the_table_does_not_name_is_written_by_nobody(
    given_grants: list[Grant], now: datetime, action: Action
) -> None:
    me = UUID(int=99)
    held = clearance(given_grants, BELOW, now, account=me)
    assert not any(held.writes(Place(area, None, me), "of_tomorrow", action) for area in AREAS)


def test_a_community_officer_who_registers_volunteers_too_does_not_write_the_identity_of_families() -> None:
    me = UUID(int=99)
    both = [Grant(role, COMMUNITY, DAY) for role in ("community_officer", "volunteer_coordinator")]
    held = clearance(both, BELOW, DAY, account=me)
    own = Place(COMMUNITY, None, me)
    assert held.writes(own, "volunteer", Action.CREATE) & Privacy.IDENTITY.bit
    assert not held.writes(own, "person", Action.CREATE) & Privacy.IDENTITY.bit


@given(many, moments)
def test_masked_forms_are_shown_only_where_some_grant_says_so(
    given_grants: list[Grant], now: datetime
) -> None:
    held = clearance(given_grants, BELOW, now)
    for area in AREAS:
        masks = [
            reach_of(one.role).masked
            for one in given_grants
            if in_force(one, now) and area in BELOW[one.area]
        ]
        assert held.masks(area) == functools.reduce(operator.or_, masks, 0)


@given(many, moments, st.randoms())
def test_the_order_of_grants_does_not_matter(
    given_grants: list[Grant], now: datetime, random: object
) -> None:
    shuffled = sorted(given_grants, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert clearance(shuffled, BELOW, now) == clearance(given_grants, BELOW, now)


@given(many, moments)
def test_what_has_ended_is_not_held_and_was_held_once(given_grants: list[Grant], now: datetime) -> None:
    decided = clearance(given_grants, BELOW, now)
    assert not decided.ended & decided.areas.keys()
    for area in decided.ended:
        assert any(
            grant.until is not None and grant.until <= now and area in BELOW[grant.area]
            for grant in given_grants
        )


@given(many, moments)
def test_who_supervises_an_area_holds_it_whole(given_grants: list[Grant], now: datetime) -> None:
    decided = clearance(given_grants, BELOW, now)
    assert all(decided.areas[area].read == ALL_CLASSES for area in decided.supervised)


@given(many, moments)
def test_an_area_that_does_not_exist_gives_nothing(given_grants: list[Grant], now: datetime) -> None:
    assert clearance(given_grants, {}, now) == NOTHING
    assert administered(given_grants, {}, now) == frozenset()


@given(st.lists(grants.filter(lambda grant: grant.role != "administrator"), max_size=6), moments)
def test_no_other_role_administers(given_grants: list[Grant], now: datetime) -> None:
    assert administered(given_grants, BELOW, now) == frozenset()


@given(moments, st.sampled_from(AREAS))
def test_an_administrator_sees_no_record(now: datetime, area: UUID) -> None:
    grant = Grant(Role.ADMINISTRATOR.value, area, DAY)
    assert clearance([grant], BELOW, now).areas == {}


@given(many, moments)
def test_who_may_change_an_account_administers_all_that_it_holds(
    given_grants: list[Grant], now: datetime
) -> None:
    for admin_of in (CITY, DISTRICT, COMMUNITY):
        areas = administered([Grant("administrator", admin_of, now)], BELOW, now)
        if may_change_account(areas, given_grants, now):
            assert all(grant.area in areas for grant in given_grants if in_force(grant, now))


@given(many, moments)
def test_who_may_change_an_account_may_revoke_its_devices(given_grants: list[Grant], now: datetime) -> None:
    areas = administered([Grant("administrator", DISTRICT, now)], BELOW, now)
    if may_change_account(areas, given_grants, now):
        assert may_revoke_device(areas, given_grants)


def test_who_administers_a_district_does_not_change_an_account_of_the_city() -> None:
    areas = administered([Grant("administrator", DISTRICT, DAY)], BELOW, DAY)
    officer = [Grant("city_officer", CITY, DAY), Grant("social_worker", COMMUNITY, DAY)]
    assert not may_change_account(areas, officer, DAY)


def test_nobody_changes_an_account_that_never_held_anything() -> None:
    assert not may_change_account(frozenset(AREAS), [], DAY)
    assert not may_revoke_device(frozenset(AREAS), [])


def test_an_account_whose_grants_are_over_stays_with_those_who_looked_after_it() -> None:
    past = [Grant("social_worker", COMMUNITY, DAY - timedelta(days=9), DAY - timedelta(days=1))]
    ours = administered([Grant("administrator", DISTRICT, DAY)], BELOW, DAY)
    others = administered([Grant("administrator", OTHER_DISTRICT, DAY)], BELOW, DAY)
    assert may_change_account(ours, past, DAY)
    assert not may_change_account(others, past, DAY)


@pytest.mark.parametrize("role", Role)
def test_every_role_is_decided(role: Role) -> None:
    assert role in REACH


def test_nobody_writes_what_they_may_not_read() -> None:
    assert all(reach.write & ~reach.read == 0 for reach in REACH.values())


def test_a_child_is_one_until_the_birthday_begins_there() -> None:
    birthday = DAY.date()
    midnight = DAY - timedelta(hours=8)
    child = Place(COMMUNITY, child_until=birthday)
    officer = [Grant("child_officer", COMMUNITY, DAY - timedelta(days=9))]
    before = clearance(officer, BELOW, midnight - timedelta(microseconds=1))
    assert before.reads(child) & CLOSE == CLOSE
    assert clearance(officer, BELOW, midnight).reads(child) & CLOSE == 0


@pytest.mark.parametrize("role", Role)
def test_a_birthday_takes_nothing_from_anybody_but_child_officers(role: Role) -> None:
    grant = [Grant(role.value, COMMUNITY, DAY)]
    decided = clearance(grant, BELOW, DAY)
    child, adult = Place(COMMUNITY, child_until=DAY.date() + timedelta(days=1)), Place(COMMUNITY)
    assert (decided.reads(child) != decided.reads(adult)) == (role is Role.CHILD_OFFICER)


def test_what_is_read_for_a_childs_sake_is_what_phones_are_told_of() -> None:
    assert all(reach.children & ~reach.read & ~CLOSE == 0 for reach in REACH.values())


def test_whoever_reads_what_is_close_reads_the_birth_date_that_decides_on_it() -> None:
    in_files = [reach_in_file(kind.value, flag) for kind in MemberKind for flag in (True, False)]
    for reach in [*REACH.values(), *in_files]:
        for also in (NO_CLASSES, reach.own, reach.children):
            if (reach.read | also) & CLOSE:
                assert (reach.read | also) & Privacy.BASIC.bit


def test_what_an_office_reads_of_what_it_has_is_what_phones_are_told_of() -> None:
    assert all(reach.sent & ~reach.read & ~PAPERS == 0 for reach in REACH.values())


def test_whoever_reads_of_others_what_may_be_guarded_reads_the_birth_date_that_decides_on_it() -> None:
    in_files = [reach_in_file(kind.value, flag) for kind in MemberKind for flag in (True, False)]
    for reach in [*REACH.values(), *in_files]:
        if (reach.read | reach.children) & BEYOND:
            assert reach.read & SHARED == SHARED


@pytest.mark.parametrize("role", Role)
def test_of_what_is_guarded_nobody_reads_or_writes_more_than_of_other_records(role: Role) -> None:
    me = UUID(int=9)
    decided = clearance([Grant(role.value, COMMUNITY, DAY)], BELOW, DAY, account=me)
    for author in (me, None):
        record = Place(COMMUNITY, author=author)
        guarded = record._replace(guard=Guard(date.min, DAY.date() + timedelta(days=1)))
        assert decided.reads(guarded) & ~decided.reads(record) == 0
        for collection, action in product(COLLECTIONS, Action):
            writes = decided.writes(guarded, collection, action)
            assert writes & ~decided.writes(record, collection, action) == 0
            if action is Action.EDIT:
                assert writes & ~decided.reads(guarded) == 0
        is_over = record._replace(guard=Guard(date.min, DAY.date()))
        assert decided.reads(is_over) == decided.reads(record)


def test_what_is_not_close_hangs_on_no_birthday() -> None:
    assert {privacy for privacy in CLASSES if privacy.bit & ~CLOSE} == {
        Privacy.OPEN,
        Privacy.BASIC,
        Privacy.CONTACT,
    }


@given(many, moments)
def test_samples_are_drawn_and_read_where_a_grant_for_it_is_in_force(
    given_grants: list[Grant], now: datetime
) -> None:
    for role, found in ((Role.CITY_OFFICER, commissioned), (Role.EVALUATOR, evaluated)):
        own = [grant for grant in given_grants if grant.role == role.value and in_force(grant, now)]
        assert found(given_grants, BELOW, now) == {area for grant in own for area in BELOW[grant.area]}


@pytest.mark.parametrize("role", Role)
def test_counts_are_told_to_all_who_read_what_is_open_and_exactly_to_those_who_read_names(role: Role) -> None:
    given_grants = [Grant(role.value, DISTRICT, DAY)]
    held, of = clearance(given_grants, BELOW, DAY), evaluated(given_grants, BELOW, DAY)
    told = role is not Role.ADMINISTRATOR
    exactly = Privacy.BASIC.bit & reach_of(role.value).read != 0
    assert may_count(held, of, BELOW[DISTRICT]) is told
    assert may_count_exactly(held, BELOW[DISTRICT]) is exactly
    assert not may_count(held, of, BELOW[CITY])
    assert not may_count_exactly(held, BELOW[CITY])
