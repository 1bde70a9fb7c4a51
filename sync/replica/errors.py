"""What an app that uses a replica has to be ready for."""

from collections.abc import Collection
from uuid import UUID

from schemas.problems import FieldProblem
from sync.replica.transport import ProblemReply


class ReplicaError(Exception):
    """Any of the below."""


class Unreachable(ReplicaError):
    """The server could not be reached, or did not answer as one, in as many attempts as were allowed.

    Nothing is lost: what was to be sent is sent again, unchanged, by the next `sync`.
    """


class SignInRequired(ReplicaError):
    """The sign-in has ended. What the device holds stays; sign in again on the same account."""


class OtherAccount(ReplicaError):
    """This file belongs to another account. People who share a phone have a file each."""


class DeviceRevoked(ReplicaError):
    """The device was revoked: everything in the file has been erased."""


class Locked(ReplicaError):
    """The lease has run out: nothing is shown or written until the device has synced."""


class NotHeld(ReplicaError):
    """The device does not hold this record."""

    def __init__(self, record: UUID) -> None:
        super().__init__(f"没有这条记录 (this device does not hold the record {record})")
        self.record = record


class NotValid(ReplicaError):
    """The server would refuse this change whatever others did meanwhile; it was not written.

    `type` is that of the problem (schemas/problems.py), `errors` name the values at fault.
    """

    def __init__(self, type: str, errors: Collection[FieldProblem] = ()) -> None:
        said = "; ".join(f"{error.pointer}: {error.detail_en}" for error in errors)
        super().__init__(f"{type}: {said}" if said else type)
        self.type = type
        self.errors = list(errors)


class Refused(ReplicaError):
    """The server refused a whole request; trying again as it is would not help."""

    def __init__(self, status: int, problem: ProblemReply) -> None:
        super().__init__(f"{status} {problem.type}: {problem.detail or problem.title}")
        self.status = status
        self.problem = problem


class Diverged(ReplicaError):
    """After everything was compared and repaired, the device and the server still hold different records."""

    def __init__(self, areas: Collection[UUID]) -> None:
        super().__init__(", ".join(map(str, areas)))
        self.areas = list(areas)
