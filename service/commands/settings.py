"""`liandong settings`."""

import click
from rich.console import Console
from rich.table import Table

from service.settings import Settings, allowed_values, declared_settings, read_settings, shown_value


@click.command()
def command() -> None:
    """Every setting: its meaning, what it may be, its default and its value now. Secrets are masked."""
    settings, defaults = read_settings(), Settings()
    table = Table("设置 setting", "含义 meaning", "允许 allowed", "默认 default", "当前 now", show_lines=True)
    for name, setting, kind in declared_settings():
        value, default = shown_value(settings, name, setting), shown_value(defaults, name, setting)
        table.add_row(
            setting.variable,
            f"{setting.zh}\n{setting.en}",
            allowed_values(setting, kind),
            default,
            value if value == default else f"[bold]{value}[/]",
        )
    Console(highlight=False).print(table)
