"""The `Accept-…` headers: what a client wants, and how much (RFC 9110, 12.4.2)."""

from functools import lru_cache

LONGEST = 1000  # a longer header wants nothing that we know of


@lru_cache(256)
def preferences(header: str) -> dict[str, float]:
    """Each thing named in `header`, in lower case, with its weight from 0 (not at all) to 1.

    A part that cannot be read is as good as not sent. Phones of one kind all send the same header, so what
    was read once is remembered; treat the result as read-only.
    """
    wanted: dict[str, float] = {}
    for part in header[:LONGEST].split(","):
        name, *parameters = (piece.strip() for piece in part.lower().split(";"))
        if not name:
            continue
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    weight = min(1.0, max(0.0, float(value)))
                except ValueError:
                    weight = 0.0
        wanted[name] = weight if weight == weight else 0.0
    return wanted
