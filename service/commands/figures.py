"""`liandong figures`."""

from datetime import UTC, date, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.civil import civil_date
from schemas.collections import COLLECTIONS
from schemas.figure_tables import TABLES
from schemas.figures import Calendar, Figure, FigureTable, Standing, calendar
from service.figures import take_up_figures
from service.settings import read_settings

_COLOURS = {Standing.OFFICE: "red", Standing.DECIDED: "bold", Standing.TO_CONFIRM: "yellow"}


@click.command()
def command() -> None:
    """Every table of figures: values, what they rest on and since when, and what the office has to decide.

    A file in the folder LIANDONG_FIGURES is called after the table that it changes.
    """
    take_up_figures(read_settings())
    console = Console(highlight=False, markup=False)
    today = civil_date(datetime.now(UTC))
    for table in TABLES.values():
        console.print(_shown(table, today))
    console.print(_shown_years(calendar()))


def label_of(table: FigureTable, key: str) -> str:
    """What a key stands for, in Chinese; the key itself where it says enough, as a district's code does."""
    return table.zh_of(key) or (COLLECTIONS[key].zh if key in COLLECTIONS else key)


def value_of(table: FigureTable, figure: Figure) -> str:
    """A value as a person reads it."""
    return "待定 to decide" if figure.value is None else f"{figure.value} {table.unit.zh}"


def _shown(table: FigureTable, today: date) -> Table:
    shown = Table(
        title=f"{table.zh} {table.en}\n{table.name}.toml, {table.unit.en}",
        title_justify="left",
        expand=True,
    )
    for heading, share in (("事项 for", 3), ("数值 value", 1), ("依据 rests on", 3), ("生效 since", 1)):
        shown.add_column(heading, ratio=share, overflow="fold")
    in_force = table.in_force(today)
    for figure in table.figures:
        colour = _COLOURS.get(figure.standing, "") if in_force.get(figure.key) is figure else "dim"
        label = label_of(table, figure.key)
        shown.add_row(
            Text(figure.key if label == figure.key else f"{label}\n{figure.key}", colour),
            Text(value_of(table, figure), colour),
            Text("\n".join(filter(None, (figure.standing.zh, figure.source, figure.confirmed))), colour),
            Text(figure.since.isoformat() if figure.since else "—", colour),
        )
    return shown


def _shown_years(known: Calendar) -> Table:
    shown = Table(title="节假日安排 holidays\nholidays.toml", title_justify="left", expand=True)
    for heading, share in (("年 year", 1), ("放假 free", 3), ("上班 worked", 2), ("依据 rests on", 3)):
        shown.add_column(heading, ratio=share, overflow="fold")
    for year in sorted(known.years):
        of_year = [holiday for holiday in known.holidays if holiday.year == year]
        shown.add_row(
            str(year),
            "\n".join(
                f"{'、'.join(each.zh for each in holiday.festivals)} {holiday.first} – {holiday.last:%m-%d}"
                for holiday in of_year
            ),
            " ".join(f"{day:%m-%d}" for holiday in of_year for day in sorted(holiday.worked)),
            "\n".join(dict.fromkeys(holiday.source for holiday in of_year)),
        )
    return shown
