"""Files in storage that speaks S3: by one setting, and in no other way than in a folder."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from service.settings import WrongSetting, read_settings
from tests.bucket import Bucket, bucket_at
from tests.sending import PDF, begun, had, offset_at, patched, pdf, photo
from tests.service import office as offices
from tests.service.office import Office
from tests.service.test_attachments_kept import erased_of, swept
from tests.world import running, settings_for


class Stage(NamedTuple):
    """An office whose files lie in a bucket."""

    office: Office
    bucket: Bucket


@pytest.fixture
async def stage(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with bucket_at(monkeypatch) as bucket:
        settings = settings_for(database_url, tmp_path, attachments="s3://social-work/files")
        async with running(settings) as world:
            yield Stage(await offices.made(world), bucket)


async def test_a_file_lies_in_the_bucket_sealed_and_is_had_whole_and_in_part(stage: Stage) -> None:
    content = pdf(300_000)
    id = await stage.office.keep(content)
    (path,) = stage.bucket.objects
    assert path.startswith("/social-work/files/sealed/")
    assert PDF[:30] not in stage.bucket.objects[path]
    assert (await had(stage.office.phone, stage.office.referral, id)).content == content
    headers = {"Range": "bytes=65530-65540"}
    answer = await had(stage.office.phone, stage.office.referral, id, headers=headers)
    assert (answer.status_code, answer.content) == (206, content[65_530:65_541])


async def test_a_photo_and_the_small_one_of_it_lie_there(stage: Stage) -> None:
    id = await stage.office.keep(photo())
    assert len(stage.bucket.objects) == 2
    for params in ({}, {"small": "true"}):
        answer = await had(stage.office.phone, stage.office.referral, id, params=params)
        assert answer.status_code == 200


async def test_a_large_file_is_laid_there_in_parts(stage: Stage) -> None:
    content = pdf(12_000_000)
    id = await stage.office.keep(content)
    assert len([asked for asked in stage.bucket.asked if asked.startswith("PUT")]) > 1
    assert (await had(stage.office.phone, stage.office.referral, id)).content == content


async def test_while_the_bucket_is_away_a_file_waits_and_none_is_had(stage: Stage) -> None:
    office, said = stage.office, stage.office.about()
    id = await office.keep(PDF)
    stage.bucket.is_away = True
    where = (await begun(office.phone, len(PDF), **said)).headers["location"]
    assert (await patched(office.phone, where, 0, PDF)).status_code == 503
    answer = await had(office.phone, office.referral, id)
    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
    stage.bucket.is_away = False
    assert await offset_at(office.phone, where) == len(PDF)
    await office.name(said["id"])
    assert (await had(office.phone, office.referral, said["id"])).content == PDF


async def test_what_nothing_names_any_more_is_removed_from_there(stage: Stage) -> None:
    await stage.office.keep(photo())
    await erased_of(stage.office.world, stage.office.area, stage.office.referral)
    await swept(stage.office.world)
    assert stage.bucket.objects == {}


@pytest.mark.parametrize("place", ["s3://", "s3://key:secret@bucket/x", "s3://bucket/x?y", "http://bucket/x"])
def test_a_place_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(WrongSetting):
        read_settings({"LIANDONG_ATTACHMENTS": place})


def test_a_folder_is_named_from_where_the_server_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({"LIANDONG_ATTACHMENTS": "files"}).attachments == str(tmp_path / "files")
    assert read_settings({"LIANDONG_ATTACHMENTS": "s3://bucket/a/"}).attachments == "s3://bucket/a"
