"""What the table of the plan names exists, and every record type has its place in it."""

import re
from pathlib import Path

from schemas.collections import COLLECTIONS
from schemas.figure_tables import TABLES

FOLDER = Path(__file__).parents[2] / "schemas"
README = (FOLDER / "README.md").read_text()
ROWS = [line.strip("|").split("|") for line in README.splitlines() if line.startswith("| (")]
SAID = README[README.index("## The plan") :]


def test_every_record_type_serves_a_sentence_of_the_plan_or_is_said_to_lie_beside_it() -> None:
    named = set(re.findall(r"`([a-z_]+)`", SAID))
    assert COLLECTIONS.keys() - named == set()


def test_every_record_type_and_table_that_it_names_is_there() -> None:
    named = set(re.findall(r"`([a-z_]+)`", " ".join(cell for row in ROWS for cell in row[2:])))
    assert named - COLLECTIONS.keys() - TABLES.keys() == set()


def test_every_file_that_it_names_is_there() -> None:
    paths = re.findall(r"`((?:\.\./)?[\w/]+(?:\.py|\.toml|/)|\.\./[\w/]+)`", README)
    assert len(paths) > 20
    assert [path for path in paths if not (FOLDER / path).exists()] == []


def test_every_part_of_the_chapter_has_its_rows() -> None:
    parts = [row[0].strip() for row in ROWS]
    assert list(dict.fromkeys(parts)) == [
        *("(一)", "(一)1", "(一)2", "(一)3", "(一)4", "(一)5"),
        *("(二)1", "(二)2", "(二)3", "(三)"),
    ]
    assert all(len(row) == 4 and row[1].strip() for row in ROWS)
