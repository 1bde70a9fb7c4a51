"""Progress on the terminal for whatever takes over a second, and quiet lines where there is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

CONSOLE = Console(stderr=True, highlight=False)


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar that is called with the number of steps just done; a spinner when `total` is not known.

    with progress("载入住户 households", total=2000) as done:
        for household in households: ...; done(1)
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = columns if total is not None else columns[:2]
    if not CONSOLE.is_terminal:
        CONSOLE.print(f"{what} …")
    with Progress(*shown, TimeElapsedColumn(), console=CONSOLE, disable=not CONSOLE.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.advance(task, steps)
