"""What a misspelt name was probably meant for. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches


def meant(word: str, known: Collection[str]) -> str:
    """` (did you mean …?)` with the known name that `word` was probably meant for, or nothing."""
    if len(word) > 60 or len(known) > 1_000:  # the comparison takes the product of the lengths
        return ""
    plain = {_plain(name): name for name in known}
    close = get_close_matches(_plain(word), plain, 1)
    return f" (did you mean {plain[close[0]]}?)" if close else ""


def _plain(name: str) -> str:
    return re.sub(r"[-_\s]+", "_", name.casefold())
