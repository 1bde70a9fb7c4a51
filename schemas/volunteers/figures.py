"""Times of checking in: how long a code is shown, how far clocks differ, how long a phone has no signal."""

from typing import Final

from schemas.codes import Unit
from schemas.figures import FigureTable

CHECK_IN: Final = FigureTable(
    "check_in", "扫码签到的时间参数", "Times and tolerances of checking in by code", Unit.MINUTE
)
CODE_LASTS: Final = "code_lasts"
CLOCK_ERROR: Final = "clock_error"
ARRIVES_WITHIN: Final = "arrives_within"
