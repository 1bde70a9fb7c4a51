"""Two records that may be of one person (疑似重复), and what a person decided about it.

Somebody notices it, a worker on their phone or who looks through what `GET /areas/{area}/alike` finds; a
supervisor decides. Both are ordinary changes, so that a decision reaches phones, is told in the history and
is taken back like any other. What speaks for it is not kept here: whoever reads the two records can work it
out (likeness.py) from what they may read, and nobody is told of a number that they may not.

A family that was written down twice is found by its people. Its two households stay two files, each with its
readers; who is to live on in one of them is given it by an ordinary change of their `household`.
"""

from typing import Annotated

from schemas.annotations import Ref
from schemas.codes import CodeTable
from schemas.declare import FIXED, LATEST, REVIEW, SUPERVISOR, Record, field
from schemas.masks import NOTHING
from schemas.person import Person
from schemas.privacy import Privacy
from schemas.treatment import DROPPED

OPEN, BASIC, CASE = Privacy.OPEN, Privacy.BASIC, Privacy.CASE


class Verdict(CodeTable, zh="重复认定", en="Verdict on a possible duplicate"):
    """Whether two records are of one person, and if so which of them is gone on with."""

    PERSON_STAYS = "person_stays", "同一人，沿用本记录", "One person: this record goes on"
    OTHER_STAYS = "other_stays", "同一人，沿用另一记录", "One person: the other record goes on"
    APART = "apart", "不是同一人", "Two people"


class Duplicate(Record, collection="duplicate", zh="疑似重复", en="Possible duplicate"):
    """Somebody may stand in the files twice. Without a verdict nobody has decided yet, or not any longer."""

    person: Annotated[Ref[Person], field("本记录", "This record", privacy=OPEN, merge=FIXED, parent=True)]
    other: Annotated[
        Ref[Person],
        field("另一记录", "The other record", privacy=BASIC, merge=FIXED, mask=NOTHING, sample=DROPPED),
    ]
    verdict: Annotated[
        Verdict | None,
        field("认定", "Verdict", privacy=BASIC, merge=REVIEW, by=SUPERVISOR, mask=NOTHING),
    ] = None
    note: Annotated[str | None, field("说明", "Note", privacy=CASE, merge=LATEST, max_length=1000)] = None
