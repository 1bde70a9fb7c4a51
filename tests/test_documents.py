"""What the documents name exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_test_that_the_protocol_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "sync/README.md").read_text()))
    defined: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        defined.update(re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE))
    assert len(named) > 30
    assert named <= defined, sorted(named - defined)


def test_every_file_that_the_readme_sends_a_reader_to_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    paths = re.findall(r"`((?:schemas|sync|service|migrations|tests)/[\w/.]+)`", readme)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
