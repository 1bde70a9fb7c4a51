"""How large things may be that no declaration bounds, so that no phone can make a record others choke on."""

import re
from typing import Final

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)  # of collections and fields
SAFE_INTEGER: Final = 2**53  # beyond it a JavaScript client loses count
MAX_DEPTH: Final = 16  # lists and objects within each other
MAX_EXTRA: Final = 64  # unknown fields a change
MAX_TEXT: Final = 20_000  # characters, in unknown fields
MAX_ITEMS: Final = 100  # of a list whose declaration says no other
SHORT_TEXT: Final = 200  # characters, of text whose declaration says no other
LONG_TEXT: Final = 4_000  # the same for notes that are merged
