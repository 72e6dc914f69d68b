"""The labels that notices give to CPV codes. Touches the database."""

from __future__ import annotations

from collections import Counter, defaultdict

import msgspec
from sqlalchemy import Connection, select

from bot.model import Code
from bot.store.tables import records


class _Facts(msgspec.Struct):
    cpv: tuple[Code, ...] | None = None


class _Body(msgspec.Struct):
    facts: _Facts


_decode = msgspec.json.Decoder(_Body).decode


def labels(connection: Connection) -> dict[str, str]:
    """Every CPV code that our records name with a label: eight digits → what most call it.

    Read from the records when somebody asks, two seconds for a hundred thousand of them: a table of
    its own would be written at every ingest for what is wanted once a month.
    """
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for (body,) in connection.execute(select(records.c.body).execution_options(yield_per=500)):
        for code in _decode(body).facts.cpv or ():
            if code.label:
                said[code.id][code.label] += 1
    return {id: min(names, key=lambda name: (-names[name], name)) for id, names in said.items()}
