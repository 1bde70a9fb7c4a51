"""A bad link, for tests and the simulator: it loses requests and answers as a stairwell does."""

import random
from typing import Literal

from sync.replica.transport import Lost, Reply, Request, Transport

Loss = Literal["before", "after", "midway"]
LOSSES: tuple[Loss, ...] = ("before", "after", "midway")


class PatchyLink:
    """`transport`, but every so often something is lost.

    `before` the server sees the request; `after` it has acted on it, when only the answer is lost; `midway`
    through the answer, of which a piece arrives. `loss`: the share of requests that it happens to, 0 to 1;
    it may be changed at any time. `lost` counts what happened.
    """

    def __init__(self, transport: Transport, loss: float, chance: random.Random) -> None:
        self._transport = transport
        self._chance = chance
        self.loss = loss
        self.lost: dict[Loss, int] = dict.fromkeys(LOSSES, 0)

    async def send(self, request: Request) -> Reply:
        kind = self._chance.choice(LOSSES) if self._chance.random() < self.loss else None
        if kind == "before":
            raise self._loss(kind)
        reply = await self._transport.send(request)
        if kind == "midway" and reply.body:
            self.lost[kind] += 1
            return Reply(reply.status, reply.body[: self._chance.randrange(len(reply.body))])
        if kind is not None:
            raise self._loss("after")
        return reply

    def _loss(self, kind: Loss) -> Lost:
        self.lost[kind] += 1
        return Lost(f"lost {kind} the server acted")
