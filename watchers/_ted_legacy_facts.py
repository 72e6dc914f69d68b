"""What a notice in TED's own schema states: titles, buyers, CPV, places, values, lots. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot import cpv
from bot.model import Buyer, Code, Document, Lot, Stage, Value
from watchers import _ted
from watchers._xml import Element, at, every, prose, text, texts

# PERFORMANCE_NUTS of these is the winner's region, or mixed with it.
_WINNERS_PLACE = frozenset({"F13", "F20", "T02"})
_OBJECT = ("OBJECT_CONTRACT", "OBJECT_DESCR")
_MODIFIED = ("MODIFICATIONS_CONTRACT", "DESCRIPTION_PROCUREMENT")


@dataclass(frozen=True, slots=True)
class Reading:
    """One document being read, its tags without namespaces, and what had to be left out of it."""

    root: Element
    coded: Element | None
    form: Element  # in the chosen language
    kind: str  # F02, T01, 17; the tag where a form has no name
    stage: Stage
    id: str
    languages: tuple[str, ...]  # three letters, in the order of preference
    remarks: list[str] = field(default_factory=list)

    @property
    def corrects(self) -> bool:
        """Whether it is a corrigendum (F14), which has the one section of its own."""
        return self.form.find("CHANGES") is not None

    @property
    def wanted(self) -> bool:
        """Whether the form is in a language that was asked for."""
        return _ted.code(self.form.get("LG", "")) in self.languages

    def code(self, name: str) -> str:
        """A code of the coded section."""
        element = at(self.coded, "CODIF_DATA", name)
        return element.get("CODE", "") if element is not None else ""

    def procedure(self) -> str:
        """The type of procedure in English words; empty where there is none."""
        words = text(at(self.coded, "CODIF_DATA", "PR_PROC"))
        return "" if self.code("PR_PROC") in ("9", "N", "Z") else words

    def country(self) -> str:
        """The buyer's country, as a code of two letters."""
        element = at(self.coded, "NOTICE_DATA", "ISO_COUNTRY")
        return element.get("VALUE", "") if element is not None else ""


def title(reading: Reading) -> str:
    """The title; where its language is not wanted, behind the journal's heading in one that is."""
    form = reading.form
    found = next(filter(None, (_line(each) for each in _titles(form))), "")
    if reading.wanted and found:
        return found
    headings = {
        _ted.code(each.get("LG", "")): _line(each.find("TI_TEXT"))
        for each in every(reading.root, "TRANSLATION_SECTION", "ML_TITLES", "ML_TI_DOC")
    }
    heading = next((headings[code] for code in reading.languages if headings.get(code)), "")
    return " – ".join(dict.fromkeys(part for part in (heading, found) if part))


def description(reading: Reading) -> str:
    """The short description of the whole, else of its first part; of a call also VI.3 behind it."""
    form = reading.form
    whole = (at(each, "SHORT_DESCR") for each in form.findall("OBJECT_CONTRACT"))
    parts = (at(each, "SHORT_DESCR") for each in every(form, *_OBJECT))
    older = (
        each for name in ("SHORT_CONTRACT_DESCRIPTION", "CONTENTS") for each in form.iter(name)
    )
    found = next(filter(None, map(prose, (*whole, *parts, *older))), "")
    live = reading.stage in ("planning", "tender") and not reading.corrects
    # Market engagement, visits and the like are told there alone.
    more = prose(at(form, "COMPLEMENTARY_INFO", "INFO_ADD")) if live else ""
    return "\n\n".join(part for part in (found, more) if part)


def buyers(reading: Reading) -> tuple[Buyer, ...]:
    """The contracting authorities, each once; of old forms the one that the journal names."""
    body = reading.form.find("CONTRACTING_BODY")
    found = [
        _buyer(reading, each)
        for name in ("ADDRESS_CONTRACTING_BODY", "ADDRESS_CONTRACTING_BODY_ADDITIONAL")
        for each in every(body, name)
    ]
    if not found:
        profiles = list(reading.form.iter("CA_CE_CONCESSIONAIRE_PROFILE"))[:1]
        found = [_buyer(reading, each) for each in profiles]
    names = {
        _ted.code(each.get("LG", "")): _line(each)
        for each in every(reading.root, "TRANSLATION_SECTION", "ML_AA_NAMES", "AA_NAME")
    }
    named = [buyer for buyer in found if buyer.name]
    if not named and (name := _ted.chosen(names, reading.languages)):
        named = [Buyer(name, place=reading.country())]
    elif len(named) == 1 and not reading.wanted:
        # A translated name stands in the journal's headings alone.
        name = next((names[code] for code in reading.languages if names.get(code)), named[0].name)
        named = [Buyer(name, named[0].id, named[0].place)]
    return tuple(dict.fromkeys(named))


def codes(reading: Reading) -> tuple[Code, ...]:
    """CPV of the whole and its lots, the main code first, with the journal's labels."""
    labels = dict(_coded(every(reading.coded, "NOTICE_DATA", "ORIGINAL_CPV")))
    parts = [part for part in reading.form if part.tag != "CHANGES"]
    stated = dict.fromkeys(code for code, _ in _coded(_in(parts, "CPV_CODE")))
    return tuple(Code(code, labels.get(code, "")) for code in {**stated, **dict.fromkeys(labels)})


