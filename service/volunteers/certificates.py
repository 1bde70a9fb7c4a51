"""Certificates of service: printed while the records bear them out, verified by anybody who has the number.

Who verifies learns whether such a certificate with these hours stands, and nothing else: not whose it is, not
whether it was revoked, never existed, or says other hours. So the number that somebody shows with their name
tells nothing that they did not say themselves.
"""

from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from schemas.privacy import Privacy
from schemas.problems import CERTIFICATE_NOT_BORNE_OUT, NOT_FOUND, Problem
from schemas.volunteers.certificate import CertificateState
from schemas.volunteers.hours import SOURCE, Counted, minutes_of
from service.auth.throttle import Rate, network_budget, pay
from service.volunteers.number import LONGEST, certificate_of, number_of
from service.volunteers.reading import Read, values_of
from service.volunteers.served import CERTIFICATE, VOLUNTEER, service_of
from sync import store
from sync.confine import confine
from sync.keyring import keyring_of
from sync.statement import Connection

A_VERIFICATION: Final = Rate(30, timedelta(seconds=10))
RESIDENT_ID_CARD: Final = "居民身份证"


class Content(msgspec.Struct, frozen=True):
    """What was done at one activity, and for how long."""

    on: date | None
    title: str | None
    place: str | None
    organiser: str | None
    in_charge: str | None
    minutes: int


class Printed(msgspec.Struct, frozen=True):
    """A certificate, as it is printed, by 志愿服务记录与证明出具办法 (2020).

    `lacking`: what the certificate needs and the record of the volunteer does not tell the caller.
    """

    id: UUID
    number: str
    name: str
    volunteer_number: str | None
    paper: str | None
    paper_number: str | None
    minutes: int
    hours: str
    since: date | None
    until: date
    content: list[Content]
    issuer: str
    issued_on: date
    lacking: list[str]
    source: str


class ToVerify(msgspec.Struct, frozen=True):
    """What stands on a certificate that somebody shows."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]
    minutes: Annotated[int, msgspec.Meta(ge=1, le=6_000_000)]


class Verified(msgspec.Struct, frozen=True):
    """Whether a certificate with this number and these minutes stands."""

    stands: bool


async def printed(read: Read, id: UUID) -> Printed:
    """The certificate `id`. Raises NOT_FOUND where the caller does not read it, and whose it is.

    Raises CERTIFICATE_NOT_BORNE_OUT where it was revoked, or says more than was served.
    """
    certificate = values_of(await read.named([id]), CERTIFICATE).get(str(id))
    if certificate is None:
        raise Problem(NOT_FOUND)
    volunteer = values_of(await read.named([UUID(certificate["volunteer"])]), VOLUNTEER).get(
        certificate["volunteer"], {}
    )
    if "name" not in volunteer:
        raise Problem(NOT_FOUND)
    if certificate["state"] != CertificateState.ISSUED.code:
        raise Problem(CERTIFICATE_NOT_BORNE_OUT, "此证明已撤销", "This certificate was revoked")
    issued_on = date.fromisoformat(certificate["issued_on"])
    until = _day(certificate, "until") or issued_on
    since = _day(certificate, "since")
    service = await service_of(read, certificate["volunteer"])
    lines = [each for each in service.counted if each.minutes and _lies_within(each, since, until)]
    found = minutes_of(lines)
    if found < certificate["minutes"] or issued_on < until:
        raise Problem(
            CERTIFICATE_NOT_BORNE_OUT,
            f"所载 {certificate['minutes']} 分钟，按记录在此期间计 {found} 分钟，服务截止 {until}，"
            f"出具 {issued_on}；请核对签到记录和日期，或撤销后重新出具",
            f"It says {certificate['minutes']} minutes; by the records there are {found}, until {until}, and "
            f"it is dated {issued_on}: check attendances and days, or revoke it and issue another one",
        )
    number = volunteer.get("resident_id")
    return Printed(
        id,
        number_of(keyring_of(read.connection).indexing, id),
        volunteer["name"],
        volunteer.get("number"),
        None if number is None else RESIDENT_ID_CARD,
        number,
        certificate["minutes"],
        in_hours(certificate["minutes"]),
        since,
        until,
        [_content(each, service.activities) for each in lines],
        certificate["issuer"],
        issued_on,
        ["resident_id"] if number is None else [],
        SOURCE,
    )


async def verified(connection: Connection, shown: ToVerify, network: str) -> Verified:
    """Whether what somebody in `network` was shown stands. Raises TOO_MANY_ATTEMPTS. Not in a transaction."""
    await pay(connection, [network_budget("certificate", network, A_VERIFICATION)])
    id = certificate_of(keyring_of(connection).indexing, shown.number)
    if id is None:
        return Verified(False)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        areas = await store.all_areas(connection)
        await confine(connection, areas)
        found = await store.records(connection, [(area, id) for area in areas])
    return Verified(
        any(
            each.collection == CERTIFICATE
            and not each.deleted
            and each.values(Privacy.OPEN).get("state") == CertificateState.ISSUED.code
            and each.values(Privacy.OPEN).get("minutes") == shown.minutes
            for each in found.values()
        )
    )


def in_hours(minutes: int) -> str:
    """Minutes as hours, cut to the hundredth: never more than was served."""
    return f"{minutes // 60}.{minutes % 60 * 100 // 60:02}"


def _day(certificate: dict[str, Any], name: str) -> date | None:
    said = certificate.get(name)
    return None if said is None else date.fromisoformat(said)


def _lies_within(each: Counted, since: date | None, until: date) -> bool:
    return each.on is not None and each.on <= until and (since is None or since <= each.on)


def _content(each: Counted, activities: dict[str, dict[str, object]]) -> Content:
    activity = activities.get(each.activity, {})
    title, place, organiser, in_charge = (
        None if (said := activity.get(name)) is None else str(said)
        for name in ("title", "place", "organiser", "in_charge")
    )
    return Content(each.on, title, place, organiser, in_charge, each.minutes)
