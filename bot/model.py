"""The words of the program: what a notice says, what we hold, what is worth saying. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

DeadlineKind = Literal[
    "enquiry",
    "submission",
    "participation",
    "engagement",
    "expected-notice",
    "opening",
    "award",
    "standstill",
    "contract-start",
    "contract-end",
]
# The order of consequence: a list of deadlines is told in it.
DEADLINE_KINDS: tuple[DeadlineKind, ...] = (
    "submission",
    "participation",
    "enquiry",
    "engagement",
    "expected-notice",
    "opening",
    "award",
    "standstill",
    "contract-start",
    "contract-end",
)

# Those that an award leaves in force, or brings.
AFTER_AWARD: frozenset[DeadlineKind] = frozenset({"standstill", "contract-start", "contract-end"})

Stage = Literal["planning", "tender", "award", "contract"]
STAGES: tuple[Stage, ...] = ("planning", "tender", "award", "contract")

Status = Literal["planned", "open", "cancelled", "awarded", "ended"]

EventName = Literal[
    "new", "amended", "cancelled", "awarded", "deadline", "started", "operators", "digest"
]

Scope = Literal["tender", "lot", "award", "contract"]


# ---------------------------------------------------------------- what a notice says


@dataclass(frozen=True, slots=True)
class Deadline:
    """A kind and an instant: move it and it is another deadline."""

    kind: DeadlineKind
    at: datetime  # UTC
    dated: bool = False  # the source gave a date without a time; `at` is the end of that local day
    firm: bool = True  # False: a forecast, as in a planned procurement notice
    origin: Literal["field", "words"] = "field"
    lot: str | None = None
    learned: datetime | None = field(default=None, compare=False)  # UTC; only on a record
    words: str = field(default="", compare=False)  # the sentence that it was read from

    @property
    def key(self) -> str:
        """`submission@2026-06-19T11:00Z`, with the lot before it where there is one."""
        lot = f"{self.lot}/" if self.lot else ""
        return f"{lot}{self.kind}@{self.at:%Y-%m-%dT%H:%M}Z"


@dataclass(frozen=True, slots=True)
class Value:
    """An estimate or a price; None where the notice states no figure (portals write 0 for that)."""

    net: float | None  # without VAT
    gross: float | None  # with VAT
    currency: str

    @property
    def amount(self) -> float | None:
        """The figure to compare with a band: net where stated, else gross."""
        return self.net if self.net is not None else self.gross


@dataclass(frozen=True, slots=True)
class Code:
    """One CPV code, eight digits, and its label where the notice carries one."""

    id: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A contracting authority: its name, its identifier at the source, where it sits."""

    name: str
    id: str = ""
    place: str = ""  # a NUTS/ITL code, a region's name or a postcode, as the source states it


# What a lot's status says where nobody can bid for it any more (OCDS `lotStatus`, and the result of
# an eForms lot in the same terms).
_CLOSED = frozenset({"cancelled", "withdrawn", "unsuccessful", "complete"})


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot of a procurement."""

    id: str
    title: str = ""
    description: str = ""
    status: str = ""
    value: Value | None = None
    cpv: tuple[Code, ...] = ()
    places: tuple[str, ...] = ()
    sme: bool | None = None
    vcse: bool | None = None
    criteria: tuple[str, ...] = ()  # how tenders are judged: "Price 40%"

    @property
    def closed(self) -> bool:
        """Whether it was called off or decided: its deadlines are nobody's any more."""
        return self.status in _CLOSED


