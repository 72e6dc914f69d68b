"""How a change writes its sides: instants in UTC, days, sums. Pure."""

from __future__ import annotations

from bot import when
from bot.model import Deadline, Extension, Value


def stated(at: Deadline) -> str:
    """A deadline's instant as `changes` writes it: a date alone where no time was stated."""
    return when.iso(at.at)[:10] if at.dated else when.iso(at.at)


def day(at: Extension) -> str:
    """The day of a contract's latest end; it is kept as the end of that local day."""
    return when.iso(at.at)[:10]


def money(value: Value | None, *, gross: bool = False) -> str | None:
    """`1500000 GBP`: the figure without exponent or trailing zeros, and its currency."""
    amount = value and (value.gross if gross else value.amount)
    if value is None or amount is None:
        return None
    return f"{amount:.2f}".rstrip("0").rstrip(".") + f" {value.currency}"
