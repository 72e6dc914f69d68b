"""Looks up codes for whoever writes a subscription: CPV and places, by words or by code. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from bot import cpv, regions

_LONGEST = 60  # characters of a word; what is longer is compared with nothing
_MOST = 5  # words of which some are left out to find what was meant: 31 ways
_NEAR = 0.75
_PLAIN = re.compile(r"[^\W\d_][\w .’'-]*[\w.]")  # YAML reads it as a text without quotes
# The containers above all countries say nothing about where a place lies.
VAST = ("EUROPE", "WORLD")


@dataclass(frozen=True, slots=True)
class Entry:
    """One node of a tree, and what a subscription writes to want it and all below it."""

    node: str
    code: str
    label: str
    parents: tuple[str, ...]  # nodes, the nearest first
    aliases: tuple[str, ...]  # other names and codes
    write: str


@dataclass(frozen=True, slots=True)
class Tree:
    """All codes of one sort by their nodes, and how a node is shown."""

    kind: str  # the key of a subscription: cpv, regions
    entries: Mapping[str, Entry]
    code: Callable[[str], str]
    label: Callable[[str], str]

    def below(self, node: str) -> list[Entry]:
        """The entries whose nearest known parent a node is, in the order of their codes."""
        found = [entry for entry in self.entries.values() if entry.parents[:1] == (node,)]
        return sorted(found, key=lambda entry: entry.code)


# ---------------------------------------------------------------- the trees


def cpv_tree(learned: Mapping[str, str], *asked: str) -> Tree:
    """Divisions and groups, what notices taught us (eight digits → label), prefixes asked for."""
    labels = {prefix: label for prefix, label, _ in cpv.named()}
    others = {prefix: aliases for prefix, _, aliases in cpv.named()}
    for code, label in learned.items():
        try:
            labels.setdefault(cpv.parse(code), label)
        except ValueError:
            continue  # of an older CPV: nobody can subscribe to it
    for prefix in asked:
        labels.setdefault(prefix, "")
    entries = {
        prefix: Entry(
            node=prefix,
            code=cpv.pretty(prefix),
            label=label,
            parents=tuple(
                prefix[:size] for size in range(len(prefix) - 1, 1, -1) if prefix[:size] in labels
            ),
            aliases=others.get(prefix, ()),
            write=f'"{cpv.pretty(prefix)}"',
        )
        for prefix, label in labels.items()
    }
    return Tree("cpv", entries, cpv.pretty, lambda node: labels.get(node, ""))


def region_tree(*asked: str) -> Tree:
    """Every place of the tables, and the nodes asked for that they lack."""
    named = {node: (name, aliases) for node, name, aliases in regions.named()}
    entries = {
        node: Entry(node, node, name, regions.ancestors(node)[1:], aliases, _written(node, name))
        for node, (name, aliases) in (dict.fromkeys(asked, ("", ())) | named).items()
    }
    return Tree("regions", entries, str, lambda node: named.get(node, ("",))[0])


def _written(node: str, name: str) -> str:
    """What `regions:` lists for a node: its name where that leads to it, else its code."""
    for text in (name, node):
        if text and _means(text) == node:
            return text if _PLAIN.fullmatch(text) else f'"{text}"'
    return f"NUTS {node}"  # the code alone is a postcode district


def _means(text: str) -> str | None:
    try:
        return regions.parse(text)
    except ValueError:
        return None


# ---------------------------------------------------------------- by code


def cpv_node(text: str) -> str | None:
    """The prefix, if the text is a code or the beginning of one; ValueError if it is a wrong one.

    None for words: those are looked for.
    """
    written = re.sub(r"^cpv[\s:]*", "", text.strip(), flags=re.IGNORECASE)
    return cpv.parse(text) if written[:1].isdigit() else None


def region_node(text: str) -> str | None:
    """The node, if the text is a code, a postcode or its district (`UKD72`, `TLD`, `L1`, `IE`).

    None for names: those are looked for. ValueError for what is written like a code and is none.
    """
    word = text.strip()
    if any(c.isdigit() for c in word):
        return regions.parse(word)
    short = 2 <= len(word) <= 3 and word.isascii() and word.isalpha()
    # Three letters may be the beginning of a name; two are a country.
    return _means(word.upper()) if short and (len(word) == 2 or word.isupper()) else None


# ---------------------------------------------------------------- by words


def find(tree: Tree, text: str) -> list[Entry]:
    """The entries that have every word of a text, or a word that begins with it, in their names.

    First those that are called so, then those that have the words whole; of each the broader first,
    then by code.
    """
    wanted = _words(text)
    ranked = []
    for entry in tree.entries.values() if wanted else ():
        names = [_words(name) for name in (entry.label, *entry.aliases)]
        held = frozenset[str]().union(*(form for name in names for form in map(_forms, name)))
        whole = all(_forms(word) & held for word in wanted)
        if whole or all(_begins(held, word) for word in wanted):
            called = any(_same(name, wanted) for name in names)
            ranked.append((not called, not whole, len(entry.parents), entry.code, entry))
    return [entry for *_, entry in sorted(ranked, key=lambda row: row[:4])]


def meant(tree: Tree, text: str) -> str | None:
    """What finds something, for a text that finds nothing: its words as they are spelt, or fewer.

    None where nothing is near.
    """
    from difflib import get_close_matches

    known = {word for entry in tree.entries.values() for word in _known(entry)}
    forms = frozenset[str]().union(*map(_forms, known))
    mended: list[str] = []
    for word in _words(text):
        if _begins(forms, word):
            mended.append(word)
        elif len(word) <= _LONGEST:
            # Hardly anybody mistypes the first letter, and `home` is not `tome`.
            alike = sorted(other for other in known if other[0] == word[0])
            mended += get_close_matches(word, alike, 1, _NEAR)
    if not mended or len(mended) > _MOST:
        return None
    for size in range(len(mended), 0, -1):
        for some in combinations(mended, size):
            if find(tree, " ".join(some)):
                return " ".join(some)
    return None


@functools.lru_cache(100_000)
def _words(text: str) -> tuple[str, ...]:
    return tuple(regions.folded(text).split())


@functools.lru_cache(100_000)
def _forms(word: str) -> frozenset[str]:
    """A word as it is written, and without what makes an English plural."""
    if len(word) > 4 and word.endswith("ies"):
        return frozenset((word, f"{word[:-3]}y"))
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return frozenset((word, word[:-1]))
    return frozenset((word,))


def _begins(held: Iterable[str], word: str) -> bool:
    return any(one.startswith(form) for one in held for form in _forms(word))


def _same(name: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    pairs = zip(name, wanted, strict=False)
    return len(name) == len(wanted) and all(_forms(a) & _forms(b) for a, b in pairs)


def _known(entry: Entry) -> Iterable[str]:
    return (word for name in (entry.label, *entry.aliases) for word in _words(name))
