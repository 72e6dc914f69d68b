"""An operator's own templates, read at once and then held, and what fails in them. Reads files."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import BaseLoader, FunctionLoader, TemplateSyntaxError

SUFFIX = ".j2"
# Characters of one file, and files: more is a folder that was given by mistake.
LARGEST, MOST = 256_000, 1_000


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong with an operator's own template."""

    template: str  # its name: "slack/default.text.j2"
    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Own:
    """The files of a folder as they were when the config was read.

    What is edited later counts from the next reload on, as the rest of the config does.
    """

    folder: Path
    texts: Mapping[str, str] = field(repr=False)  # of the templates, by name
    unread: Mapping[str, str]  # templates that cannot be used, and why
    others: tuple[str, ...]  # files whose names do not end as a template's

    @property
    def names(self) -> list[str]:
        return sorted({*self.texts, *self.unread})

    def version(self, name: str) -> str:
        """The same as long as the template's text is."""
        return hashlib.sha256(self.texts.get(name, "").encode()).hexdigest()[:12]

    def loader(self) -> BaseLoader:
        return FunctionLoader(self._load)

    def failure(self, error: BaseException) -> Failure | None:
        """The line of an own template that an error came from; None where it came from none."""
        # The innermost of the traceback: what is included fails before what includes it.
        found: tuple[str, int] | None = None
        files = {str(self.folder / name): name for name in self.names}
        for frame, number in traceback.walk_tb(error.__traceback__):
            if name := files.get(frame.f_code.co_filename):
                found = name, number
        if isinstance(error, TemplateSyntaxError) and error.name in {*self.texts, *self.unread}:
            found = error.name, error.lineno
        if found is None:
            return None
        what = getattr(error, "message", None) or str(error) or type(error).__name__
        return Failure(*found, " ".join(f"{_KINDS.get(type(error), '')}{what}".split())[:300])

    def _load(self, name: str) -> tuple[str, str, None] | None:
        file = str(self.folder / name)
        if name in self.unread:
            raise TemplateSyntaxError(self.unread[name], 1, name, file)
        return (self.texts[name], file, None) if name in self.texts else None


# What Python says of these alone would not be understood.
_KINDS: Mapping[type[BaseException], str] = {
    IndexError: "there is not so much in the list: ",
    RecursionError: "includes or calls itself for ever: ",
    ZeroDivisionError: "divides by nothing: ",
}


def read(folder: Path) -> Own:
    """The templates of a folder and of the folders in it; OSError when it cannot be listed."""
    texts, unread, others = {}, {}, []
    for path in sorted(p for p in (*folder.iterdir(), *folder.glob("*/*")) if p.is_file())[:MOST]:
        name = path.relative_to(folder).as_posix()
        if path.suffix != SUFFIX:
            others.append(name)
            continue
        try:
            if path.stat().st_size > LARGEST:
                raise ValueError(f"has more than {LARGEST:,} bytes")
            texts[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            unread[name] = "is no text in UTF-8"
        except ValueError as error:
            unread[name] = str(error)
        except OSError as error:
            unread[name] = f"cannot be read: {error.strerror}"
    return Own(folder, texts, unread, tuple(others))
