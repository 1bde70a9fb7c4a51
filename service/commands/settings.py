"""`liandong settings`."""

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.settings import Settings, allowed_values, declared_settings, read_settings, shown_value


@click.command()
def command() -> None:
    """Every setting: its value now, its meaning, what it may be and its default. Secrets are masked."""
    settings, defaults = read_settings(), Settings()
    table = Table(show_lines=True)
    table.add_column("设置 setting\n= 当前 now", no_wrap=True, overflow="fold")
    table.add_column("含义 meaning", overflow="fold")
    table.add_column("允许 allowed\n默认 default", overflow="fold")
    for name, setting, kind in declared_settings():
        value, default = shown_value(settings, name, setting), shown_value(defaults, name, setting)
        table.add_row(
            Text.assemble(setting.variable, "\n= ", (value, "" if value == default else "bold")),
            f"{setting.zh}\n{setting.en}",
            f"{allowed_values(setting, kind)}\n默认 {default}",
        )
    Console(highlight=False, markup=False).print(table)
