"""Keeping a process's memory flat.

A push decodes, a pull gathers some megabytes and lets them go. glibc raises by itself the size from which it
takes memory from the system and gives it back, and from then on keeps the holes: a worker that needs 95 MiB
grew to 150 and beyond within minutes (`make bench`). With both limits fixed it stays near 105.
"""

import ctypes
import gc

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LIMIT = 256 * 1024


def give_back_what_is_free() -> None:
    """Have the C library return freed memory to the system. Does nothing where that is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LIMIT)
        mallopt(_M_TRIM_THRESHOLD, _LIMIT)


def leave_alone_what_stays() -> None:
    """Have the garbage collector pass over all that is there now, and come round less often.

    Modules, declarations and routes are hundreds of thousands of objects that never become garbage, and a
    batch of changes makes thousands that are freed without its help: at the usual 700 it went through them
    several times a push.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
