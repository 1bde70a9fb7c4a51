"""The pilot's team in one community, as its year's work is written for it."""

import random
from collections.abc import Mapping
from uuid import UUID

import msgspec

from service.demo.numbers import Numbers
from service.demo.places import Community, Place
from service.demo.staff import WORKERS_A_COMMUNITY, Someone


class Office(msgspec.Struct, frozen=True):
    """Who works there, by the names they sign in with; `ids` are their accounts."""

    area: UUID
    code: str
    community: Community
    workers: tuple[str, ...]
    supervisor: str
    officer: str
    child_officer: str
    ids: Mapping[str, str]
    numbers: Numbers

    def colleague(self, chance: random.Random, worker: str) -> str:
        """Another worker of the same community."""
        return chance.choice([each for each in self.workers if each != worker])


def office(number: int, place: Place, code: str, staff: Mapping[str, Someone], numbers: Numbers) -> Office:
    """The team of the place with that number, counted from 1."""
    last = number * WORKERS_A_COMMUNITY
    return Office(
        place.area,
        code,
        place.community,
        tuple(f"worker{worker:02}" for worker in range(last - WORKERS_A_COMMUNITY + 1, last + 1)),
        f"supervisor{number:02}",
        f"community{number:02}",
        f"child{number:02}",
        {name: str(someone.id) for name, someone in staff.items()},
        numbers,
    )
