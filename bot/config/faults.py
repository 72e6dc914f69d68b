"""The faults that pydantic finds, in the words of the user and at their place in the file. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.config.document import MOST_PROBLEMS, Document, Loc
from bot.config.options import (
    FileKeys,
    QuietKeys,
    RouteKeys,
    SubscriptionKeys,
    ValueKeys,
)
from bot.config.scalars import meant
from bot.errors import Problem


@dataclass(frozen=True, slots=True)
class Place:
    """A mapping of the file: the keys that it may hold."""

    keys: Collection[str]


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a model as the file writes them."""
    return tuple(held.alias or name for name, held in model.model_fields.items())


# By the names on the way to a mapping, without the numbers of list items and names of channels.
PLACES: Mapping[tuple[str, ...], Place] = {
    (): Place(keys_of(FileKeys)),
    ("channels", "quiet"): Place(keys_of(QuietKeys)),
    ("subscriptions",): Place(keys_of(SubscriptionKeys)),
    ("subscriptions", "value"): Place(keys_of(ValueKeys)),
    ("subscriptions", "send"): Place(keys_of(RouteKeys)),
}

# pydantic's kinds of error; names in braces are of its context, `kind` is what stands there.
SAYS: Mapping[str, str] = {
    "missing": "is needed",
    "string_type": "wants a text, not {kind}",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long: the limit is {max_length} characters",
    "list_type": "wants a list, not {kind}",
    "tuple_type": "wants a list, not {kind}",
    "too_short": "must not be empty: give at least one, or remove the key",
    "too_long": "has too many entries: the limit is {max_length}",
    "dict_type": "wants keys and values (key: value), not {kind}",
    "model_type": "wants keys and values (key: value), not {kind}",
    "model_attributes_type": "wants keys and values (key: value), not {kind}",
    "bool_type": "wants true or false, not {kind}",
    "bool_parsing": "wants true or false",
    "int_type": "wants a number, not {kind}",
    "int_parsing": "wants a whole number",
    "float_type": "wants a number, not {kind}",
    "float_parsing": "wants a number",
    "finite_number": "wants a finite number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def problems(
    document: Document,
    error: ValidationError,
    prefix: Loc = (),
    places: Mapping[tuple[str, ...], Place] = PLACES,
    constant: Collection[str] = (),
) -> Iterator[Problem]:
    """Each fault at the value that it is about, but none of a value that is known to be bad.

    `constant` are messages that are the same without the secrets, so that none is in them.
    """
    # Without its input: what it was given may be a secret.
    found = error.errors(include_url=False, include_input=False)
    for fault in islice(found, MOST_PROBLEMS):
        loc: Loc = fault["loc"]
        way = tuple(part for part in loc[:-1] if isinstance(part, str))
        if way[:1] == ("channels",) and not prefix:
            way = way[:1] + way[2:]
        if fault["type"] == "extra_forbidden":
            what = _unknown(str(loc[-1]), places.get(way))
            told = document.problem(prefix + loc, what, key=True)
        elif loc[-1:] == ("[key]",):
            what = _what(document, prefix + loc, fault, str(loc[-2]))
            told = document.problem(prefix + loc, what, key=True)
        elif fault["type"] == "too_short" and not document.bare(prefix + loc):
            continue  # entries were given, and each is a fault of its own
        else:
            what = _what(document, prefix + loc, fault, document.written(prefix + loc))
            missing = str(loc[-1]) if fault["type"] == "missing" else ""
            told = document.problem(prefix + loc, what, missing=missing, constant=what in constant)
        if told:
            yield told


def constant_messages(model: type[BaseModel], masked: Any) -> frozenset[str]:
    """What validators of the model say of its keys when nothing secret is in them."""
    try:
        model.model_validate(masked)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return frozenset(str(f["ctx"]["error"]) for f in found if f["type"] == "value_error")
    return frozenset()


def _unknown(name: str, place: Place | None) -> str:
    if place is None:
        return "unknown key"
    hint = meant(name, place.keys)
    return f"unknown key{hint}" if hint else f"unknown key; known are {', '.join(place.keys)}"


def _what(document: Document, loc: Loc, fault: Any, written: str | None) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return str(context["error"]) or "is not valid"
    if kind == "literal_error":
        # pydantic's own list of the choices: 'a', 'b' or 'c'
        choices = context["expected"].replace("'", "")
        if written is None:
            return f"wants one of {choices}, not {document.kind(loc)}"
        hint = meant(written, choices.replace(" or ", ", ").split(", "))
        return f"{written[:60]!r} is not one of {choices}{hint}"
    if kind in SAYS:
        numbers = {k: f"{v:g}" if isinstance(v, float) else v for k, v in context.items()}
        return SAYS[kind].format_map(numbers | {"kind": document.kind(loc)})
    message = str(fault["msg"])
    return message[:1].lower() + message[1:]
