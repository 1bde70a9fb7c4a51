"""What is left of a record once the person it is about has been erased (删除、匿名化).

As the law asks at the end of the term, or earlier on demand (个人信息保护法, article 47). Something stays of
the open part alone, for that is what statistics count: kinds, states and other codes, numbers, yes and no,
and ids, which name nobody once the records they lead to are empty. Days lose their day and name the first of
their month; whatever somebody phrased goes. Of every other class nothing stays, nor of fields that this
server does not know. It follows from what a field is, so a new field is decided as it is declared.
"""

from collections.abc import Mapping
from typing import Any

from schemas.declare import Declaration
from schemas.privacy import Privacy
from schemas.values import Code, Day, Integer, Items, Kind, Number, Reference, Text, YesNo


def remainder(declared: Declaration, values: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of the open part `values`; null in place of what goes, so that devices let go of it too."""
    return {name: _left_of(declared, name, value) for name, value in values.items()}


def _left_of(declared: Declaration, name: str, value: Any) -> Any:
    field = declared.fields.get(name)
    if value is None or field is None or field.privacy is not Privacy.OPEN:
        return None
    if isinstance(field.kind, Day):
        return f"{value[:7]}-01"
    return value if _counts(field.kind) else None


def _counts(kind: Kind) -> bool:
    """Whether values of this kind say what was done, and not what was said."""
    match kind:
        case Code() | Integer() | Number() | YesNo():
            return True
        case Reference():
            # A bare id may be that of a photo.
            return kind.target is not None
        case Text():
            # In a written form it is a code: of a community, say.
            return kind.form is not None
        case Items():
            return _counts(kind.item)
    return False
