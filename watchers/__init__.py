"""The watchers by name: adding a source is adding its file. Imports those asked for."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType


def load() -> Mapping[str, type]:
    """The one watcher class of every public module here, by the module's name.

    A module is imported when its class is asked for: few are used, and some take long. TypeError
    names then one that does not define exactly one public class with `start` and `read`.
    """
    return _Found(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


class _Found(Mapping[str, type]):
    def __init__(self, names: Iterable[str]) -> None:
        self._names = dict.fromkeys(sorted(names))

    def __getitem__(self, name: str) -> type:
        if name not in self._names:
            raise KeyError(name)
        return _watcher(importlib.import_module(f"{__name__}.{name}"))

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


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
