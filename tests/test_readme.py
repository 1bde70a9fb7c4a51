"""The README's first exchange works as pasted."""

import re
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from service.database import connect
from service.embedded import EmbeddedPostgres
from tests.serving import Installation
from tests.world import PASSWORD, PASSWORD_HASH

README = Path(__file__).parent.parent / "README.md"


def pasted(address: str) -> str:
    """The shell blocks from signing in to the repeated change, for the server at `address`."""
    section = README.read_text().split("## A first exchange")[1].split("## ")[0]
    blocks = [
        block for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) if "bin/liandong" not in block
    ]
    assert len(blocks) == 3
    return "\n".join(blocks).replace("http://127.0.0.1:8000", address).replace("try-liandong", PASSWORD)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's example uses curl")
async def test_the_first_exchange_works_as_pasted(installation: Installation) -> None:
    address = installation.serve().address()
    database = await connect(EmbeddedPostgres(installation.data / "postgres").url("liandong"))
    area, worker = uuid.uuid4(), uuid.uuid4()
    await database.execute(
        "INSERT INTO area (id, level, code, name, ancestors)"
        " VALUES ($1, 'community', '620103001001', '社区', $2)",
        area,
        [area],
    )
    await database.execute(
        "INSERT INTO account (id, name, display_name, password_hash) VALUES ($1, 'worker01', '社工', $2)",
        worker,
        PASSWORD_HASH,
    )
    await database.execute(
        "INSERT INTO area_grant (account, role, area, rev) VALUES ($1, 'social_worker', $2, 1)", worker, area
    )
    await database.close()
    done = subprocess.run(["bash", "-euc", pasted(address)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    first, again = done.stdout.strip().splitlines()[-2:]
    assert "'outcome': 'applied'" in first and "'repeated': False" in first
    assert "'outcome': 'applied'" in again and "'repeated': True" in again
    assert str(area) in done.stdout
