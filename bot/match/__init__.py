"""Which subscriptions an event meets, and why or why not. Pure."""

from __future__ import annotations

from bot.match.criteria import Want
from bot.match.index import Index
from bot.match.lots import sights
from bot.match.met import met, missed
from bot.model import Event
from bot.wants import Subscription

__all__ = ["Index", "misses", "reason"]


def misses(subscription: Subscription, event: Event) -> tuple[str, ...]:
    """A sentence for each criterion that does not hold; empty when the subscription matches.

    The criteria hold if all hold after the event, or all held before it; what is missing is told of
    the state after it. An event that is about no record misses.
    """
    want = Want(subscription)
    missing = [missed(want, seen, lots) for _, seen, lots in sights(event)]
    if not missing:
        return (f"event: '{event.name}' is about no notice",)
    return missing[0] if all(missing) else ()


def reason(subscription: Subscription, event: Event) -> str:
    """Every criterion given, with the term that decided; empty when the subscription misses."""
    want = Want(subscription)
    for when, seen, lots in sights(event):
        match = met(want, when, seen, lots)
        if match is not None:
            return match.reason
    return ""
