"""The check digit in slot 8 (the ninth character): 49 CFR 565.15(c), ISO 3779 annex B."""

from __future__ import annotations

from operator import mul
from typing import Literal

from core.vin.text import ALPHABET, LENGTH, VinError, is_vin

CheckDigitStatus = Literal["valid", "invalid", "not_applicable"]

CHECK_SLOT = 8
"""Slot of the check digit, counted from 0."""

WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
"""Weight of each slot; none but the check digit's own is 0 modulo 11."""

VALUES: dict[str, int] = dict(zip(ALPHABET, map(int, "012345678912345678123457923456789"), strict=True))
"""Value of each character, in the order of the alphabet; nine groups of letters share the digits 1 to 9."""


def check_digit(text: str) -> str:
    """What must stand in slot 8 of these 17 characters: ``0`` to ``9`` or ``X``.

    What does stand there has weight 0 and may be anything, ``?`` included.

    Raises:
        VinError: not 17 characters, or another one of them is not of the alphabet.
    """
    try:
        total = sum(
            map(mul, _OTHER_WEIGHTS, map(VALUES.__getitem__, text[:CHECK_SLOT] + text[CHECK_SLOT + 1 :]))
        )
    except KeyError as error:
        raise VinError(
            f"{text!r} has no check digit: {error.args[0]!r} is not a character of a VIN"
        ) from None
    if len(text) != LENGTH:
        raise VinError(f"{text!r} has no check digit: {len(text)} characters where a VIN has 17")
    return "0123456789X"[total % 11]


def check_digit_matches(text: str) -> bool:
    """Whether slot 8 agrees with the other 16, wherever the vehicle comes from; False where it is no VIN.

    Of VINs without a check digit one in eleven or more agrees by chance.
    """
    return is_vin(text) and check_digit(text) == text[CHECK_SLOT]


def check_digit_binds(text: str) -> bool:
    """Whether the law of the maker's country asks for a check digit, told from the WMI.

    It does in North America (49 CFR 565, Canada and Mexico alike: WMIs 1 to 5, and the newer US ones 7F to
    70; 7A to 7E are New Zealand's) and in China (GB 16735: L, and H of late). A European or Japanese vehicle
    built for North America carries one too, but its WMI does not tell.
    """
    return text[:1] in _BINDING or (text[:1] == "7" and len(text) > 1 and text[1] in _UNITED_STATES_7)


def check_digit_status(text: str) -> CheckDigitStatus:
    """``valid`` or ``invalid`` where the check digit binds, else ``not_applicable``.

    A European VIN whose slot 8 happens to agree is ``not_applicable``: calling it valid would count
    a coincidence as evidence. So is a text that is no VIN (``?`` in it, too short): nothing can be computed.
    """
    if not is_vin(text) or not check_digit_binds(text):
        return "not_applicable"
    return "valid" if check_digit(text) == text[CHECK_SLOT] else "invalid"


_OTHER_WEIGHTS = WEIGHTS[:CHECK_SLOT] + WEIGHTS[CHECK_SLOT + 1 :]
_BINDING = frozenset("12345LH")
_UNITED_STATES_7 = frozenset(ALPHABET) - frozenset("ABCDE")
