"""How the engine asks what the caller of a request may do.

Asked on the connection of the transaction that acts on the answer, so it stands apart from what the answer is
made of (sync/scope.py): deciding, on a phone too, needs no database.
"""

from collections.abc import Awaitable, Callable

from sync.scope import Access
from sync.statement import Connection

AccessOf = Callable[[Connection], Awaitable[Access]]
"""Asks, on a connection, what the caller of a request may do. Raises `Problem` for who may not come in."""
