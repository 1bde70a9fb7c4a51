"""The rules of social assistance as the catalogue has them, for phones that work them out themselves."""

from typing import Any, Final

from schemas.aid.assessment import DIMENSIONS, NEED_FLOORS, NEED_GRADES
from schemas.aid.assistance import DEPARTMENTS, LowIncome
from schemas.aid.conditions import WAYS
from schemas.aid.documents import DOCUMENTS
from schemas.aid.facts import FACTS
from schemas.aid.matching import GIVEN_UP, NEEDS_SERVED
from schemas.aid.terms import CAUTIOUS, TERMS
from schemas.codes import CodeTable

CODES: Final[tuple[type[CodeTable], ...]] = (LowIncome,)
"""Code tables that rules speak of, and no field."""


def said() -> dict[str, Any]:
    """By name:

    - `departments`: who decides on a kind of assistance.
    - `facts`: what entitlement goes by. `asked`: a field of the screening; `ground`: how the file tells it,
      where it does; `of_member`: of one who applies alone. Where answer and file differ it is not told.
    - `entitlement`: of each kind the ways to it. It may apply where of one way all `facts` are so and none of
      `unless`, does not where each way has one that is not as it should be, and is not told otherwise.
    - `documents`: the papers to bring, as is usual.
    - `need_assessment`: the dimensions summed up, and the tables that grade the sum.
    - `time_limits`: which run in which state, from which day, by which figure (schemas/aid/terms.py).
    - `matching`: which needs a kind of resource serves, and the states of a link that hold nothing of it.
    """
    return {
        "departments": {kind.code: department.code for kind, department in DEPARTMENTS.items()},
        "facts": {
            name: {
                "zh": fact.zh,
                "en": fact.en,
                "asked": fact.asked,
                "of_member": fact.of_member,
                "ground": None if fact.ground is None else fact.ground.said(),
            }
            for name, fact in FACTS.items()
        },
        "entitlement": [
            {
                "what": way.what.code,
                "facts": list(way.facts),
                "unless": list(way.unless),
                "source": way.source,
            }
            for way in WAYS
        ],
        "documents": {what: [each.code for each in papers] for what, papers in DOCUMENTS.items()},
        "need_assessment": {
            "dimensions": list(DIMENSIONS),
            "grades": NEED_GRADES.name,
            "floors": NEED_FLOORS.name,
        },
        "time_limits": {"terms": [term.said() for term in TERMS], "cautious": CAUTIOUS},
        "matching": {
            "serves": {kind: [need.code for need in needs] for kind, needs in NEEDS_SERVED.items()},
            "given_up": sorted(GIVEN_UP),
        },
    }
