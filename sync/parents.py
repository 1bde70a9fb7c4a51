"""What a record belongs to, by its declaration: on the server and on a device the same."""

from functools import cache

from schemas.declare import Declaration, Field
from sync.wire import Change


@cache
def parent_fields(declared: Declaration) -> tuple[Field, ...]:
    """The fields that name what a record belongs to; it moves along with the first."""
    return tuple(field for field in declared.fields.values() if field.parent)


def parents_named(change: Change, declared: Declaration) -> list[Field]:
    """The fields in which the change names a record that must be there before it can be applied."""
    return [field for field in parent_fields(declared) if change.set.get(field.name) is not None]
