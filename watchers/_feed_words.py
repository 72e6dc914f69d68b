"""CPV codes and deadlines that stand in words, where nothing else can be meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import cpv, when
from bot.model import Code, Deadline, DeadlineKind
from bot.prose.dates import DATE, TIME, day, hour, zone_name
from bot.prose.sentences import shown

# ---------------------------------------------------------------- CPV

_EIGHT = re.compile(r"(?<![\w.,-])(\d{8})(?:-(\d))?(?![\w]|[-.,/]\d)", re.ASCII)
_NAMED = re.compile(r"CPV\D{0,40}\Z", re.IGNORECASE)
# Between two codes of one list: labels, commas, a line break; no word that numbers follow as well.
_LISTED = re.compile(
    r"(?!.*\b(?:tel\w*|phone|fax|mobile|ref|reference|eur|gbp|usd|id|no|nr|n[º°])\b)[^\d:.€£$]{0,100}",
    re.IGNORECASE | re.DOTALL,
)


def codes(text: str) -> tuple[Code, ...]:
    """The CPV codes of a text, each once.

    Eight digits count behind the word CPV, in a list that begins so, or with a check digit that
    fits. A telephone number or a sum of eight digits has none of these.
    """
    found: dict[str, None] = {}
    listed = -1  # where the last code that was recognised ends
    for match in _EIGHT.finditer(text):
        named = _NAMED.search(text, max(0, match.start() - 43), match.start())
        behind = listed >= 0 and _LISTED.fullmatch(text, listed, match.start())
        checked = match[2] is not None and match[2] == cpv.check_digit(match[1])
        if (named or behind or checked) and _exists(match[1]):
            found[match[1]] = None
            listed = match.end() if named or behind else -1
    return tuple(Code(code) for code in found)


def _exists(code: str) -> bool:
    try:
        cpv.parse(code)
    except ValueError:
        return False
    return True


# ---------------------------------------------------------------- deadlines

_BIDS = (
    r"(?:tenders?|bids?|proposals?|quotations?|quotes?|offers?|applications?|responses?"
    r"|submissions?)"
)
_ASKED = (
    r"(?:clarifications?(?: questions?)?|questions?|enquir(?:y|ies)|queries"
    r"|requests for clarification)"
)
_INTEREST = r"(?:expressions? of interest|requests? to participate|applications to participate)"
_OF = r"(?:(?:the )?(?:receipt|submission|return|submitting|receiving) (?:of )?)?(?:the |all )?"
_ENDS = r"(?:deadline|closing date|closing time|final date|last date)(?: and time)?"
# What introduces a deadline. A word that is also used of contracts, works or payments is not here.
_LABELS: tuple[tuple[DeadlineKind, str], ...] = (
    ("enquiry", rf"{_ASKED} {_ENDS}|{_ENDS} for {_OF}{_ASKED}"),
    ("enquiry", r"fecha límite (?:de|para)(?: las?)? (?:consultas|preguntas|aclaraciones)"),
    ("enquiry", r"frist für (?:bieter)?fragen|date limite (?:des|pour les) questions"),
    ("participation", rf"{_INTEREST} {_ENDS}|{_ENDS} for {_OF}{_INTEREST}"),
    ("participation", r"fecha límite (?:de|para)(?: la)?(?: presentación de)?(?: las)? solicitudes"
                      r" de participación"),
    ("participation", r"teilnahmefrist|bewerbungsfrist|schlusstermin für (?:den eingang der )?"
                      r"teilnahmeanträge"),
    ("participation", r"date limite (?:de (?:réception|remise|dépôt) )?des candidatures"),
    ("submission", rf"(?:{_BIDS} )?(?:{_ENDS}|(?:submission|response) (?:deadline|date))"
                   rf"(?: for {_OF}{_BIDS})?"),
    ("submission", r"fecha(?: y hora)? límite(?: (?:de|para)(?: la)? (?:presentación|recepción"
                   r"|entrega)(?: de(?: las)? (?:ofertas|proposiciones|plicas))?)?"
                   r"|plazo de presentación(?: de (?:ofertas|proposiciones))?"),
    ("submission", r"schlusstermin(?: für (?:den eingang|die abgabe|die einreichung) der"
                   r" angebote)?|angebotsfrist|abgabefrist|einreichungsfrist"
                   r"|ablauf der angebotsfrist|frist für die abgabe der angebote"),
    ("submission", r"date(?: et heure)? limite(?: de (?:réception|remise|dépôt|réponse|soumission)"
                   r"(?: des (?:offres|plis|propositions))?)?"),
    ("submission", r"scadenza(?: (?:per la )?presentazione (?:delle )?offerte)?"
                   r"|termine (?:per la|di) (?:presentazione|ricezione) delle offerte"),
    ("submission", r"data limite(?: (?:de|para) (?:apresentação|entrega)(?: d[ea]s? propostas)?)?"
                   r"|prazo (?:para|de) apresentação d[ea]s propostas"),
    ("submission", r"sluitingsdatum|sluitingstermijn|termin składania ofert"),
)  # fmt: skip
_LABEL = re.compile(
    "|".join(
        rf"(?P<{kind}{number}>{written})".replace(" ", r"\s+")
        for number, (kind, written) in enumerate(_LABELS)
    ).join((r"(?<!\w)(?:", r")(?!\w)")),
    re.IGNORECASE,
)
# A label begins a line, a clause or a sentence: "the contract deadline" is another one.
_BEGINS = re.compile(
    r"(?:\A|[\n.;:!?•|(,/–—-]|(?:\A|[\n.;:!?•|(,–—-]\s*|\b(?:and|y|und|et)\s+)"
    r"(?:the|la|el|der|die|le|il|o|a|final|new))[\s*\"'>]*\Z",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?:\s|[:=|,/–—-]|\((?![^)]*\d)[^)\n]{0,40}\)|\b(?:is|es|ist|est|è|é|by|on|at|el|día|am|bis|le"
    r"|il|ao|dia|hasta|now|of|den|the|op|do|extended|to)\b){0,12}",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"(?:\s|[,|(T–—-]|\b(?:at|by|on|of|a las|um|à|alle|ore|às|om|the|den|the|no later than)\b"
    r"|hora:?|time:?){0,8}",
    re.IGNORECASE,
)
# What makes of a date the first of two, or of a time one that cannot be read.
_GOES_ON = re.compile(
    rf"\s*(?:[-–—]|to|and|or|until|till|hasta|bis|au|al|y|et|und)\s*(?:{DATE.pattern})",
    re.IGNORECASE | re.VERBOSE,
)
_HOUR_NEAR = re.compile(
    r"[^\n;]{0,14}?(?<!\d)(?:\d{1,2}[:.h]\d\d(?!\d)|midnight|\d\s*[ap]m\b)", re.I
)
# "Deadline: 30 June 2026 for delivery": of something else after all.
_OF_ELSE = re.compile(rf"[\s,]*for\s+(?!{_OF}(?:{_BIDS}|{_ASKED}|{_INTEREST})\b)", re.IGNORECASE)
_LATEST = timedelta(days=3660)  # what lies further ahead is a slip of the year


def deadlines(
    text: str, published: datetime, zone: ZoneInfo, language: str
) -> tuple[Deadline, ...]:
    """The deadlines that a text states behind a word that means nothing else.

    `zone` is that of the times in it, `language` (BCP 47) settles 03/04/2026. What is not after
    `published`, cannot be read to the end, or is stated twice and differently stays unknown.
    """
    found: dict[DeadlineKind, dict[tuple[datetime, bool], str]] = {}
    for kind, at, dated, words in _stated(text, zone, language):
        if published < at < published + _LATEST:
            found.setdefault(kind, {}).setdefault((at, dated), words)
    return tuple(
        Deadline(kind, *moment, origin="words", words=moments[moment])
        for kind, moments in found.items()
        if (moment := _agreed(set(moments), zone))
    )


def _agreed(moments: set[tuple[datetime, bool]], zone: ZoneInfo) -> tuple[datetime, bool] | None:
    """The one moment, or the one with a time of those on one day; None where they differ."""
    timed = [moment for moment in moments if not moment[1]]
    if len({at.astimezone(zone).date() for at, _ in moments}) > 1 or len(timed) > 1:
        return None
    return timed[0] if timed else next(iter(moments))


def _stated(
    text: str, zone: ZoneInfo, language: str
) -> Iterator[tuple[DeadlineKind, datetime, bool, str]]:
    for label in _LABEL.finditer(text):
        if not _BEGINS.search(text, max(0, label.start() - 24), label.start()):
            continue
        kind = _LABELS[int(re.sub(r"\D", "", label.lastgroup or "0"))][0]
        if moment := _moment(text, _past(_BETWEEN, text, label.end()), zone, language):
            yield kind, *moment, shown(text, label.start(), label.end())


def _moment(text: str, place: int, zone: ZoneInfo, language: str) -> tuple[datetime, bool] | None:
    """A date, then perhaps a time, or the other way round; None where either is in doubt."""
    early = TIME.match(text, place)
    date = DATE.match(text, _past(_THEN, text, early.end()) if early else place)
    if early and not date:  # "19.06.2026" begins like a time
        early, date = None, DATE.match(text, place)
    if date is None or _GOES_ON.match(text, date.end()):
        return None
    late = None if early else TIME.match(text, _past(_THEN, text, date.end()))
    time = early or late
    end = max(date.end(), time.end() if time else 0)
    if time is None and _HOUR_NEAR.match(text, end):
        return None
    stated = day(date, language)
    if stated is None or _GOES_ON.match(text, end) or _OF_ELSE.match(text, end):
        return None
    if time is None:
        return _instant(stated, zone)
    clock = hour(time)
    moment = _instant(f"{stated}T{clock}{time['offset'] or ''}", zone) if clock else None
    return moment if moment and _zone_fits(zone_name(time), moment[0], zone) else None


def _zone_fits(stated: str, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a zone's name is that of the place: "GMT" in summer may mean either hour."""
    return not stated or stated == at.astimezone(zone).tzname()


def _instant(written: str, zone: ZoneInfo) -> tuple[datetime, bool] | None:
    try:
        return when.instant(written, zone)
    except ValueError:
        return None


def _past(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place
