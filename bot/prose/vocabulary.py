"""English notices' words for what is due, what suppliers do, and what other dates are of. Pure.

Each is searched in a stretch of one sentence, never in a whole text.
"""

from __future__ import annotations

import re


def words(written: str) -> re.Pattern[str]:
    """Any of the words at the beginning of one, in whatever case; blanks are for the eye."""
    return re.compile(rf"\b(?:{written})", re.IGNORECASE | re.VERBOSE)


# ---------------------------------------------------------------- what is due

ASKED = words(r"clarif\w+ | questions?\b | quer(?:y|ies)\b | enquir(?:y|ies)\b")
# "Respond to the questions below" answers questions, it asks none.
ANSWERED = words(r"(?:respon\w+|repl\w+|answers?)\s+to\s+(?:[a-z]+\s+){0,4}questions?")
# The buyer's own answers.
OWED = words(
    r"(?:clarif\w+|questions?)\s+(?:responses?|answers?)"
    r"| (?:responses?|answers?|replies)\s+to\s+(?:[a-z]+\s+){0,4}(?:clarif\w+|queries|enquiries)"
)
INTEREST = words(
    r"express\w*\s+(?:of\s+)?(?:an?\s+|your\s+|their\s+|its\s+)?interest | EOIs?\b | (?:P?SQ"
    r"|PQQ)s?\b"
    r"| PSQs?\b | (?:procurement[\s-]+specific|selection|pre-?qualification)\s+questionnaires?"
    r"| requests?\s+to\s+participate | stage\s+(?:1|one)\b | conditions\s+of\s+participation"
)
TENDERS = words(
    r"tenders?\b | bids?\b | quot(?:e|ation)s?\b | proposals?\b | submissions?\b"
    r"| responses?\b | offers?\b | ITTs?\b | RFQs?\b | opportunity\b | returns?\b | competition\b"
)
OF_TENDERS = words(r"(?<!pre-)(?<!pre\s)(?:tenders?|bids?|quot(?:e|ation)s?|ITTs?|offers?)\b")
ENGAGED = words(
    r"engagement | RFIs?\b | PMEQ?\b | MSQs?\b | requests?\s+for\s+information | questionnaires?"
    r"| surveys? | soundings? | soft[\s-]+market | consultation | interest\b | EOIs?\b | feedback"
)
ANY_ENGAGED = words(
    r"responses?\b | respond\w* | submi\w+ | repl(?:y|ies)\b | notice\b | regist\w+ | exercise\b"
    r"| opportunity\b | window\b | return\b"
)
EVENT = words(
    r"site[\s-]+visits? | meet[\s-]the[\s-]buyer"
    r"| (?:suppliers?|bidders?|tenderers?|providers?|industry|information|briefing|PME"
    r"|market\s+(?:engagement|information|briefing|sounding|warming))['’]?s?"
    r"\s+(?:engagement\s+|information\s+|briefing\s+)?(?:events?|days?|sessions?|briefings?"
    r"|meetings?|webinars?)"
)
SOME_EVENT = words(r"events?\b | sessions?\b | briefings?\b | webinars?\b")
FOR_SUPPLIERS = words(
    r"suppliers? | bidders? | providers? | PME\b | (?<!community\s)(?<!public\s)engagement "
    r"| teams\b | online | virtual\w*"
    r"| webinars?\b | attend\w*"
)
# "Questions about this tender": what they are about is not what is due.
ABOUT = re.compile(
    r"\b(?:relat\w+\s+to|in\s+relation\s+to|regarding|about|concerning|in\s+respect\s+of"
    r"|arising\s+from"
    r"|with\s+regards?\s+to|linked\s+to|on)\s+(?:the\s+|this\s+|our\s+|any\s+)?(?:[\w-]+\s+){0,2}?"
    r"(?:tender|opportunity|procurement|notice|event|ITT|RFQ|process|site\s+visit)\b",
    re.IGNORECASE,
)

# ---------------------------------------------------------------- what suppliers do

