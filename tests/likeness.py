"""Real records and their like: rewritten as another portal would, beside look-alikes. Reads files.

`python -m tests.likeness DIR` prints what `bot.same` makes of them.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bot.fold import refold
from bot.ingest import CROWD
from bot.model import Deadline, Record
from bot.same import best, names
from tests.watchers import survey

_YEAR = timedelta(days=364)
_ACTS = ("submission", "participation", "engagement")


def records(folder: Path) -> list[Record]:
    """Every process of the saved pages of the English portals."""
    by_record = defaultdict(list)
    for source in ("find_a_tender", "contracts_finder"):
        for _, notice in survey.notices(folder, source):
            by_record[source, notice.record].append((notice, notice.published))
    held = (refold(told, source=source) for (source, _), told in by_record.items())
    return [record for record in held if record]


def twin(record: Record, number: int, dice: random.Random) -> Record:
    """The record as another portal might have it: its style, its precision, what it leaves out."""
    said = record.facts
    buyers = said.buyers or ()
    told = replace(
        said,
        title=dice.choice(_TITLES)(said.title or "", dice),
        buyers=tuple(replace(b, name=dice.choice(_BUYERS)(b.name), id="") for b in buyers) or None,
        description=said.description if dice.random() < 0.6 else None,
        value=said.value if dice.random() < 0.5 else None,
        cpv=said.cpv[:1] if said.cpv else None,
        deadlines=tuple(_date(d, dice) for d in said.deadlines if d.kind in _ACTS),
        url=f"https://other.example.org/{number}",
    )
    later = timedelta(days=dice.choice([0, 0, 1, 2, 3]))
    published = record.published + later
    return replace(record, source="other", id=f"twin-{number}", facts=told, published=published)


_TITLES = (
    lambda title, dice: title,
    lambda title, dice: title.upper(),
    lambda title, dice: title.replace("&", "and"),
    lambda title, dice: f"{title} - REF {dice.randint(10_000, 99_999)}",
    lambda title, dice: re.sub(r"^[A-Z]{2,5}[-_ ]?\d{4,} ?[-:]? ?", "", title) or title,
    lambda title, dice: title[:80] if len(title) > 90 else title,
)
_BUYERS = (
    lambda name: name,
    str.upper,
    lambda name: name if name.startswith("The ") else f"The {name}",
    lambda name: name.replace(" Borough", ""),
    lambda name: name.replace("&", "and"),
)


def _date(deadline: Deadline, dice: random.Random) -> Deadline:
    if dice.random() < 0.6:
        return deadline
    return replace(deadline, at=deadline.at.replace(hour=22, minute=59, second=59), dated=True)


def look_alike(record: Record, number: int) -> Record:
    """Next year's tender, another lot, or the same need of another buyer."""
    said, id = record.facts, f"decoy-{number}"
    if number % 3 == 0:
        dates = tuple(replace(d, at=d.at + _YEAR) for d in said.deadlines)
        published = record.published + _YEAR
        return replace(record, id=id, facts=replace(said, deadlines=dates), published=published)
    if number % 3 == 1:
        told = replace(said, title=f"{said.title} Lot 2", description=None)
        return replace(record, id=id, facts=told)
    buyers = tuple(replace(b, name="Zedshire Council", id="") for b in said.buyers or ())
    return replace(record, id=id, facts=replace(said, buyers=buyers or None))


@dataclass(frozen=True, slots=True)
class Score:
    """How many were joined to their twin, to another, or to none."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.wrong + self.missed)


def scores(held: Sequence[Record]) -> dict[str, Score]:
    """What `best` finds among all twins and look-alikes, by stage."""
    dice = random.Random(7)
    twins = [twin(record, number, dice) for number, record in enumerate(held)]
    pool = [*twins, *(look_alike(one, number) for number, one in enumerate(twins))]
    by_trait = defaultdict(set)
    for number, one in enumerate(pool):
        for trait in names(one, ()).traits:
            by_trait[trait].add(number)
    counts: Counter[tuple[str, str]] = Counter()
    for number, record in enumerate(held):
        similar = set().union(*(by_trait[t] for t in sorted(names(record, ()).traits)))
        likely = best(record, [pool[n] for n in sorted(similar)]) if len(similar) <= CROWD else None
        outcome = "missed" if not likely else _outcome(likely[0], twins[number])
        counts["award" if record.stage == "contract" else record.stage, outcome] += 1
    return {
        stage: Score(*(counts[stage, outcome] for outcome in ("right", "wrong", "missed")))
        for stage in ("planning", "tender", "award")
    }


def _outcome(found: Record, wanted: Record) -> str:
    return "right" if found.id == wanted.id else "wrong"


def _lines(folder: Path) -> Iterator[str]:
    for stage, score in scores(records(folder)).items():
        yield (
            f"{stage:9} right {score.right:4} wrong {score.wrong:3} missed {score.missed:4}  "
            f"precision {score.precision:.4f} recall {score.recall:.3f}"
        )


if __name__ == "__main__":
    print(*_lines(Path(sys.argv[1])), sep="\n")
