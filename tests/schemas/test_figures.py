"""Figures are dated, sourced, and never guessed; a file that cannot be used is named with its row."""

import re
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import catalogue_json
from schemas.codes import Unit
from schemas.collections import COLLECTIONS
from schemas.deadlines import DECISION_DAYS, PROCEDURE_DAYS
from schemas.elder_visit import ELDER_VISITS
from schemas.figure_tables import TABLES
from schemas.figures import FigureTable, Standing, WrongFigures
from schemas.figures.office import OfficeFigures, install, installed, of_office
from schemas.figures.own import office_figures
from schemas.needs import Risk
from schemas.visit import VISIT_INTERVALS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "schemas/figures"
DAY = date(2023, 3, 1)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def row(**fields: object) -> bytes:
    """One row of a file, as somebody would type it."""
    lines = [
        f"{name} = {value.isoformat() if isinstance(value, date) else msgspec.json.encode(value).decode()}"
        for name, value in fields.items()
    ]
    return "\n".join(["[[figure]]", *lines, ""]).encode()


def refusal(text: bytes, table: FigureTable = VISIT_INTERVALS, *, by_office: bool = False) -> str:
    """How a file of that text is refused."""
    with pytest.raises(WrongFigures) as refused:
        table.read(text, "its_name.toml", by_office=by_office)
    assert refused.value.file == "its_name.toml" and "its_name.toml" in str(refused.value)
    return str(refused.value)


def set_by_office(name: str, *rows: bytes) -> OfficeFigures:
    return office_figures({f"{name}.toml": b"\n".join(rows)}, TABLES)


@pytest.fixture(autouse=True)
def nothing_of_an_office() -> None:
    assert of_office().figures == {} and of_office().holidays == ()


def test_the_graver_the_risk_the_sooner_the_next_visit() -> None:
    assert [VISIT_INTERVALS.value_of(risk.code, DAY) for risk in Risk] == [90, 30, 7, 1]


def test_what_the_office_decides_has_no_figure_and_is_listed_as_missing() -> None:
    assert DECISION_DAYS.value_of("minimum_living", DAY) == 30
    assert DECISION_DAYS.value_of("medical", DAY) is None
    assert "medical" in DECISION_DAYS.missing(DAY)
    assert "minimum_living" not in DECISION_DAYS.missing(DAY)
    assert ELDER_VISITS.missing(DAY) == []


def test_a_figure_counts_from_its_day_on() -> None:
    key = "volunteer_record_after_activity"
    assert PROCEDURE_DAYS.value_of(key, date(2021, 1, 31)) is None
    assert PROCEDURE_DAYS.value_of(key, date(2021, 2, 1)) == 10
    assert key not in PROCEDURE_DAYS.missing(date(2021, 1, 31))


def test_there_is_no_figure_for_a_case_that_nobody_spoke_of() -> None:
    assert VISIT_INTERVALS.value_of("none", DAY) is None


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_figure_of_ours_stands_on_something(table: FigureTable) -> None:
    for figure in table.shipped:
        assert figure.standing is not Standing.DECIDED
        assert (figure.value is None) == (figure.standing is Standing.OFFICE)
        assert figure.source or figure.standing in (Standing.DEFAULT, Standing.OFFICE)


def test_every_file_of_figures_is_a_table_and_every_table_has_its_file() -> None:
    assert {path.stem for path in PACKAGE.glob("*.toml")} == {*TABLES, "holidays"}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_and_its_keys_are_named_in_both_languages(table: FigureTable) -> None:
    assert re.search(r"[\u4e00-\u9fff]", table.zh) and re.search(r"[a-z]{3}", table.en)
    if table.codes is None and table.keys is None:
        named = {figure.key for figure in table.shipped if figure.zh and figure.en}
        assert {figure.key for figure in table.shipped} - named - COLLECTIONS.keys() == set()


def test_what_is_installed_has_the_files(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    [wheel] = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {f"schemas/figures/{path.name}" for path in PACKAGE.glob("*.toml")} <= packed


# What a file can have wrong: said in Chinese first, with the row.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (row(key="low", value=1, standing="law"), "source"),
        (row(key="low", value=1, standing="to_confirm"), "source"),
        (row(key="low", value=1, standing="office"), "what the office decides has no value"),
        (row(key="low", standing="default"), "everything else has one"),
        (row(key="lowest", value=1, standing="default"), "no such key as lowest: low, medium"),
        (row(key="low", value=1, standing="guess"), "standing of low: one of law"),
        (row(key="low", value=1, standing="decided", source="x"), "standing of low"),
        (row(key="low", value=1), "standing of low"),
        (row(value=1, standing="default"), "needs key"),
        (row(key="low", value=-1, standing="default"), "out of range"),
        (row(key="low", value=2**53 + 1, standing="default"), "out of range"),
        (row(key="low", value="90", standing="default"), "value must be a whole number"),
        (row(key="low", value=True, standing="default"), "value must be a whole number"),
        (row(key="low", value=1.5, standing="default"), "value must be a whole number"),
        (row(key="low", value=1, standing="default", since="2023-01-01"), "since must be a day"),
        (row(key="low", value=1, standing="default", from_=DAY), "no such field as from_"),
        (row(key="", value=1, standing="default"), "key must not be empty"),
        (row(key="low", value=1, standing="default", zh="低"), "named by its code"),
    ],
)
def test_a_row_that_says_too_little_or_nonsense_is_refused_by_its_number(text: bytes, said: str) -> None:
    refused = refusal(row(key="medium", value=1, standing="default") + text)
    assert said in refused
    assert "第 2 条" in refused and "row 2" in refused


