"""The buyers and suppliers of the demo's notices, every one of them invented. Pure."""

from __future__ import annotations

from bot.demo.shapes import Body

CALDERBROOK = Body(
    "Calderbrook Metropolitan Borough Council", "PCBK-1204-RTNM", "Calderbrook", "PR9 0ZZ", "UKD73"
)
WEXMOOR = Body("Wexmoor County Council", "PWXM-3318-KDLH", "Wexmoor", "LE3 0ZZ", "UKF22")
ASHDENE = Body("Ashdene Schools Trust", "PASH-7741-VGCB", "Ashdene", "ST17 0ZZ", "UKG24")
THORNMOUTH = Body(
    "Port of Thornmouth Harbour Authority", "PTHM-2290-QWZC", "Thornmouth", "TR11 0ZZ", "UKK30"
)
LARKHAVEN = Body("University of Larkhaven", "PLKH-5512-NDTF", "Larkhaven", "PL4 0ZZ", "UKK41")
SALTMARSH = Body(
    "Saltmarsh NHS Foundation Trust", "PSLT-8093-HBJR", "Saltmarsh", "CT1 0ZZ", "UKJ44"
)
KESTREL = Body(
    "Kestrel Vale Fire and Rescue Authority", "PKSV-6127-LPXD", "Kestrel Vale", "LD1 0ZZ", "UKL24"
)
FENBRIDGE = Body("Fenbridge District Council", "900101", "Fenbridge", "PE30 0ZZ", "UKH16")

GRITWELL = Body(
    "Gritwell Highways Limited", "99000001", "Gritwell", "LE4 0ZZ", "UKF22", scheme="GB-COH"
)
LINGUA = Body("Common Tongue CIC", "99000002", "Tongue", "PL1 0ZZ", "UKK41", scheme="GB-COH")
GREENHAND = Body("Greenhand Grounds Limited", "900102", "Greenhand", "PE31 0ZZ", "UKH16")
