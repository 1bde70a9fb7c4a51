"""How long records are kept: no longer than the purpose needs (个人信息保护法, article 19).

How long that is the law leaves to the office. What has no term is kept until there is one.
"""

from typing import Final

from schemas.codes import Unit
from schemas.figures import FigureTable

RETENTION: Final = FigureTable(
    "retention",
    "档案保存期限，自该档案最后一次改动起",
    "How long records are kept after the file was last changed, by collection",
    Unit.MONTH,
)
