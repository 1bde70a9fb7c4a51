"""Records of a sample as lines of JSON and as a table: what programs for statistics read.

Pure. A table is of one collection, with a column for each field that its declaration lets into a sample, in
declared order, whether or not any record of the page has it: so pages can be put below each other.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from schemas.collections import COLLECTIONS
from schemas.treatment import Treatment
from service.samples.store import SampleRecord

_encode = msgspec.json.encode

# What a spreadsheet takes for a formula; words that people wrote may begin so (OWASP, CSV injection).
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
_MARK: Final = "\ufeff"  # without it Excel reads Chinese as something else


def lines(records: Iterable[SampleRecord]) -> bytes:
    """One JSON document a line."""
    return b"".join(_encode(record) + b"\n" for record in records)


def table(collection: str, records: Sequence[SampleRecord]) -> bytes:
    """CSV with a head line. `suppressed`, `withheld`: names of fields, parted by spaces."""
    fields = [
        name
        for name, field in COLLECTIONS[collection].fields.items()
        if field.treatment is not Treatment.DROPPED
    ]
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(["no", "id", "area_code", "area_name", "suppressed", "withheld", *fields])
    for record in records:
        values = record.data | record.texts
        writer.writerow(
            [
                record.no,
                record.id,
                *((record.area.code, record.area.name) if record.area else ("", "")),
                " ".join(record.suppressed),
                " ".join(record.withheld),
                *(_cell(values.get(name)) for name in fields),
            ]
        )
    return (_MARK + written.getvalue()).encode()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case {"from": low, "below": high}:
            return f"{low}..{high - 1}"
        case str():
            return "'" + value if value.startswith(_FORMULAS) else value
        case list() if all(isinstance(each, str) for each in value):
            return " ".join(value)
    return _encode(value).decode()
