"""The certificate of a volunteer's service (志愿服务记录证明), issued free of charge.

志愿服务记录与证明出具办法 (2020): it says who served (name, kind and number of their papers), how many hours
and what they did, who issued it, when, and a number by which it is verified. What names the person is not
written here a second time: it is taken from the volunteer's record when it is printed.
"""

from datetime import date
from typing import Annotated

from schemas.annotations import Ref
from schemas.codes import StateTable, Unit
from schemas.declare import FIXED, LATEST, STATES, Record, field
from schemas.privacy import Privacy
from schemas.rules import NotBefore
from schemas.treatment import DROPPED
from schemas.volunteers.volunteer import Volunteer

OPEN = Privacy.OPEN


class CertificateState(StateTable, zh="证明状态", en="State of the certificate", initial=("issued",)):
    """One that was wrong is revoked, and another one issued; from then on its number verifies nothing."""

    ISSUED = "issued", "已出具", "Issued", ("revoked",)
    REVOKED = "revoked", "已撤销", "Revoked"


class ServiceCertificate(
    Record,
    collection="service_certificate",
    zh="志愿服务证明",
    en="Certificate of service",
    rules=(
        NotBefore(
            ("until", "since"),
            "截止日期早于起始日期，请核对",
            "It ends before it begins: check both days",
        ),
    ),
):
    """That a volunteer served so many minutes, from the first day on or from `since`, until it was issued or
    `until`.

    It belongs to the volunteer, and what it says is fixed. The server prints it, with its number, only while
    the records bear it out.
    """

    volunteer: Annotated[
        Ref[Volunteer],
        field("志愿者", "Volunteer", privacy=OPEN, merge=FIXED, parent=True, sample=DROPPED),
    ]
    issued_on: Annotated[date, field("出具日期", "Issued on", privacy=OPEN, merge=FIXED)]
    minutes: Annotated[
        int,
        field(
            "服务时长",
            "Time of service",
            privacy=OPEN,
            merge=FIXED,
            minimum=1,
            maximum=6_000_000,
            unit=Unit.MINUTE,
        ),
    ]
    issuer: Annotated[
        str, field("出具单位", "Issued by", privacy=OPEN, merge=FIXED, min_length=1, max_length=100)
    ]
    state: Annotated[CertificateState, field("状态", "State", privacy=OPEN, merge=STATES)]
    since: Annotated[date | None, field("服务起始日期", "Service from", privacy=OPEN, merge=FIXED)] = None
    until: Annotated[date | None, field("服务截止日期", "Service until", privacy=OPEN, merge=FIXED)] = None
    revoked_because: Annotated[
        str | None,
        field("撤销原因", "Why it was revoked", privacy=OPEN, merge=LATEST, max_length=200),
    ] = None
