"""From where a request comes, as far as the throttle and the metrics need to know it."""

import ipaddress
from typing import Any

from litestar.connection import ASGIConnection

FORWARDED = ("forwarded", "x-forwarded-for", "via")


def network_of(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The address, or of an IPv6 address the /64: one subscriber has all of it to choose from.

    Behind a proxy that LIANDONG_TRUSTED_PROXIES names, the server has put the client's address here.
    """
    host = request.client.host if request.client is not None else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 6:
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_from_this_machine(request: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether the request was made here, and not passed on by a proxy that runs here."""
    if any(header in request.headers for header in FORWARDED):
        return False
    host = request.client.host if request.client is not None else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or (
        address.version == 6 and bool(address.ipv4_mapped and address.ipv4_mapped.is_loopback)
    )
