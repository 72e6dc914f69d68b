"""`python -m tests.faults`: a kill before and after every call of a run. Starts processes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import get_args

from tests.faults.killing import every, survive
from tests.faults.rig import Faults, Place, compiled
from tests.processes import stage


def main() -> None:
    for place in get_args(Place):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with stage(folder) as bell:
                bell.calm()
                faults = Faults(compiled(folder), bell.database, folder)
                begun = time.monotonic()
                repeats = survive(bell, faults, place, every)
                took = time.monotonic() - begun
            told = len(bell.expected)
            print(f"{place}: {told} deliveries, repeats {dict(repeats)}, {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()
