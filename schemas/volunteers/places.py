"""Who has a place at an activity, and who waits: worked out of all sign-ups, the same on every phone.

Phones without a network sign up more people than there are places, and none of these sign-ups is wrong: all
are kept, and the order decides. It is that of signing up, but whoever was confirmed comes first. So a sign-up
that arrives late moves nobody who was told that they have a place, and where too many were confirmed by
organisers who did not know of each other that is shown, and people decide.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from schemas.codes import CodeTable
from schemas.values import JsonSchema
from schemas.volunteers.minors import MayServe, may_serve
from schemas.volunteers.sign_up import SignUpState

CONFIRMED: Final = SignUpState.CONFIRMED.code
_IN: Final = frozenset({SignUpState.SIGNED_UP.code, CONFIRMED})


class PlaceAs(CodeTable, zh="名额情况", en="What a sign-up comes to"):
    """Where a sign-up stands."""

    PLACE = "place", "有名额", "Has a place"
    WAITING = "waiting", "候补", "On the waiting list"
    OVER = "over", "已确认，但超出招募人数", "Confirmed beyond the number of places"
    NO_CONSENT = "no_consent", "未成年，待监护人同意", "Under age: waits for a guardian's consent"
    TWICE = "twice", "重复报名，以先报的为准", "Signed up before: the earlier one counts"
    OUT = "out", "已退出或未录用", "Withdrawn or declined"


class Placed(msgspec.Struct, frozen=True):
    """Where one sign-up stands. `number`: of the place, or on the waiting list, from 1 on."""

    sign_up: str
    volunteer: str
    as_: PlaceAs = msgspec.field(name="as")
    number: int | None
    zh: str
    en: str


def placed(
    activity: Mapping[str, Any],
    sign_ups: Mapping[str, Mapping[str, Any]],
    volunteers: Mapping[str, Mapping[str, Any]],
) -> list[Placed]:
    """Where each of `sign_ups` of `activity` stands, in order: places, waiting list, and the rest.

    `sign_ups` and `volunteers` by id. A volunteer of whom nothing is known, or no birth date, is taken at
    their word. Without a number of places everybody has one.
    """
    on, places = date.fromisoformat(activity["on"]), activity.get("places")
    taken: set[str] = set()
    held: list[Placed] = []
    waiting: list[Placed] = []
    rest: list[Placed] = []
    for id, sign_up in sorted(sign_ups.items(), key=_order):
        volunteer = sign_up["volunteer"]
        if sign_up["state"] not in _IN:
            rest.append(_placed(id, volunteer, PlaceAs.OUT))
        elif volunteer in taken:
            rest.append(_placed(id, volunteer, PlaceAs.TWICE))
        elif may_serve(volunteers.get(volunteer, {}), on) is MayServe.CONSENT_MISSING:
            taken.add(volunteer)
            rest.append(_placed(id, volunteer, PlaceAs.NO_CONSENT))
        else:
            taken.add(volunteer)
            if places is None or len(held) < places:
                held.append(_placed(id, volunteer, PlaceAs.PLACE, len(held) + 1))
            elif sign_up["state"] == CONFIRMED:
                held.append(_placed(id, volunteer, PlaceAs.OVER, len(held) + 1))
            else:
                waiting.append(_placed(id, volunteer, PlaceAs.WAITING, len(waiting) + 1))
    return [*held, *waiting, *rest]


def _order(item: tuple[str, Mapping[str, Any]]) -> tuple[bool, datetime, str]:
    id, sign_up = item
    return sign_up["state"] != CONFIRMED, datetime.fromisoformat(sign_up["signed_up_at"]), id


def _placed(id: str, volunteer: str, how: PlaceAs, number: int | None = None) -> Placed:
    counted_zh, counted_en = ("", "") if number is None else (f"，第 {number} 位", f", number {number}")
    return Placed(id, volunteer, how, number, how.zh + counted_zh, how.en + counted_en)


def said() -> JsonSchema:
    """The rule for clients: by what order, and whom it counts."""
    return {
        "order": ["confirmed_first", "signed_up_at", "id"],
        "counts": sorted(_IN),
        "places": "places",
        "once": "volunteer",
        "under_age": "guardian_consent_on",
    }
