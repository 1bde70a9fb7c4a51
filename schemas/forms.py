"""Written forms of numbers and codes that several record types use."""

from typing import Final

from schemas import resident_id
from schemas.values import Form

RESIDENT_ID: Final = Form(
    "resident_id",
    resident_id.PATTERN,
    "身份证号有误：应为 18 位，请核对每一位（末位 X 用大写）",
    "Not a resident ID number: 18 digits, the last may be a capital X; check each digit",
    resident_id.is_resident_id,
)
PHONE: Final = Form(
    "phone",
    "1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}",
    "电话号码有误：手机号为 11 位，座机请加区号，如 0931-1234567",
    "Not a phone number: 11 digits for a mobile, a landline with its area code, as 0931-1234567",
)
# District 6, street 3, community 3 digits, as the statistical code of communities has it.
COMMUNITY_CODE: Final = Form(
    "community_code",
    "[1-9][0-9]{11}",
    "社区代码应为 12 位数字",
    "A community's code has 12 digits",
)
MONTH: Final = Form(
    "month",
    "[0-9]{4}-(?:0[1-9]|1[0-2])",
    "月份应写作 2026-11",
    "A month is written as 2026-11",
)
