"""`python -m tests.benchmarks [NAME …]`: what the program reaches, as one table. Prints."""

from __future__ import annotations

import argparse
import importlib
from functools import partial

from tests.benchmarks.figure import Figure

NAMES = ("ingest", "remind", "match", "outbox", "start", "xml", "feed", "digest")


def main() -> None:
    """Run the benchmarks that are named, all of them without a name."""
    reader = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    reader.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    reader.add_argument(
        "--messages", type=int, default=20_000, help="in the outbox (default: %(default)s)"
    )
    asked = reader.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        reader.error(f"no such benchmark: {', '.join(sorted(unknown))}; of {', '.join(NAMES)}")
    print(_LINE.format("figure", "value", "", "aim", "detail"))
    for name in asked.names or NAMES:
        run = importlib.import_module(f"tests.benchmarks.bench_{name}").run
        for figure in (partial(run, messages=asked.messages) if name == "outbox" else run)():
            print(line(figure), flush=True)


_LINE = "{:32} {:>8} {:11} {:>11}  {}"


def line(figure: Figure) -> str:
    """A row of the table; `missed` stands before the detail of a figure short of its aim."""
    aim = "" if figure.aim is None else f"{'≤' if figure.most else '≥'} {_short(figure.aim)}"
    missed = "" if figure.reached else "missed: "
    return _LINE.format(
        figure.name, _short(figure.value), figure.unit, aim, missed + figure.detail
    ).rstrip()


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":  # workers import this module under another name
    main()
