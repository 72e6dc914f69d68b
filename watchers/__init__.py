"""The watchers by name: adding a source is adding its file. Imports the modules found here."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def load() -> dict[str, type]:
    """The one watcher class of every public module here, by the module's name.

    The modules are imported by this call, not by importing the package. TypeError names a module
    that does not define exactly one public class with `start` and `read`.
    """
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    return {name: _watcher(importlib.import_module(f"{__name__}.{name}")) for name in names}


def _watcher(module: ModuleType) -> type:
    found = [
        value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and not name.startswith("_")
        and callable(getattr(value, "start", None))
        and callable(getattr(value, "read", None))
    ]
    if len(found) != 1:
        raise TypeError(
            f"{module.__name__} must define one public class with start and read, "
            f"it defines {len(found)}"
        )
    return found[0]
