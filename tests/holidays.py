"""Notices of public holidays that were made up, for years that none is out for or that a test may bend."""

from typing import Final

FESTIVALS: Final = {
    "new_year": ("01-01", "01-03"),
    "spring_festival": ("02-05", "02-11"),
    "qingming": ("04-03", "04-05"),
    "labour_day": ("05-01", "05-05"),
    "dragon_boat": ("06-09", "06-09"),
    "mid_autumn": ("09-15", "09-15"),
    "national_day": ("10-01", "10-07"),
}


def made_up_notices(*years: int) -> bytes:
    """`holidays.toml` for these years, without a weekend that is worked."""
    return "\n".join(
        f'[[holiday]]\nyear = {year}\nfestivals = ["{festival}"]\n'
        f'first = {year}-{first}\nlast = {year}-{last}\nsource = "通知"'
        for year in years
        for festival, (first, last) in FESTIVALS.items()
    ).encode()
