"""The whole pilot year, as what its people did: areas, staff, and for each community a line of entries."""

import random
from collections.abc import Iterator
from typing import Final

import msgspec

from schemas.figures.office import installed
from service.access.areas import NewArea
from service.demo.caseload import Client, clients, opening
from service.demo.casework import casework
from service.demo.child_files import child_files
from service.demo.child_visits import child_visits
from service.demo.consents import consents
from service.demo.elder_calls import elder_calls
from service.demo.elder_files import elder_files, mutual_help
from service.demo.entry import Entry
from service.demo.family_services import family_services
from service.demo.governance import governance
from service.demo.groups import groups
from service.demo.lines import FIGURES
from service.demo.mishaps import mishaps
from service.demo.numbers import Numbers
from service.demo.office import Office, office
from service.demo.places import Place, areas
from service.demo.referrals import pursued, referral
from service.demo.reports import reports
from service.demo.resources import resources
from service.demo.screenings import screenings
from service.demo.sessions import sessions
from service.demo.staff import Someone, staff
from service.demo.volunteering import volunteering

HOUSEHOLDS: Final = 2_000
SEED: Final = 20220927


class Pilot(msgspec.Struct, frozen=True):
    """`entries` of each place in the order of their moments."""

    areas: list[NewArea]
    places: list[Place]
    staff: dict[str, Someone]
    entries: list[list[Entry]]


def pilot(households: int = HOUSEHOLDS) -> Pilot:
    """The pilot with so many households over its ten communities. The same every time."""
    made, places = areas()
    people = staff(places)
    codes = {area.id: area.code for area in made}
    numbers = Numbers(random.Random(SEED))
    teams = [
        office(number, place, codes[place.area], people, numbers) for number, place in enumerate(places, 1)
    ]
    entries = []
    with installed(FIGURES):
        for index, team in enumerate(teams):
            share = households // len(teams) + (index < households % len(teams))
            year = _year(random.Random(SEED + index), team, share, teams[index - 1], index)
            entries.append(sorted(year, key=lambda entry: entry.moment))
    return Pilot(made, places, people, entries)


def _year(
    chance: random.Random, team: Office, households: int, neighbour: Office, number: int
) -> Iterator[Entry]:
    families = clients(chance, team, households)
    for client in families:
        yield from opening(client, team.area)
        yield from consents(client, team)
        yield from _work(chance, team, client)
    served = list(volunteering(chance, team, households))
    yield from served
    yield from mutual_help(team, families, [each for each in served if each.collection == "volunteer"])
    yield from resources(random.Random(f"resources {number}"), team, families)
    yield from sessions(random.Random(f"sessions {number}"), team, households)
    yield from mishaps(chance, team, families, neighbour)
    yield from reports(chance, team, families, number)
    yield from casework(chance, team, families)
    yield from groups(chance, team, families)
    yield from governance(chance, team, households)
    yield from family_services(chance, team, families)


def _work(chance: random.Random, team: Office, client: Client) -> Iterator[Entry]:
    for screened, suggested in screenings(chance, client, team):
        yield screened
        for kind in pursued(chance, client, suggested):
            yield from referral(chance, client, team, screened, kind)
    yield from elder_calls(chance, client, team)
    yield from child_visits(chance, client, team)
    yield from child_files(client, team)
    yield from elder_files(client, team)