def test_two_rows_for_one_key_and_day_are_refused() -> None:
    once = row(key="low", value=1, standing="default", since=DAY)
    assert "two rows for low" in refusal(once + once)


def test_rows_of_one_key_and_other_days_stand_beside_each_other() -> None:
    rows = [row(key="low", value=1, standing="default", since=DAY + timedelta(count)) for count in (0, 1)]
    assert len(VISIT_INTERVALS.read(b"".join(rows), "its_name.toml")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"[[figure]]\nkey = ", "TOML"),
        (b"key = 1\n[[figure]]\n", "[[figure]]"),
        (b"[[figures]]\n", "[[figure]]"),
        (b"figure = 1\n", "[[figure]]"),
        (b"", "no [[figure]]"),
    ],
)
def test_a_file_that_is_no_list_of_rows_is_refused(text: bytes, said: str) -> None:
    assert said in refusal(text)


def test_a_table_without_its_file_is_a_mistake_in_the_program() -> None:
    with pytest.raises(FileNotFoundError):
        FigureTable("no_such_table", "无", "None", Unit.DAY)


# What an office sets counts before what we ship.


def test_an_office_fills_in_what_was_missing() -> None:
    own = set_by_office("decision_days", row(key="medical", value=20, source="兰医保发〔2026〕1号"))
    with installed(own):
        assert DECISION_DAYS.value_of("medical", DAY) == 20
        assert "medical" not in DECISION_DAYS.missing(DAY)
        figure = DECISION_DAYS.figure_of("medical", DAY)
        assert figure is not None and figure.standing is Standing.DECIDED
    assert DECISION_DAYS.value_of("medical", DAY) is None


def test_an_office_may_change_a_figure_from_a_day_on() -> None:
    with installed(set_by_office("visit_intervals", row(key="low", value=60, source="通知", since=DAY))):
        assert VISIT_INTERVALS.value_of("low", DAY - timedelta(1)) == 90
        assert VISIT_INTERVALS.value_of("low", DAY) == 60
        assert VISIT_INTERVALS.value_of("medium", DAY) == 30


def test_the_offices_word_stands_where_ours_is_of_a_later_day() -> None:
    key = "volunteer_record_after_activity"
    with installed(set_by_office("procedure_days", row(key=key, value=5, source="通知"))):
        assert PROCEDURE_DAYS.value_of(key, date(2030, 1, 1)) == 5


def test_an_office_may_say_that_it_has_not_decided_after_all() -> None:
    with installed(set_by_office("visit_intervals", row(key="low", standing="office"))):
        assert VISIT_INTERVALS.value_of("low", DAY) is None
        assert VISIT_INTERVALS.missing(DAY) == ["low"]


@given(st.lists(st.tuples(days, st.integers(0, 400)), max_size=5, unique_by=lambda each: each[0]), days)
def test_on_every_day_the_newest_of_the_offices_rows_counts_and_before_the_first_ours(
    rows: list[tuple[date, int]], on: date
) -> None:
    texts = [row(key="low", value=value, source="通知", since=since) for since, value in rows]
    own = set_by_office("visit_intervals", *texts) if rows else OfficeFigures()
    begun = [(since, value) for since, value in rows if since <= on]
    with installed(own):
        assert VISIT_INTERVALS.value_of("low", on) == (max(begun)[1] if begun else 90)


def test_an_office_must_name_what_it_rests_on() -> None:
    assert "source" in refusal(row(key="low", value=1), by_office=True)


def test_an_office_has_no_defaults_of_ours() -> None:
    assert "standing" in refusal(row(key="low", value=1, standing="default"), by_office=True)


def test_an_office_may_only_speak_of_cases_that_rules_ask_for() -> None:
    text = row(key="unmet", value=1, source="通知")
    assert "least_a_month, unmet_before_committee_is_told" in refusal(text, ELDER_VISITS, by_office=True)


def test_a_key_keeps_its_name_whoever_speaks_of_it() -> None:
    with installed(set_by_office("elder_visits", row(key="least_a_month", value=2, source="通知"))):
        assert ELDER_VISITS.zh_of("least_a_month") == "每月至少探访"


def test_where_keys_are_open_an_office_may_add_its_own() -> None:
    table = FigureTable("elder_visits", "表", "Table", Unit.TIME, keys=re.compile("[a-z_]+|620[0-9]{3}"))
    (figure,) = table.read(row(key="620121", value=1, source="通知"), "its_name.toml", by_office=True)
    assert figure.key == "620121"
    assert "no such key" in refusal(row(key="62012", value=1, source="通知"), table, by_office=True)


def test_a_file_called_after_no_table_is_refused_with_the_name_it_may_mean() -> None:
    with pytest.raises(WrongFigures, match=r"decision_day\.toml.*do you mean decision_days\.toml"):
        office_figures({"decision_day.toml": b""}, TABLES)


def test_what_an_office_sets_changes_the_catalogue_and_its_etag() -> None:
    before = catalogue_json()
    with installed(set_by_office("visit_intervals", row(key="low", value=61, source="通知"))):
        document, etag = catalogue_json()
        assert etag != before[1]
        figures = msgspec.json.decode(document)["rules"]["figures"]["visit_intervals"]["figures"]
    assert [each["value"] for each in figures if each["key"] == "low"] == [61]
    assert catalogue_json() == before


def test_what_is_installed_stays_until_something_else_is() -> None:
    own = set_by_office("visit_intervals", row(key="low", value=61, source="通知"))
    try:
        install(own)
        assert of_office() is own
    finally:
        install(OfficeFigures())
