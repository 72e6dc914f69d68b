"""The notifiers, found by file name: imports every public module of this folder."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> dict[str, type]:
    """Each notifier's class by the name that `notify:` gives it in the config.

    A public module holds exactly one class with `recipients` and `send`; TypeError where not.
    """
    return {
        module.name: _notifier(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    }


def _notifier(module: str) -> type:
    found = [
        thing
        for thing in vars(importlib.import_module(module)).values()
        if isinstance(thing, type)
        and thing.__module__ == module
        and callable(getattr(thing, "send", None))
        and callable(getattr(thing, "recipients", None))
    ]
    if len(found) != 1:
        raise TypeError(f"{module} must hold one notifier class, and holds {len(found)}")
    return found[0]
