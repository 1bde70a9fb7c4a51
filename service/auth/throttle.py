"""How often one may try to sign in: slows guessing, and gives a stranger no way to lock a worker out.

An attempt is paid from budgets before the password is looked at, so that a thousand guesses sent at once
are not all let in before the first has failed; one that succeeds gets its payment back. Who pays what:

- A device that has signed in on this account before pays from a budget of its own and from nothing else.
  Strangers do not know its id, so nothing that they do can use this budget up: the worker in the field gets
  in through any flood.
- Everyone else pays from (account, network), then network, then account: one host that guesses is stopped
  by the first of these and never reaches the others; many hosts that guess at one account are stopped by
  the last. All that an account under such a flood cannot do for a while is sign in on a new phone.

A one-time code is paid for too, a second time, by whoever gave the right password: from a budget of the
device that is known, or of the account. Of a million codes three count at a time; ten attempts and one more
an hour find one in a year at odds of one to forty, and every failure that long is in the audit.

Nothing depends on whether the account exists. A budget is one moment a row, when it will be whole again
(the generic cell rate algorithm, ITU-T I.371), so that counting is one atomic statement, and all processes
share it.
"""

import hashlib
import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from schemas.problems import TOO_MANY_ATTEMPTS, Problem
from sync.statement import Connection, statement


class Rate(msgspec.Struct, frozen=True):
    """`size` attempts at once, and one more after each `interval`."""

    size: int
    interval: timedelta


OF_DEVICE: Final = Rate(20, timedelta(minutes=1))
OF_PAIR: Final = Rate(20, timedelta(minutes=2))
# Offices, and all phones of a mobile carrier's gateway, share one address.
OF_NETWORK: Final = Rate(300, timedelta(seconds=3))
OF_ACCOUNT: Final = Rate(100, timedelta(seconds=30))
OF_CODES: Final = Rate(10, timedelta(hours=1))


class Budget(msgspec.Struct, frozen=True):
    """One budget: `key` hides what it is of."""

    key: bytes
    rate: Rate


# Updates nothing and gives no row when the budget would go below nothing. Each runs by itself, so no lock is
# held while waiting for another.
_PAY = statement("""
    INSERT INTO login_attempt AS kept (budget, whole_at)
    VALUES (:budget, now() + CAST(:interval AS interval))
    ON CONFLICT (budget) DO UPDATE
        SET whole_at = greatest(kept.whole_at, now()) + CAST(:interval AS interval)
        WHERE greatest(kept.whole_at, now()) + CAST(:interval AS interval) <= now() + CAST(:size AS interval)
    RETURNING true
""")

_WAIT = statement("""
    SELECT whole_at + CAST(:interval AS interval) - CAST(:size AS interval) - now()
    FROM login_attempt
    WHERE budget = :budget
""")

_REFUND = statement("""
    UPDATE login_attempt SET whole_at = whole_at - CAST(:interval AS interval) WHERE budget = :budget
""")

# By ix_login_attempt_whole_at. Names made up by strangers must not pile up: every failed attempt adds at most
# three rows and clears away more.
_FORGET = statement("""
    DELETE FROM login_attempt
    WHERE budget IN (
        SELECT budget FROM login_attempt WHERE whole_at < now()
        ORDER BY whole_at LIMIT 20 FOR UPDATE SKIP LOCKED
    )
""")


def budgets(name: str, network: str, known_device: UUID | None) -> list[Budget]:
    """What an attempt to sign in as `name` from `network` is paid from, narrowest first.

    `known_device`: the device's id if it has signed in on this account before.
    """
    if known_device is not None:
        return [_budget(OF_DEVICE, "device", name, str(known_device))]
    return [
        _budget(OF_PAIR, "pair", name, network),
        _budget(OF_NETWORK, "network", network),
        _budget(OF_ACCOUNT, "account", name),
    ]


def code_budget(name: str, known_device: UUID | None) -> Budget:
    """What an attempt at a one-time code of `name` is paid from."""
    return _budget(OF_CODES, "code", name, "" if known_device is None else str(known_device))


def account_budget(what: str, account: UUID, rate: Rate) -> Budget:
    """What `account` pays from who is signed in already, each time that it does `what`."""
    return _budget(rate, what, str(account))


def network_budget(what: str, network: str, rate: Rate) -> Budget:
    """What `network` pays from where nobody signs in, each time that somebody there does `what`."""
    return _budget(rate, what, network)


def _budget(rate: Rate, *of: str) -> Budget:
    return Budget(hashlib.sha256("\0".join(of).encode()).digest(), rate)


async def pay(connection: Connection, paid_from: Sequence[Budget]) -> None:
    """Pay for one attempt. Raises TOO_MANY_ATTEMPTS with the seconds to wait; later budgets are then spared.

    Not in a transaction: an attempt is paid for whatever becomes of it.
    """
    for budget in paid_from:
        rate = budget.rate
        size = rate.size * rate.interval
        if await _PAY.fetchval(connection, budget=budget.key, interval=rate.interval, size=size):
            continue
        wait: timedelta | None = await _WAIT.fetchval(
            connection, budget=budget.key, interval=rate.interval, size=size
        )
        seconds = max(1, math.ceil(wait.total_seconds())) if wait is not None else 1
        raise Problem(
            TOO_MANY_ATTEMPTS,
            f"请在 {seconds} 秒后再试",
            f"Try again in {seconds} seconds",
            headers={"Retry-After": str(seconds)},
        )


async def refund(connection: Connection, paid_from: Sequence[Budget]) -> None:
    """The attempt succeeded: it costs nothing."""
    await _REFUND.execute_many(
        connection, [{"budget": budget.key, "interval": budget.rate.interval} for budget in paid_from]
    )


async def forget(connection: Connection) -> None:
    """Clear away some budgets that are whole again."""
    await _FORGET.execute(connection)
