"""Values before and after: net with net, gross with gross. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.changes import noise
from bot.changes.wording import money
from bot.model import Change, Value


def amount(
    field: str, was: Value | None, now: Value | None, lot: str | None = None
) -> Iterable[Change]:
    """A sum that changed; one that a later notice leaves out is no news."""
    if now is None or was == now:
        return
    if was is None:
        yield Change(field, None, money(now), lot)
    elif was.currency != now.currency or not _comparable(was, now):
        if not noise.same_sum(was, now):
            yield Change(field, money(was), money(now), lot)
    elif was.net is not None and now.net is not None and money(was) != money(now):
        yield Change(field, money(was), money(now), lot)
    elif was.gross is not None and now.gross is not None:
        one, other = money(was, gross=True), money(now, gross=True)
        if one != other:
            yield Change(field, one, other, lot)


def _comparable(was: Value, now: Value) -> bool:
    return (was.net is not None and now.net is not None) or (
        was.gross is not None and now.gross is not None
    )
