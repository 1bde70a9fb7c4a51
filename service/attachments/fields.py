"""The fields that files stand in: sets of ids that are no record's."""

from schemas.collections import COLLECTIONS
from schemas.declare import Field
from schemas.values import Items, Reference


def field_of_files(collection: str, name: str) -> Field | None:
    """The field `name` of `collection`; None where there is none that files stand in."""
    declared = COLLECTIONS.get(collection)
    field = None if declared is None or declared.made_by_server else declared.fields.get(name)
    if field is None or not isinstance(field.kind, Items):
        return None
    is_of_files = isinstance(field.kind.item, Reference) and field.kind.item.target is None
    return field if is_of_files else None
