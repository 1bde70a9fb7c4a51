"""What is installed is named exactly, by its hash, and not by the address that it was once fetched from."""

import re
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parent.parent
NPM = ROOT / "tests/clients/package-lock.json"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_python_package_has_its_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    named = re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE)
    hashed = re.findall(r"^[\w.\[\]-]+==\S+.*\\\n +--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(named) > 10
    assert len(hashed) == len(named)
    assert "://" not in text


def test_every_npm_package_has_its_hash_and_no_address() -> None:
    packages = msgspec.json.decode(NPM.read_bytes())["packages"]
    del packages[""]
    assert len(packages) > 10
    assert [
        name for name, each in packages.items() if not each.get("integrity", "").startswith("sha512-")
    ] == []
    assert [name for name, each in packages.items() if "resolved" in each] == []


def test_the_libraries_of_apps_are_of_exact_versions() -> None:
    wanted = msgspec.json.decode((ROOT / "tests/clients/package.json").read_bytes())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted
