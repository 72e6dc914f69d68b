"""What the words before a date say is due then: a kind of deadline, or nothing. Pure.

Only what a supplier has to do by it, or may attend, counts. Words that do not say so for certain
say nothing here, however much they look like a deadline.
"""

from __future__ import annotations

import re

from bot.model import DeadlineKind, Stage
from bot.prose.vocabulary import (
    ABOUT,
    ACTION,
    ADDRESSED,
    ANSWERED,
    ANY_ENGAGED,
    ASKED,
    ASKS,
    BUYER_DOES,
    BUYER_EVENT,
    CLOSED_TO_ALL,
    COMPLETED,
    ELSE,
    ENGAGED,
    EVENT,
    FOR_SUPPLIERS,
    INTEREST,
    NEEDED,
    OF_TENDERS,
    OFF,
    OWED,
    SOME_EVENT,
    STANDS,
    TENDERS,
)

_THE_EVENT = re.compile(r"\s*(?:the|this)\s+(?:event|session|briefing)\b", re.IGNORECASE)


_DATE_OF = re.compile(
    r"\b(?:deadline(?:\s+date)?|cut-off"
    r"|(?:closing|return|submission|response|final|last|latest|due|question|clarification"
    r"|engagement|event|cut-off)\s+(?:date|time|day)(?:\s+(?:and|&)\s+(?:date|time))?)\b",
    re.IGNORECASE,
)
_SHUT = re.compile(r"closing|return|submission", re.IGNORECASE)
# Between a label and its date: "is", "has been extended to", a colon; no other verb.
_LINK = (
    r"(?:\s|[:=|,;–—*.(-]|\b(?:is|are|will|be|was|has|have|been|now|currently|of|on|at|by|the|to|no"
    r"|later|than|set|as|date|time|extended|changed|moved|revised|amended|adjusted|read|updated|new"
    r"|therefore|close|closes)\b)"
)
_LINKED = re.compile(rf"{_LINK}*\Z", re.IGNORECASE)
_FOR = re.compile(r"\s*(?:\([^()]{0,40}\)\s*)?(?:for|of|to|by\s+which)\s+", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|will|was|has|have|shall)\b|[:–—]|\s-", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*\([^()]{0,40}\)")
_DEADLINE = re.compile(r"[\s,–-]*(?:deadline|closing\s+date)\b", re.IGNORECASE)
# What may stand before a label that names nothing: the beginning of its clause, or a plain word.
_MODIFIER = re.compile(
    r"(?:\A|[:;,.(*•–—-])\s*\Z|\b(?:the|a|this|our|its|new|revised|final|current|published|amended"
    r"|extended|stated|strict|absolute|and)\s*\Z",
    re.IGNORECASE,
)
_BY = re.compile(
    r"\b(?:by|before|(?:no|not)\s+later\s+th[ae]n|latest|prior\s+to)"
    r"(?:\s+(?:no|later|than|the|latest|end|close|of|business|play|COB|day|on|at|date))*[\s:,]*\Z",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    rf"\b(?:closes?|closing|ending|will\s+end|ends|(?:is|be|are)\s+(?:kept\s+)?open\s+until"
    rf"|accepted\s+until){_LINK}*\Z",
    re.IGNORECASE,
)
_HELD = re.compile(
    r"\b(?:held|hosts?|hosted|hosting|tak(?:e|es|ing)\s+place|hold|holding|scheduled|planned"
    r"|conducted"
    r"|attend|attending|runs?|running|arranged|organised|organising)\b",
    re.IGNORECASE,
)
_ON = re.compile(r"(?:\b(?:on|for|date|be|is|at)\b|[:–—-])[\s:]*(?:the\s+)?\Z", re.IGNORECASE)
# "Market Engagement Event 24/09/26": an event and its date, with nothing between the two.
_NAMED = re.compile(r"(?:\b(?:is|date|on)\b|[\s:–—-])*\Z", re.IGNORECASE)


# The date that was, and is no longer: "the original closing date was".
_OLD = re.compile(r"\b(?:original|previous|initial|former|earlier|old)(?:ly)?\b", re.IGNORECASE)
# "Deadline: 30 June for delivery": of something else after all.
_FOR_ELSE = re.compile(
    r"[\s,]*for\s+(?!(?:the\s+|all\s+|any\s+)?(?:submission|receipt|return|review|all|those|suppl"
    r"|provid|interest|clarif|question|tender|bid|respon))",
    re.IGNORECASE,
)

_GOVERNS = 160  # characters before a cue that say what it is about
_LEAD = 320


def meaning(lead: str, tail: str, stage: Stage, context: str = "") -> DeadlineKind | None:
    """The kind of deadline that a date is, by the words of its sentence before and behind it.

    `context` is what stands before the sentence: it says what "the event" is.
    """
    lead = lead[-_LEAD:]
    if OFF.search(lead) or OFF.search(tail[:40]):
        return None
    kind = _labelled(lead, stage) or _bound(lead, stage) or _closing(lead, stage)
    kind = kind or _event(lead, stage, context) or _trailing(lead, tail, stage)
    return None if kind and _FOR_ELSE.match(tail) else kind


def _labelled(lead: str, stage: Stage) -> DeadlineKind | None:
    """ "The closing date for the receipt of tenders is", "Question deadline:"."""
    labels = [*_DATE_OF.finditer(lead)]
    if not labels:
        return None
    label = labels[-1]
    before = lead[max(0, label.start() - 90) : label.start()]
    rest = _BRACKETS.sub(" ", lead[label.end() :], count=1)
    if _OLD.search(before[-40:]):
        return None
    named = f"{before} {label[0]}"
    if _LINKED.match(rest):
        if _known(f"{_last_words(before)} {label[0]}") or _MODIFIER.search(before):
            # "Deadline" alone may be that of either stage of a tender.
            return _kind(
                _clause(named), stage, bare=stage == "planning" or bool(_SHUT.match(label[0]))
            )
        return None
    introduced = _FOR.match(rest)
    if not introduced:
        return None
    verb = _VERB.search(rest, introduced.end())
    matter = rest[introduced.end() : verb.start() if verb else len(rest)]
    if verb and not _LINKED.match(rest, verb.start()):
        return None
    if len(matter) > 140 or ELSE.search(matter) or BUYER_DOES.search(f"{matter} "):
        return None
    return _kind(matter, stage, bare=False)


def _last_words(text: str) -> str:
    return " ".join(text.split()[-2:])


def _clause(text: str) -> str:
    """From the last break of a sentence on."""
    return re.split(r"[;:•|]|\s[–—-]\s", text.rstrip(" :–—-"))[-1]


def _known(text: str) -> bool:
    parts = (ASKED, INTEREST, TENDERS, ENGAGED, ANY_ENGAGED)
    return any(part.search(text) for part in parts)


def _bound(lead: str, stage: Stage) -> DeadlineKind | None:
    """ "Responses must be submitted by"."""
    cue = _BY.search(lead, max(0, len(lead) - 60))
    if not cue:
        return None
    said = lead[: cue.start()]
    near = said[-_GOVERNS:]
    if any(word.search(near) for word in (ELSE, BUYER_DOES, STANDS)) or NEEDED.search(said):
        return None
    last = [found[0] for found in ACTION.finditer(said)][-1:]
    if last and last[0].lower().startswith("complet") and not COMPLETED.search(near):
        return None
    if not (ACTION.search(said) and (ASKS.search(said) or INTEREST.search(near))):
        return None
    if stage == "planning" and not any(w.search(said) for w in (ADDRESSED, ENGAGED, ASKED)):
        return None
    return _kind(said, stage, bare=stage == "planning")


def _closing(lead: str, stage: Stage) -> DeadlineKind | None:
    """ "This opportunity closes at"."""
    cue = _CLOSES.search(lead, max(0, len(lead) - 80))
    if not cue:
        return None
    said = lead[max(0, cue.start() - _GOVERNS) : cue.start()]
    if CLOSED_TO_ALL.search(said) or ELSE.search(said) or not _known(said):
        return None
    return _kind(said, stage, bare=False)


def _trailing(lead: str, tail: str, stage: Stage) -> DeadlineKind | None:
    """ "Stage 1 questionnaire: 9 September 2026, noon deadline"."""
    if not (_DEADLINE.match(tail) and lead.rstrip().endswith((":", "-", "–")) and _known(lead)):
        return None
    return _kind(lead, stage, bare=False)


def _event(lead: str, stage: Stage, context: str) -> DeadlineKind | None:
    """ "A webinar for suppliers will be held on"; whatever the stage it engages the market."""
    if BUYER_EVENT.search(lead):
        return None
    events = [*EVENT.finditer(lead)]
    if not events and stage == "planning":
        some = [*SOME_EVENT.finditer(lead)]
        if FOR_SUPPLIERS.search(lead) or (_THE_EVENT.match(lead) and EVENT.search(context)):
            events = some
    if not events:
        return None
    named = _NAMED.match(lead, events[-1].end())
    held = any(_HELD.finditer(lead)) and _ON.search(lead)
    return "engagement" if named or held else None


def _kind(said: str, stage: Stage, *, bare: bool) -> DeadlineKind | None:
    """What is due, by the words for it; with `bare`, what the stage is about if none are said."""
    said = ABOUT.sub(" ", said)
    if OWED.search(said):
        return None
    answered = ANSWERED.search(said)
    asked = [] if answered else [*ASKED.finditer(said)]
    interest = INTEREST.search(said)
    if stage == "planning":
        if asked and not (interest and interest.start() < asked[0].start()):
            return "enquiry"
        if OF_TENDERS.search(said) and not ENGAGED.search(said):
            return None
        return "engagement" if bare or ENGAGED.search(said) or ANY_ENGAGED.search(said) else None
    if answered:
        return None
    if asked and not any(OF_TENDERS.search(said, one.end()) for one in asked[-1:]):
        return "enquiry"
    if EVENT.search(said):
        return "engagement"
    if interest:
        return "participation"
    return "submission" if bare or TENDERS.search(said) else None
