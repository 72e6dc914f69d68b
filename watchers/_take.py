"""Values out of JSON whose shape nobody promises: the right type, or its empty value. Pure."""

from __future__ import annotations

import math
from typing import Any

Json = dict[str, Any]


def obj(value: Any) -> Json:
    """An object, or an empty one."""
    return value if type(value) is dict else {}


def rows(value: Any) -> list[Json]:
    """The objects of an array; a lone object counts as an array of one (`standstillPeriod`)."""
    if type(value) is list:
        for row in value:
            if type(row) is not dict:
                return [row for row in value if type(row) is dict]
        return value
    return [value] if type(value) is dict and value else []


def text(value: Any) -> str:
    """A text without blanks around it; a whole number is written out, anything else is empty.

    NUL is taken out: JSON can escape it, and no database holds it.
    """
    if type(value) is str:
        return value.strip() if "\x00" not in value else value.replace("\x00", "").strip()
    # Digits beyond this are no identifier, and writing them out is costly.
    return str(value) if type(value) is int and abs(value) < 10**40 else ""


def texts(value: Any) -> list[str]:
    """The texts of an array, or of a lone text."""
    found = [text(item) for item in value] if type(value) is list else [text(value)]
    return [item for item in found if item]


def number(value: Any) -> float | None:
    """A finite number, also where it was written as a text, or as MongoDB exports long ones."""
    if type(value) is dict:  # {"$numberLong": "2147483648"}
        value = value.get("$numberLong", value.get("$numberDecimal"))
    if type(value) not in (int, float, str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def flag(value: Any) -> bool | None:
    """True or false, None where neither is stated."""
    return value if type(value) is bool else None
