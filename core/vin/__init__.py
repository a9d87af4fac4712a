"""What a Vehicle Identification Number is: 17 characters, ISO 3779 (structure), ISO 3780 (WMI), 49 CFR 565.

``text``: alphabet, normalising what people type, what is wrong with a text. ``digit``: the check digit and
where it binds. ``origin``: maker, country, model year. ``repair``: what readers mix up, and edits that
would make the check digit agree. All of it is pure and takes normalised text unless it says otherwise.

Slots are counted 0..16 in code and 1..17 in messages to people; the check digit stands in slot 8.
"""

from core.vin.digit import (
    CHECK_SLOT,
    VALUES,
    WEIGHTS,
    CheckDigitStatus,
    check_digit,
    check_digit_binds,
    check_digit_matches,
    check_digit_status,
)
from core.vin.origin import Maker, maker, model_year, wmi_starts
from core.vin.repair import CONFUSIONS, Repair, blind_substitutions, confusable_with, repairs
from core.vin.text import (
    ALPHABET,
    LENGTH,
    UNREAD,
    Normalised,
    VinError,
    is_vin,
    normalise,
    normalise_marked,
    parse,
    problems,
)

__all__ = [
    "ALPHABET",
    "CHECK_SLOT",
    "CONFUSIONS",
    "LENGTH",
    "UNREAD",
    "VALUES",
    "WEIGHTS",
    "CheckDigitStatus",
    "Maker",
    "Normalised",
    "Repair",
    "VinError",
    "blind_substitutions",
    "check_digit",
    "check_digit_binds",
    "check_digit_matches",
    "check_digit_status",
    "confusable_with",
    "is_vin",
    "maker",
    "model_year",
    "normalise",
    "normalise_marked",
    "parse",
    "problems",
    "repairs",
    "wmi_starts",
]
