"""A device: what a phone has to do to work offline and sync, in Python.

Tests, the simulator and the documentation use it, and whoever writes a client in another language may read
it as the other half of the protocol.

    phone = Replica("phone.sqlite", HttpTransport("http://127.0.0.1:8000"))
    await phone.sign_in("worker01", password)
    await phone.sync()
    family = phone.all("household")[0]
    phone.edit(family.id, add={"needs": ["medical"]})  # on the phone, at once, with or without a network
    await phone.sync()

The parts, from the inside out:

- `file`: one SQLite file an account, holding records, changes not yet settled, the journal, tokens, cursor.
- `view`: what the person at the device sees: held records with their own pending work on top.
- `answer`: what an answer of the server does to the file, in one transaction.
- `conversation`: the requests of a sign-in, an exchange, a verification, as generators without any I/O.
- `transport`, `backoff`: carrying a conversation over HTTP, on a link that loses things.
- `device`: `Replica`, the face of all this to an app.
"""

from sync.replica.backoff import Backoff
from sync.replica.device import Replica
from sync.replica.errors import (
    DeviceRevoked,
    Diverged,
    Locked,
    NotHeld,
    NotValid,
    OtherAccount,
    Refused,
    ReplicaError,
    SignInRequired,
    Unreachable,
)
from sync.replica.file import Held, Trouble
from sync.replica.transport import HttpTransport, Lost, Reply, Request, Transport

__all__ = [
    "Backoff",
    "DeviceRevoked",
    "Diverged",
    "Held",
    "HttpTransport",
    "Locked",
    "Lost",
    "NotHeld",
    "NotValid",
    "OtherAccount",
    "Refused",
    "Replica",
    "ReplicaError",
    "Reply",
    "Request",
    "SignInRequired",
    "Transport",
    "Trouble",
    "Unreachable",
]
