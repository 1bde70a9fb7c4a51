"""The mid-term evaluation (中期评估): a sample that the city bureau has drawn for the evaluator.

By lot like any other, so it is the one thing in the demo that is not the same after each load.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from service.access.roles import Role
from service.auth.caller import Caller
from service.demo.staff import Someone
from service.samples.rule import Rule
from service.samples.sampling import NewSample, draw
from sync.statement import Connection

EVALUATION: Final = timedelta(days=90)
_RULE: Final = Rule(["household", "person", "screening", "referral", "elder_visit"], size=12)


async def evaluate(connection: Connection, people: dict[str, Someone], callers: dict[str, Caller]) -> None:
    """Have the sample drawn, in a transaction of the caller's."""
    bureau, _ = _who(people, Role.CITY_OFFICER)
    evaluator, area = _who(people, Role.EVALUATOR)
    until = datetime.now(UTC) + EVALUATION
    await draw(connection, callers[bureau.username], NewSample(evaluator.id, area, until, _RULE))


def _who(people: dict[str, Someone], role: Role) -> tuple[Someone, UUID]:
    return next(
        (someone, area) for someone in people.values() for held, area in someone.grants if held is role
    )