@dataclass(frozen=True, slots=True)
class Extension:
    """The latest end of a contract, if every extension that it allows is taken."""

    at: datetime  # UTC; the end of that local day
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document offered to bidders (never the notice's own page)."""

    id: str
    title: str = ""
    url: str = ""
    modified: datetime | None = None  # UTC


@dataclass(frozen=True, slots=True)
class Award:
    """One award decision."""

    id: str
    suppliers: tuple[str, ...] = ()
    value: Value | None = None
    status: str = ""
    signed: datetime | None = None  # UTC; the contract's signature
    lots: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a notice states, or a record holds. None means unknown, an empty tuple none."""

    title: str | None = None
    description: str | None = None
    buyers: tuple[Buyer, ...] | None = None
    cpv: tuple[Code, ...] | None = None  # of the whole and of all lots, each once
    places: tuple[str, ...] | None = None  # of the whole and of all lots, as stated, each once
    value: Value | None = None
    procedure: str | None = None
    sme: bool | None = None  # suitable for small and medium enterprises
    vcse: bool | None = None  # suitable for voluntary, community and social enterprises
    deadlines: tuple[Deadline, ...] = ()
    lots: tuple[Lot, ...] | None = None
    documents: tuple[Document, ...] | None = None
    submission: str | None = None  # where to respond: an address or instructions
    contact: str | None = None  # whom to ask: name, e-mail, telephone
    engagement: str | None = None  # the market engagement in the buyer's words
    extensions: tuple[Extension, ...] | None = None
    awards: tuple[Award, ...] = ()
    url: str | None = None  # the notice's page for people


PROPOSED = "announced, not made yet"  # the label of a change of contract that may still fall


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of a corrigendum: the source itself says what was and what is now."""

    field: str  # a name of `Change.field`
    was: str | None
    now: str | None
    deadline: Deadline | None = None  # the new deadline, where the line moves one
    lot: str | None = None
    label: str = ""  # the section as the source names it: "IV.2.2 Time limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One publication, as its source tells it."""

    record: str  # the ocid or procedure id
    id: str
    published: datetime  # UTC
    kind: str  # UK4, F02, an eForms subtype, or the OCDS tags
    stage: Stage
    update: bool = False  # it says of itself that it changes an earlier notice
    restates: bool = True  # a full statement: what it leaves out is gone; a stub leaves it unknown
    status: Status | None = None
    cancels: Scope | None = None  # what this notice calls off
    facts: Facts
    edits: tuple[Edit, ...] = ()
    words: str = ""  # the buyer's own explanation of the amendment
    # The same procurement elsewhere, as stated: an address, an ocid, an eForms procedure's UUID, a
    # notice in TED as `ted:605902-2020`.
    links: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()  # what the reading had to leave out or repair


# ---------------------------------------------------------------- what we hold


@dataclass(frozen=True, slots=True)
class Step:
    """The first notice of a kind in a record's life: how it came to where it stands."""

    stage: Stage
    kind: str
    notice: str
    published: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A contracting process as we hold it: the fold of its notices."""

    source: str  # the source's name in the config
    id: str
    revision: int  # how many notices were folded; for display only
    stage: Stage
    status: Status
    kind: str  # of the last notice that moved it
    notice: str  # the last notice folded
    published: datetime  # UTC, of that notice
    steps: tuple[Step, ...] = ()
    facts: Facts = Facts()
    whole: bool = True  # False until a full statement was seen: only stubs are known
    words: str = ""  # the buyer's explanation of the last amendment that had one

    @property
    def key(self) -> str:
        """`find-a-tender:ocds-h6vhtk-05e520`."""
        return f"{self.source}:{self.id}"

    def seen(self, notice: Notice) -> bool:
        """Whether a notice of this form was folded: `award` and `awardUpdate` are one form."""
        form = _form(notice.kind)
        return any(s.stage == notice.stage and _form(s.kind) == form for s in self.steps)

    def having(self, **facts: Any) -> Record:
        """The same record with some of its facts replaced."""
        return replace(self, facts=replace(self.facts, **facts))


def _form(kind: str) -> str:
    return kind.replace("Update", "").replace("Amendment", "")


Was = str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Change:
    """One field, was → now. `field` is one of the names that `outbox --json` promises."""

    field: str
    was: Was
    now: Was
    lot: str | None = None
    origin: Literal["field", "words"] = "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something worth saying about a record, because of a notice or because time has passed."""

    key: str
    name: EventName
    source: str
    at: datetime  # UTC: the notice's publication, or when the reminder fell due
    record: Record | None = None  # as it stood after the event; None where it is about none
    before: Record | None = None
    notice: str | None = None
    changes: tuple[Change, ...] = ()
    decisions: tuple[Award, ...] = ()  # the awards that an `awarded` event tells
    words: str = ""
    notes: tuple[str, ...] = ()  # "already amended, the earlier version was not seen"
    deadline: Deadline | None = None
    lead: str | None = None  # as the config writes it: "7d"
    summary: Summary | None = None  # of a `started` event
    elsewhere: tuple[tuple[str, str], ...] = ()  # source and page of the same on other portals


@dataclass(frozen=True, slots=True)
class Summary:
    """A first run in one message: how many are open, and which close first."""

    subscription: str
    open: int
    first: tuple[Record, ...] = ()
