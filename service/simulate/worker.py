"""A worker and their phone, day by day."""

import random
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec

from service.demo.staff import WORKERS_A_COMMUNITY
from service.simulate.ledger import Ledger
from service.simulate.work import Caller, Family, families
from sync.replica import Backoff, NotHeld, NotValid, Replica, Request, Transport, Unreachable
from sync.replica.conversation import API
from sync.replica.link import PatchyLink

CALLS_A_DAY = (2, 5)
SYNCS_ON_THE_WAY = 0.3  # how often there is a moment of network after a visit
ON_THE_LIST = 5  # families of a community that are visited on one day, so that workers meet there
# Seconds that a phone's clock is off, for the phones that are: most are right to the second.
CLOCKS_OFF = (-400.0 * 24 * 3600, 10.0 * 365 * 24 * 3600, -90.0, 45.0)
BACKOFF = Backoff(first=0.05, most=1.0, attempts=4)


class Tally(msgspec.Struct):
    """What a worker did and what happened to it."""

    visits: int = 0
    syncs: int = 0
    syncs_in_vain: int = 0
    requests: int = 0
    merged: int = 0
    conflicts: int = 0
    decided: int = 0
    rejected: int = 0
    parked: int = 0


class Community(msgspec.Struct, frozen=True):
    """An area with its code, as forms name it."""

    id: UUID
    code: str
    name: str
    level: str = "community"


class _Areas(msgspec.Struct):
    areas: list[Community]


class NoCommunity(Exception):
    """The account holds no community to work in."""


class Worker:
    """`username` on a phone whose file lies in `folder`. `loss`: the share of requests that are lost."""

    def __init__(
        self, number: int, username: str, transport: Transport, folder: Path, loss: float, seed: int
    ) -> None:
        self.number = number
        self.username = username
        self.tally = Tally()
        self.community = Community(UUID(int=0), "", "")
        self._chance = random.Random(f"{seed}/{number}")
        self._seed = seed
        self.link = PatchyLink(transport, 0.0, self._chance)
        self._loss = loss
        self.ledger = Ledger(self.link)
        off = CLOCKS_OFF[number // 7 % len(CLOCKS_OFF)] if number % 7 == 0 else 0.0
        self.phone = Replica(
            folder / f"phone-{number}.sqlite",
            self.ledger,
            name=f"模拟手机 {number}",
            backoff=BACKOFF,
            wall=lambda: time.time() + off,
            chance=self._chance,
        )

    @property
    def supervisor(self) -> str:
        """The account of who looks after them: the demo has one for the workers of a community."""
        return f"supervisor{(int(self.username.removeprefix('worker')) - 1) // WORKERS_A_COMMUNITY + 1:02}"

    async def arrive(self, password: str) -> None:
        """The first day: sign in, and get the files of the community while the network is good."""
        await self.phone.sign_in(self.username, password)
        await self.phone.sync()
        reply = await self.link.send(Request("GET", f"{API}/areas", token=self.ledger.token))
        held = msgspec.json.decode(reply.body, type=_Areas).areas
        self.community = next((area for area in held if area.level == "community"), self.community)
        if not self.community.code:
            raise NoCommunity(self.username)
        self.link.loss = self._loss

    async def day(self, today: date, elsewhere: Sequence[UUID]) -> None:
        """Sync in the morning, work offline, sync when there is a bit of network, and in the evening.

        `elsewhere`: communities that the worker does not hold, in which a form is now and then filed.
        """
        await self._sync()
        account, community = self.phone.account, self.community
        if account is None:
            raise NoCommunity(self.username)
        caller = Caller(self.phone, account, today, self._chance)
        self._decide(caller)
        known = [family for family in families(self.phone) if family.household.area == community.id]
        for family in self._todays(known, community, today):
            caller.call_on(family)
            self.tally.visits += 1
            if self._chance.random() < SYNCS_ON_THE_WAY:
                await self._sync()
        if self._chance.random() < 0.5:
            caller.find_family(community.id, community.code)
        if elsewhere and self._chance.random() < 0.1:
            # A neighbour's family, filed under the wrong community: the server will not take it.
            caller.find_family(self._chance.choice(elsewhere), community.code)
        activities = self.phone.all("activity")
        if activities and self._chance.random() < 0.5:
            caller.count_heads(activities[0])
            if volunteers := self.phone.all("volunteer"):
                caller.bring_volunteer(activities[0], volunteers)
        if self._chance.random() < 0.1:
            caller.hold_session(community.id)
        await self._sync()

    async def come_home(self) -> None:
        """Good network at last: everything goes out, everything comes in."""
        self.link.loss = 0.0
        await self._sync()

    async def _sync(self) -> None:
        try:
            summary = await self.phone.sync()
        except Unreachable:
            self.tally.syncs_in_vain += 1
            return
        self.tally.syncs += 1
        self.tally.requests += summary.requests
        self.tally.merged += summary.outcomes.get("merged", 0)
        self.tally.conflicts += summary.outcomes.get("conflict", 0)
        self.tally.rejected += summary.outcomes.get("rejected", 0)
        self.tally.parked += summary.outcomes.get("parked", 0)

    def _decide(self, caller: Caller) -> None:
        for conflict in self.phone.conflicts()[:4]:
            if self._chance.random() < 0.5:
                try:
                    caller.decide(conflict)
                except (NotValid, NotHeld):
                    continue  # its record was deleted meanwhile, or is not held any more: somebody else's
                self.tally.decided += 1

    def _todays(self, known: Sequence[Family], community: Community, today: date) -> list[Family]:
        """The same list hangs on the wall for all workers of a community; each takes some of it."""
        wall = random.Random(f"{self._seed}/{community.id}/{today}")
        listed = wall.sample(list(known), min(ON_THE_LIST, len(known)))
        count = min(self._chance.randint(*CALLS_A_DAY), len(listed))
        return self._chance.sample(listed, count)
