"""What the office has set: read from its folder once, by the process that starts.

A server's other processes are given what that one read, also those that replace one which died: what the
office changes meanwhile counts from the next start on, for all of them at once, and a file that was half
written breaks no server that runs.
"""

from pathlib import Path

from schemas.figure_tables import TABLES
from schemas.figures import WrongFigures
from schemas.figures.office import OfficeFigures, install
from schemas.figures.own import SUFFIX, office_figures
from service.settings import Settings


def take_up_figures(settings: Settings) -> OfficeFigures:
    """Let the office's figures count in this process, and have them. Raises WrongFigures."""
    office = read_figures(settings)
    install(office)
    return office


def read_figures(settings: Settings) -> OfficeFigures:
    """What the office has set, without letting it count. Raises WrongFigures."""
    if settings.figures is None:
        return OfficeFigures()
    return office_figures({str(path): _text_of(path) for path in _files_in(settings.figures, SUFFIX)}, TABLES)


def not_read(settings: Settings) -> list[Path]:
    """Files in the folder that nobody reads, since they are called as no table is."""
    if settings.figures is None:
        return []
    read = _files_in(settings.figures, SUFFIX)
    return [path for path in _files_in(settings.figures, "") if path not in read]


def _files_in(folder: Path, suffix: str) -> list[Path]:
    try:
        return sorted(
            path for path in folder.iterdir() if path.name.endswith(suffix) and not path.name.startswith(".")
        )
    except OSError as error:
        raise WrongFigures(
            str(folder),
            f"无法打开文件夹，请检查 LIANDONG_FIGURES：{error.strerror}",
            "cannot open the folder: check LIANDONG_FIGURES",
        ) from error


def _text_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongFigures(
            str(path), f"无法读取，请检查权限：{error.strerror}", "cannot be read: check its permissions"
        ) from error