def places(reading: Reading, who: tuple[Buyer, ...]) -> tuple[str, ...]:
    """Regions of performance as the form states them, else the journal, else the buyer's seat."""
    form = reading.form
    own = [*every(form, *_OBJECT, "NUTS"), *every(form, *_MODIFIED, "NUTS")]
    own = own or [each for holder in form.iter("LOCATION_NUTS") for each in holder.iter("NUTS")]
    found = dict.fromkeys(_attributes(own))
    if not found and reading.kind not in _WINNERS_PLACE:
        data = at(reading.coded, "NOTICE_DATA")
        coded = [*every(data, "PERFORMANCE_NUTS"), *every(data, "ORIGINAL_NUTS")]
        found = dict.fromkeys(_attributes(coded))
    return tuple(found or dict.fromkeys(buyer.place for buyer in who if buyer.place))


def estimate(reading: Reading) -> Value | None:
    """The estimated total, of an award its price; as the form or the journal states it."""
    names = ("VAL_ESTIMATED_TOTAL", "VAL_TOTAL")
    for name in names if reading.stage in ("planning", "tender") else names[::-1]:
        for element in every(reading.form, "OBJECT_CONTRACT", name):
            if found := money(element):
                return found
    for values in every(reading.coded, "NOTICE_DATA", "VALUES_LIST", "VALUES"):
        if values.get("TYPE") == "GLOBAL":
            return money(at(values, "SINGLE_VALUE", "VALUE"))
    return None


def lots(reading: Reading) -> tuple[Lot, ...]:
    """The lots, where the notice is divided; several objects in one notice are as lots to it."""
    objects = reading.form.findall("OBJECT_CONTRACT")
    found: dict[str, Lot] = {}
    for object in objects:
        parts = object.findall("OBJECT_DESCR")
        for part in parts if len(parts) > 1 or part_number(parts) else ():
            id = _join(object if len(objects) > 1 else None, lot_name(part))
            found.setdefault(id, _lot(id, part, part))
        if len(objects) > 1 and len(parts) < 2:
            id = object.get("ITEM", "") or str(len(found) + 1)
            found.setdefault(id, _lot(id, object, parts[0] if parts else object))
    return tuple(found.values())


def part_number(parts: list[Element]) -> str:
    """The number of the only part, where it has one: it is a lot then."""
    return text(at(parts[0], "LOT_NO")) if parts else ""


def lot_name(part: Element) -> str:
    """How a part is named: by its lot number, else its place in the form."""
    return text(part.find("LOT_NO")) or part.get("ITEM", "")


def documents(reading: Reading) -> tuple[Document, ...]:
    """Where the procurement documents are."""
    found = texts(every(reading.form, "CONTRACTING_BODY", "URL_DOCUMENT"))
    return tuple(Document(url, url=url) for url in dict.fromkeys(found))


def money(element: Element | None) -> Value | None:
    """A figure with its currency."""
    if element is None:
        return None
    return _ted.amount(text(element), element.get("CURRENCY", ""))


# ---------------------------------------------------------------- parts


def _titles(form: Element) -> Iterator[Element]:
    yield from every(form, "OBJECT_CONTRACT", "TITLE")
    for name in ("TITLE_CONTRACT", "TI_DOC"):
        yield from form.iter(name)


def _line(element: Element | None) -> str:
    return prose(element).replace("\n", " ")


def _buyer(reading: Reading, body: Element) -> Buyer:
    country = next(iter(_attributes(body.iter("COUNTRY"), "VALUE")), reading.country())
    seat = next(iter(_attributes(body.iter("NUTS"))), country)
    # The oldest forms write the name into its frame.
    names = (_line(each) for tag in ("OFFICIALNAME", "ORGANISATION") for each in body.iter(tag))
    name = next(filter(None, names), "")
    return Buyer(name, next((text(each) for each in body.iter("NATIONALID")), ""), seat)


def _lot(id: str, head: Element, part: Element) -> Lot:
    return Lot(
        id,
        _line(head.find("TITLE")),
        prose(head.find("SHORT_DESCR")),
        value=money(part.find("VAL_OBJECT")) or money(head.find("VAL_ESTIMATED_TOTAL")),
        cpv=tuple(
            Code(code) for code in dict.fromkeys(c for c, _ in _coded(head.iter("CPV_CODE")))
        ),
        places=tuple(dict.fromkeys(_attributes(part.findall("NUTS")))),
    )


def _join(object: Element | None, name: str) -> str:
    return f"{object.get('ITEM', '')}.{name}" if object is not None else name


def _in(parts: Iterable[Element], tag: str) -> Iterator[Element]:
    for part in parts:
        yield from part.iter(tag)


def _coded(elements: Iterable[Element]) -> Iterator[tuple[str, str]]:
    for element in elements:
        if code := cpv.normal(element.get("CODE", "")):
            yield code, text(element)


def _attributes(elements: Iterable[Element], name: str = "CODE") -> Iterator[str]:
    for element in elements:
        if found := element.get(name, "").strip():
            yield found
