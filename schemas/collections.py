"""Every record type. A new one is declared in its module and named here; there is no third place."""

from typing import Final

from schemas.conflict import Conflict
from schemas.declare import Declaration, collected
from schemas.household import Household
from schemas.person import Person

VERSION: Final = 1

COLLECTIONS: Final[dict[str, Declaration]] = collected(
    Household,
    Person,
    Conflict,
)
