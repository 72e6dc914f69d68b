"""How well deadlines are read from real prose: `python -m tests.prose DIR`. Reads files, prints."""

from __future__ import annotations

import csv
import json
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.model import Notice
from bot.prose import Found, deadlines
from tests.watchers import survey
from watchers._take import obj, rows, text

LONDON = ZoneInfo("Europe/London")
LABELS = Path(__file__).parent / "bot" / "data" / "prose.tsv"
# One deadline: the kind, and the instant or, where no time is stated, the day.
Told = tuple[str, str]
Key = tuple[str, str]  # source and notice id
Text = tuple[str, Notice, str, str]  # source, notice, place in the notice, the text


@dataclass
class Score:
    """What was found, and what there was to find."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    def __str__(self) -> str:
        return (
            f"{self.right:4} right {self.wrong:3} wrong {self.missed:3} missed"
            f"  precision {self.precision:.3f}  recall {self.recall:.3f}"
        )


@dataclass
class Result:
    """The scores of a set of notices, and each mistake with its place."""

    total: Score = field(default_factory=Score)
    kinds: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    sources: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    mistakes: list[str] = field(default_factory=list)

    def count(self, what: str, key: Key, one: Told) -> None:
        for score in (self.total, self.kinds[one[0]], self.sources[key[0]]):
            setattr(score, what, getattr(score, what) + 1)
        if what != "right":
            self.mistakes.append(f"{what:6} {key[0]} {key[1]} {one[0]} {one[1]}")


def labels() -> dict[Key, set[Told]]:
    """The deadlines of every notice that was read by eye; most have none."""
    found: dict[Key, set[Told]] = {}
    for row in rows_of_labels():
        held = found.setdefault((row["source"], row["notice"]), set())
        if row["kind"] != "-":
            held.add((row["kind"], row["at"]))
    return found


def rows_of_labels() -> list[dict[str, str]]:
    """Each date that was looked at: where it stands, what it is, or why it is no deadline."""
    with LABELS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def held_back(key: Key) -> bool:
    """Whether a notice belongs to the third that no rule was written by."""
    return zlib.crc32(key[1].encode()) % 3 == 0


def texts(folder: Path) -> Iterator[Text]:
    """Every text of every notice."""
    for source in survey.SOURCES:
        raw = {(r.get("ocid"), r.get("id")): r for r in _releases(folder / source)}
        seen: set[Key] = set()
        for _, notice in survey.notices(folder, source):
            if (notice.record, notice.id) not in seen:
                seen.add((notice.record, notice.id))
                yield from _of(source, notice)
                # Saved releases of Public Contracts Scotland have no id.
                own = raw.get((notice.record, notice.id)) or raw.get((notice.record, None), {})
                yield from _beside(source, notice, own)
    papers = {notice.id: notice for _, notice in survey.documents(folder)}
    for notice in papers.values():
        yield from _of("ted", notice)


def _of(source: str, notice: Notice) -> Iterator[Text]:
    facts = notice.facts
    places = {"description": facts.description, "submission": facts.submission}
    places |= {"words": notice.words} | {
        f"lot {lot.id}": lot.description for lot in facts.lots or ()
    }
    for place, said in places.items():
        if said:
            yield source, notice, place, said


def _beside(source: str, notice: Notice, release: dict[str, Any]) -> Iterator[Text]:
    """Texts that a notice does not keep: the additional information, the engagement's."""
    if said := text(release.get("description")):
        yield source, notice, "more", said
    for number, milestone in enumerate(rows(obj(release.get("planning")).get("milestones"))):
        if said := text(milestone.get("description")):
            yield source, notice, f"milestone {number}", said


def _releases(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.json")):
        page = json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
        if isinstance(page, dict):
            yield from page.get("releases", [page] if "ocid" in page else [])


def told(one: Found) -> Told:
    """As the labels write it."""
    if one.dated:
        return one.kind, f"{one.instant.astimezone(LONDON):%Y-%m-%d}"
    return one.kind, f"{one.instant:%Y-%m-%dT%H:%MZ}"


def measure(read: Iterable[Text], *, held: bool | None = None) -> Result:
    """The room against the labels; `held` chooses the third held back, or the rest."""
    wanted = labels()
    found: dict[Key, set[Told]] = defaultdict(set)
    for source, notice, _, said in read:
        for one in deadlines(said, published=notice.published, zone=LONDON, stage=notice.stage):
            if not one.flags:
                found[source, notice.id].add(told(one))
    result = Result()
    for key in sorted(wanted.keys() | found.keys()):
        if held is None or held_back(key) == held:
            _compare(result, key, wanted.get(key, set()), found.get(key, set()))
    return result


def _compare(result: Result, key: Key, wanted: set[Told], found: set[Told]) -> None:
    left = set(wanted)
    for one in sorted(found):
        # "enquiry/engagement": either is right.
        meant = {w for w in wanted if one[0] in w[0].split("/") and w[1] == one[1]}
        left -= meant
        result.count("right" if meant else "wrong", key, one)
    for one in sorted(left):
        # A day whose hour was found in another sentence is not missing.
        if not any(f[0] == one[0] and f[1][:10] == one[1] for f in found):
            result.count("missed", key, one)


def cost(read: Iterable[Text]) -> Iterator[str]:
    """Microseconds a notice, over the texts that ingest reads."""
    every: dict[str, list[tuple[str, datetime, Any]]] = defaultdict(list)
    for source, notice, place, said in read:
        if notice.stage in ("planning", "tender") and place in ("description", "milestone 0"):
            every[source].append((said, notice.published, notice.stage))
    for source, given in every.items():
        begun = time.perf_counter()
        for said, published, stage in given:
            deadlines(said, published=published, zone=LONDON, stage=stage)
        spent = (time.perf_counter() - begun) / len(given) * 1e6
        size = sum(len(said) for said, _, _ in given) // len(given)
        yield f"{source:26} {len(given):4} texts of {size:5} characters: {spent:7.1f} µs each"


def main(folder: Path) -> None:
    read = list(texts(folder))
    for name, held in (("tuned on", False), ("held back", True)):
        result = measure(read, held=held)
        print(f"{name:26} {result.total}")
        for title, scores in (("kind", result.kinds), ("source", result.sources)):
            for key, score in sorted(scores.items()):
                print(f"  {title:6} {key:17} {score}")
        if not held or "-v" in sys.argv:
            print(*result.mistakes, sep="\n")
    print(*cost(read), sep="\n")
    kinds = Counter(row["why"] or row["kind"] for row in rows_of_labels())
    print(*(f"{count:4} {name}" for name, count in kinds.most_common()), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
