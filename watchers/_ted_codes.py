"""The code lists of TED: languages, zones, procedures, results, and what form types mean. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Stage, Status

# ISO 639-1 to the codes of three letters that eForms and the search state.
LANGUAGES = {
    "bg": "bul",
    "bs": "bos",
    "ca": "cat",
    "cs": "ces",
    "cy": "cym",
    "da": "dan",
    "de": "deu",
    "el": "ell",
    "en": "eng",
    "es": "spa",
    "et": "est",
    "eu": "eus",
    "fi": "fin",
    "fr": "fra",
    "ga": "gle",
    "gl": "glg",
    "hr": "hrv",
    "hu": "hun",
    "is": "isl",
    "it": "ita",
    "lb": "ltz",
    "lt": "lit",
    "lv": "lav",
    "mk": "mkd",
    "mt": "mlt",
    "nb": "nob",
    "nl": "nld",
    "nn": "nno",
    "no": "nor",
    "pl": "pol",
    "pt": "por",
    "ro": "ron",
    "ru": "rus",
    "sk": "slk",
    "sl": "slv",
    "sq": "sqi",
    "sr": "srp",
    "sv": "swe",
    "tr": "tur",
    "uk": "ukr",
}
# Local time where an old notice states no offset, and where a stated one is unlike it.
ZONES = {
    "AL": "Europe/Tirane",
    "AT": "Europe/Vienna",
    "BA": "Europe/Sarajevo",
    "BG": "Europe/Sofia",
    "CH": "Europe/Zurich",
    "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn",
    "EL": "Europe/Athens",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest",
    "IE": "Europe/Dublin",
    "IS": "Atlantic/Reykjavik",
    "IT": "Europe/Rome",
    "LI": "Europe/Vaduz",
    "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg",
    "LV": "Europe/Riga",
    "MD": "Europe/Chisinau",
    "ME": "Europe/Podgorica",
    "MK": "Europe/Skopje",
    "MT": "Europe/Malta",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
    "RS": "Europe/Belgrade",
    "SE": "Europe/Stockholm",
    "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
    "TR": "Europe/Istanbul",
    "UA": "Europe/Kyiv",
    "UK": "Europe/London",
}
# procurement-procedure-type
PROCEDURES = {
    "open": "Open procedure",
    "restricted": "Restricted procedure",
    "neg-w-call": "Negotiated procedure with a call for competition",
    "neg-wo-call": "Negotiated procedure without a call for competition",
    "comp-dial": "Competitive dialogue",
    "comp-tend": "Competitive tendering",
    "innovation": "Innovation partnership",
    "oth-single": "Other procedure in one stage",
    "oth-mult": "Other procedure in several stages",
    "exp-int-rail": "Request for expressions of interest (rail)",
}
# winner-selection-status in the terms of OCDS
RESULTS = {"selec-w": "active", "clos-nw": "unsuccessful", "open-nw": "pending"}
# The same of a lot, in the terms of a lot's status.
ENDED = {"selec-w": "complete", "clos-nw": "unsuccessful", "open-nw": "active"}
# BT-140, change-corrig-justification, where the code says more than that something was corrected.
REASONS = {
    "cancel": "The notice was cancelled.",
    "cancel-intent": "The buyer intends to cancel the procedure.",
    "susp-review": "The procedure is suspended by a review.",
}
# non-award-justification: no tender received, all rejected, only one admissible
NO_TENDER = frozenset({"no-rece", "all-rej", "one-admis"})


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind of notice means for its record."""

    stage: Stage
    status: Status | None
    restates: bool
    update: bool = False


PLANNING = Form("planning", "planned", True)
COMPETITION = Form("tender", "open", True)
RESULT = Form("award", "awarded", False)
MODIFICATION = Form("contract", None, False, update=True)
COMPLETION = Form("contract", "ended", False, update=True)
# BT-03, the form type
FORMS = {
    "planning": PLANNING,
    "consultation": PLANNING,
    "competition": COMPETITION,
    "dir-awa-pre": RESULT,
    "result": RESULT,
    "cont-modif": MODIFICATION,
    "completion": COMPLETION,
}
