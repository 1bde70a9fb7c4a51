"""What becomes of a field in a de-identified sample: decided by its declaration, and closed where nothing is.

A sample is for somebody who judges the work and must not learn whose life it was about. So every field has
one treatment. It follows from the class and from the type where these are enough to decide; where they are
not, the declaration has to say it (`sample=` of `field`), and until it does the field is left out. Contact,
identity and confidential parts are in no sample at all, whatever a declaration says.

A name is left out and not replaced: a pseudonym made from it would say who is called alike, and how often.
The pseudonym of the record itself stands for the person.
"""

from enum import Enum
from typing import Final

from schemas.privacy import Privacy
from schemas.values import (
    Code,
    Composite,
    Day,
    Integer,
    Items,
    Kind,
    Mapped,
    Moment,
    Number,
    Reference,
    Text,
    YesNo,
)


class Treatment(Enum):
    """How a value is shown in a sample."""

    KEPT = "kept"  # as it is: codes, yes and no, months
    PSEUDONYM = "pseudonym"  # an id, by the key of the sample
    MONTH = "month"  # a day, by its month
    FIVE_YEARS = "five_years"  # a day of birth, by five years
    BAND = "band"  # a number, by the step of 1, 2, 5, 10, 20, 50 … that it lies on
    PARTS = "parts"  # a list of lines: of each line the codes, days and numbers, without its words
    WITHHELD = "withheld"  # words, until a supervisor has read and released them
    DROPPED = "dropped"  # not at all


KEPT, PSEUDONYM, MONTH, FIVE_YEARS = (
    Treatment.KEPT,
    Treatment.PSEUDONYM,
    Treatment.MONTH,
    Treatment.FIVE_YEARS,
)
BAND, PARTS, WITHHELD, DROPPED = Treatment.BAND, Treatment.PARTS, Treatment.WITHHELD, Treatment.DROPPED

NEVER: Final = frozenset({Privacy.CONTACT, Privacy.IDENTITY, Privacy.CONFIDENTIAL})
"""The classes that no sample holds."""


def by_declaration(privacy: Privacy, kind: Kind) -> Treatment | None:
    """What class and type decide; None where somebody has to.

    Of basic facts only codes and references are decided: who is known by the others (a name, an address, a
    day) is a question of what they are, which no type says.
    """
    if privacy in NEVER or isinstance(kind, Mapped):
        return DROPPED
    plain = kind.item if isinstance(kind, Items) and kind.distinct else kind
    match plain:
        case Code() | YesNo():
            return KEPT
        case Reference(target=str()):
            return PSEUDONYM if privacy is not Privacy.BASIC else None
    if privacy is Privacy.BASIC or plain is not kind:
        return None
    match kind:
        case Day() | Moment():
            return MONTH
        case Integer(minimum=low) if low >= 0:
            return BAND
        case Text(form=None):
            return WITHHELD
    return None


def fits(treatment: Treatment, kind: Kind) -> bool:
    """Whether a value of this kind can be treated so."""
    plain = kind.item if isinstance(kind, Items) and kind.distinct else kind
    match treatment:
        case Treatment.KEPT:
            return isinstance(plain, Code | YesNo) or (isinstance(kind, Text) and kind.form is not None)
        case Treatment.PSEUDONYM:
            return isinstance(plain, Reference)
        case Treatment.MONTH:
            return isinstance(kind, Day | Moment)
        case Treatment.FIVE_YEARS:
            return isinstance(kind, Day)
        case Treatment.BAND:
            return isinstance(kind, Integer) and kind.minimum >= 0
        case Treatment.PARTS:
            return isinstance(kind, Items) and isinstance(kind.item, Composite)
        case Treatment.WITHHELD:
            return isinstance(kind, Text)
        case Treatment.DROPPED:
            return True


def of_part(kind: Kind) -> Treatment:
    """What becomes of one part of a line: its words never show."""
    decided = by_declaration(Privacy.CASE, kind)
    return DROPPED if decided is None or decided is WITHHELD or isinstance(kind, Number) else decided