ACTION = words(
    r"submi\w+ | return\w* | sen[dt]\b | sending | respon[ds]\w* | repl(?:y|ied|ies)\b | receiv\w+"
    r"| regist\w+ | express\w* | e-?mail\w* | complet\w+ | contact\b | confirm\w* | upload\w*"
    r"| request\w* | communicat\w+ | notify | rais\w+ | ask\b | provide\s+(?:feedback|answers)"
)
ASKS = words(
    r"must | should | shall | please | kindly | to\s+be\b | need\s+to | will\s+need | can\b | may\b"
    r"| (?:are|is|be)\s+(?:invited|requested|asked|required|encouraged|welcome) | if\s+you "
    r"| wishing"
    r"| all\s+(?:responses|requests|tenders|bids)"
)
# In a plan anything may be "submitted by" a day, unless it is the reader who is asked to.
ADDRESSED = words(
    r"please | kindly | suppliers? | providers? | organisations? | interested | interest\b "
    r"| wish\w* | invited | you\b | your\b | e-?mail\w*"
    r"| responses?\b | via\s+(?:the\s+)?portal | all\s+requests"
)
# What is completed is as often the work: the paper must stand beside the word.
_PAPER = (
    r"(?:questionnaires?|forms?|documents?|responses?|tenders?|quotations?|submissions?|surveys?"
    r"|RFIs?|MSQs?)"
)
COMPLETED = re.compile(
    rf"\b{_PAPER}\s+(?:[\w()-]+\s+){{0,5}}complet\w+|\bcomplet\w+\s+(?:[\w()-]+\s+){{0,6}}{_PAPER}",
    re.IGNORECASE,
)

# ---------------------------------------------------------------- what else a date can be of

ELSE = words(
    r"commenc\w+ | start(?:s|ing|ed)?\b(?:\s+dates?)? | go(?:es)?[\s-]+live | go-live "
    r"| mobilis\w+ | expir\w+"
    r"| contract\s+(?:\w+\s+){0,2}(?:end|period|term|will|is|run|award)\w* | award\w* | evaluat\w+"
    r"| moderat\w+ | interview\w* | standstill | representations? | approv\w+ | publish\w* "
    r"| publication"
    r"| issued?\b | issuing | releas\w+ | advertis\w+ | available | implement\w* | outputs? "
    r"| final\s+report"
    r"| reports?\b | deliver(?:y|ed|ables?)?\b | works\s | invoic\w+ | pay(?:ment|able)?\b "
    r"| regulations?"
    r"| directive | legislation | effective | launch\w* | initial\s+term | extension | extend\s "
    r"| accredit\w+"
    r"| certificat\w+ | install\w* | approx\w* | operational"
)
BUYER_DOES = re.compile(
    r"\b(?:council|authority|buyer|trust|we|department|university|commissioners?|we'll)\s+"
    r"(?:will|intends?|aims?|expects?|hopes?|plans?|anticipates?|to)\b"
    r"|\bwill\s+(?:be\s+)?(?:published|provided|answered|available|notified|informed|respond\w*"
    r"|reviewed)",
    re.IGNORECASE,
)
# Events of the evaluation and of the service itself, and what is before or after an event.
BUYER_EVENT = words(
    r"interview\w* | presentations?\s+(?:by|from) | evaluat\w+ | award\w* | contract\s+start "
    r"| prior\s+to"
    r"| after | following | festival | concert | launch"
)
# "Equipment needed by", "to be finished by": what is due is not a tender.
NEEDED = re.compile(
    r"\b(?:needed|required|delivered|in\s+place|ready|finished|live|achieved|built|spent|used|valid"
    r"|made|signed|vacated|paid|operational)\s*\Z",
    re.IGNORECASE,
)
STANDS = words(r"valid\w* | remain\w* | held\b | hold\b | acceptance")
CLOSED_TO_ALL = words(
    r"access | school | office | portal\b | helpdesk | years?\b | financial | period\b"
)
OFF = words(r"cancel\w* | withdrawn | no\s+longer | postponed\s+from")
