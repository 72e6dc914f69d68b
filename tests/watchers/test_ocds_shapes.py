"""Whatever shape a release takes, it is a notice or a read error."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import ReadError
from tests.watchers import golden, ocds
from watchers.contracts_finder import ContractsFinder
from watchers.find_a_tender import FindATender

MINE = ("find_a_tender", "contracts_finder")
RELEASES = [
    found
    for case in golden.cases()
    if case.parent.name in MINE and case.name != "broken"
    for found in json.loads((case / "page.json").read_text())["releases"]
]
ODD = st.sampled_from(
    [
        *(None, True, 0, -1, 1.5, 10**30, 1e300),
        *("", "x", "2026-05-01", "\x00", "1e9999", "🔔" * 50),
        *([], [[]], [None], ["a", 1, {}], [{"id": []}, "x"]),
        *({}, {"id": 1}, {"endDate": {}}),
    ]
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a value."""
    found: list[tuple[Any, Any]] = []
    keys: Any = ()
    if isinstance(value, dict):
        keys = value.keys()
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        found += [(value, key), *places(value[key])]
    return found


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_shape_is_a_notice_or_a_read_error(data: st.DataObject):
    found = copy.deepcopy(data.draw(st.sampled_from(RELEASES)))
    for _ in range(data.draw(st.integers(1, 6))):
        spots = places(found)
        if not spots:
            break
        container, key = spots[data.draw(st.integers(0, len(spots) - 1))]
        match data.draw(st.sampled_from(["drop", "odd", "nest", "list", "twice"])):
            case "drop":
                del container[key]
            case "odd":
                container[key] = copy.deepcopy(data.draw(ODD))
            case "nest":
                container[key] = {"id": container[key]}
            case "list":
                container[key] = [container[key], copy.deepcopy(container[key])]
            case "twice" if isinstance(container, list):
                container.append(copy.deepcopy(container[key]))
    watcher = data.draw(st.sampled_from([FindATender(), ContractsFinder()]))
    page = ocds.page(ocds.body(found), watcher)
    assert len(page.found) + len(page.faults) == 1
    for one in page.found:
        try:
            told = one.load()
        except ReadError as error:
            assert error.raw
            continue
        assert (told.record, told.id) == (one.record, one.id)
        json.dumps(golden.plain(told), allow_nan=False).encode()


def test_the_golden_pages_hold_every_kind():
    kinds = {found.load().kind for case in golden.cases() for found in golden.read(case).found}
    assert kinds >= {f"UK{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16)}
    assert {"tender", "tenderUpdate", "award+contract", "planning", "tenderAmendment"} <= kinds
