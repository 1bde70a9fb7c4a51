"""The minimum living lines of the demo, by which its families are made poor or not: demonstration values.

A file of the shape that an office sets its own figures by. A demo that is to reckon with them is started with
`service/demo/figures` as the folder of the office's figures.
"""

from importlib.resources import files
from typing import Final

from schemas.aid.standards import MINIMUM_LINES
from schemas.figure_tables import TABLES
from schemas.figures.own import office_figures

_FILE: Final = "minimum_lines.toml"
FIGURES: Final = office_figures({_FILE: files(__package__).joinpath("figures", _FILE).read_bytes()}, TABLES)
_BY_KEY: Final = {figure.key: figure.value or 0 for figure in FIGURES.figures[MINIMUM_LINES.name]}
# Yuan a head and month, in town and country. In the demo all districts have the same.
LINES: Final = (_BY_KEY["620102_urban"] // 100, _BY_KEY["620102_rural"] // 100)
