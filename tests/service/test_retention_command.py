"""`liandong retention` says what is due, and erases it only where that is asked for."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.commands.retention import command
from tests.service import family as families
from tests.service.family import HIS, REASON, Family
from tests.world import World


@pytest.fixture
async def family(world: World) -> Family:
    return await families.made(world)


async def run(url: str, folder: Path, *arguments: str) -> Result:
    settings = {"DATABASE_URL": url, "LIANDONG_DATA": str(folder)}
    return await asyncio.to_thread(CliRunner(env=settings).invoke, command, arguments)


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
async def test_by_default_it_only_tells_what_is_due(
    family: Family, database_url: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    await family.decided(family.he)
    said = await run(database_url, tmp_path, *arguments)
    assert said.exit_code == 0, said.output
    assert "erasures decided on: 1" in said.output and "--do" in said.output
    assert HIS["findings"] in await family.everything_stored()


async def test_asked_to_it_erases_and_phones_that_wait_are_woken(
    family: Family, database_url: str, tmp_path: Path
) -> None:
    await family.decided(family.he)
    lead = await family.shelf("lead")
    with family.world.app.state.pokes.waiting() as waiter:
        said = await run(database_url, tmp_path, "--do")
        assert said.exit_code == 0, said.output
        moved = await waiter.wait(10)
    assert {place.area for place in moved or ()} == {family.area}
    assert HIS["findings"] not in await family.everything_stored()
    waited = await lead.phone.get("/api/v1/sync/wait", params={"cursor": lead.cursor, "seconds": 0})
    assert waited.json()["areas"] == [str(family.area)]


async def test_it_names_holds_and_collections_without_a_term(
    family: Family, database_url: str, tmp_path: Path
) -> None:
    await family.decided(family.he)
    hold = (await family.ask("supervisor", "POST", f"people/{family.he}/holds", {"reason": REASON})).json()
    said = await run(database_url, tmp_path, "--do")
    assert f"保全 {hold['id']}" in said.output
    assert "志愿者 volunteer: 期限待主管部门确定" in said.output
    assert HIS["findings"] in await family.everything_stored()


async def test_a_login_that_owns_nothing_is_told_to_leave_it_to_the_owner(
    member_url: str, tmp_path: Path
) -> None:
    said = await run(member_url, tmp_path, "--do")
    assert said.exit_code == 1
    assert "as the tables' owner" in said.output
