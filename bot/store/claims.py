"""What a process does with the deliveries that it has claimed. Touches the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, select, update

from bot.model import Event
from bot.retry import Dropped, GaveUp, Outcome, Retry, Sent
from bot.store.tables import Instant, outbox
from bot.wants import Delivery

# Why a delivery is sent again that was settled.
REQUESTED = "sent again on request"
# Why one goes by itself that was refused in a message with others: it begins with this.
ALONE = "refused with others, tried alone"
CHUNK = 500  # keys in one query, well below the drivers' limits of parameters


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process may work on until its lease ends."""

    delivery: Delivery
    event: Event
    attempts: int  # this one included
    first_due: datetime
    fence: int
    status: str  # as it stood before: an `unknown` one may have arrived already
    queue: str  # its place among the others
    asked_for: bool = False  # by `resend`
    alone: bool = False  # not to be told in one message with others

    @property
    def repeat(self) -> bool:
        """Whether an earlier attempt's answer never came, or a crash came before it."""
        return self.status == "unknown"


_mine = and_(outbox.c.key == bindparam("k"), outbox.c.fence == bindparam("f"))
_settle = (
    update(outbox)
    .where(_mine)
    .values(
        status=bindparam("status"),
        why=bindparam("why"),
        due=func.coalesce(bindparam("again", type_=Instant), outbox.c.due),
        sent=bindparam("sent"),
        reference=bindparam("reference"),
        lease=None,
    )
)


def settle(
    connection: Connection, outcomes: Sequence[tuple[Claim, Outcome]], now: datetime
) -> list[Claim]:
    """Record what became of each; those whose lease was lost, which another has by now."""
    values = [_settled(claim, outcome, now) for claim, outcome in outcomes]
    if not values:
        return []
    result = connection.execute(_settle, values)
    return _lost(connection, [claim for claim, _ in outcomes], result.rowcount)


def _settled(claim: Claim, outcome: Outcome, now: datetime) -> dict[str, object]:
    values: dict[str, object] = {
        "k": claim.delivery.key,
        "f": claim.fence,
        "again": None,
        "sent": None,
        "reference": "",
    }
    match outcome:
        case Sent(reference):
            values |= {"status": "sent", "why": "", "sent": now, "reference": reference}
        case Retry(at, why, unknown=unknown):
            # Another attempt that fails takes no doubt away: the one before may have arrived.
            doubt = unknown or claim.repeat
            values |= {"status": "unknown" if doubt else "retrying", "why": why, "again": at}
        case GaveUp(why):
            values |= {"status": "gave-up", "why": why}
        case Dropped(why):
            values |= {"status": "dropped", "why": why}
    return values


def _lost(connection: Connection, claims: Sequence[Claim], written: int) -> list[Claim]:
    """Of claims of which so many were still ours, the others."""
    if written == len(claims):
        return []
    fences: dict[str, int] = {}
    keys = [claim.delivery.key for claim in claims]
    for start in range(0, len(keys), CHUNK):
        chunk = outbox.c.key.in_(keys[start : start + CHUNK])
        rows = connection.execute(select(outbox.c.key, outbox.c.fence).where(chunk))
        fences.update((key, fence) for key, fence in rows)
    return [claim for claim in claims if fences.get(claim.delivery.key) != claim.fence]


_begin = update(outbox).where(_mine).values(status="unknown")


def begin(connection: Connection, claims: Sequence[Claim]) -> None:
    """Note that these are about to be sent, as one message: unsettled, they may have arrived."""
    connection.execute(_begin, _marks(claims))


_hold = update(outbox).where(_mine).values(lease=bindparam("until", type_=Instant))


def hold(connection: Connection, claims: Sequence[Claim], until: datetime) -> list[Claim]:
    """Keep what is still ours until then (UTC, real time); those that another has by now."""
    result = connection.execute(_hold, [mark | {"until": until} for mark in _marks(claims)])
    return _lost(connection, claims, result.rowcount)


_release = (
    update(outbox)
    .where(_mine)
    .values(lease=None, attempts=outbox.c.attempts - 1, status=bindparam("was"))
)


def release(connection: Connection, claims: Iterable[Claim]) -> None:
    """Give back what was claimed and not attempted."""
    values = [mark | {"was": c.status} for c in claims for mark in _marks([c])]
    if values:
        connection.execute(_release, values)


def _marks(claims: Iterable[Claim]) -> list[dict[str, object]]:
    return [{"k": claim.delivery.key, "f": claim.fence} for claim in claims]
