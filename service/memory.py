"""Keeping a process's memory flat.

A push decodes, a pull gathers some megabytes and lets them go. glibc raises by itself the size from which it
takes memory from the system and gives it back, and from then on keeps the holes: a worker that needs 95 MiB
grew to 150 and beyond within minutes (`make bench`). With both limits fixed it stays near 105.
"""

import ctypes

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LIMIT = 256 * 1024


def give_back_what_is_free() -> None:
    """Have the C library return freed memory to the system. Does nothing where that is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LIMIT)
        mallopt(_M_TRIM_THRESHOLD, _LIMIT)
