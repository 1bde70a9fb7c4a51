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
      where it does; `of_member`: of one who applies alone. A fact that is not asked, or not told, or neither,
      is what the other says, or not known. Where both speak and differ it is not known; but of a member an
      answer yes goes before, and an answer no does not.
    - `entitlement`: of each kind the ways to it. It may apply where of one way all `facts` are so and none of
      `unless`, does not where each way has one that is not as it should be, and is not told otherwise. A way
      with a fact of a member is looked at for each who lives together: neither dead, nor known not to count
      (`is_counted`); and for nobody in particular where no member is on file.
    - `documents`: the papers to bring, as is usual.
    - `need_assessment`: the dimensions summed up, and the tables that grade the sum: the gravest grade whose
      sum is reached, or whose number of dimensions scored 3.
    - `time_limits`: which run in which state, from which day, by which figure (schemas/aid/terms.py).
    - `matching`: which needs a kind of resource serves, and the states of a link that hold nothing of it.

    Of grounds: `below_line` holds income a head against a line, which is keyed by the first six digits of the
    household's `community` and its `kind`. Income is the sum of the lines of `income_items` by the per cent
    that `counted_income` says of their kind, at least with nothing and at most with all of a kind of which it
    says nothing; it is not known without `income_month`, or where that is older than `means_age`. Members are
    those that `members` says and those on file, the fewer and the more. Below is what is so at the most, not
    below what is not so at the least. `rigid_share_above` goes alike with `expense_items` and
    `rigid_expenses`. `dwells` tells a yes only. `nobody_employed`: of those not known to be unable everybody
    is jobless, and one of them is known to be able.

    Of traits: `disabled` without kind and grade on file is no; with one of the two only it is told where that
    is enough. `perhaps` is not known where the other trait holds.
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
