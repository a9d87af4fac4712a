"""The text of a VIN: its alphabet, what people type for it, and what is wrong with a text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
"""The 33 characters of a VIN (ISO 3779: no I, O, Q); this order is the class order of all networks."""

LENGTH = 17
"""Characters in a VIN."""

UNREAD = "?"
"""Stands for a character that cannot be read."""


class VinError(ValueError):
    """A text is not a VIN; the message says all that is wrong with it."""


@dataclass(frozen=True)
class Normalised:
    """A text in the letters of a VIN.

    Attributes:
        text: upper case, separators gone, look-alikes exchanged.
        exchanged: indices in ``text`` where another character was typed (I, O, Q, Cyrillic, Greek), so that a
            desk can show it; change of case or of width does not count.
    """

    text: str
    exchanged: tuple[int, ...]


def normalise(text: str, keep_unread: bool = False) -> str:
    """The text of :func:`normalise_marked`, for those who need no marks."""
    return normalise_marked(text, keep_unread).text


def normalise_marked(text: str, keep_unread: bool = False) -> Normalised:
    """Bring what a person typed, or another program wrote, into the letters of a VIN.

    Upper case; full-width and other forms of one letter become that letter; everything that is neither
    letter nor digit is dropped (spaces, hyphens, dots, the asterisks that frame a stamped VIN); Cyrillic and
    Greek look-alikes become Latin; I becomes 1, O and Q become 0. Letters without a look-alike stay, so that
    :func:`problems` can name them. The length is not touched.

    Args:
        text: any text.
        keep_unread: leave ``?`` (a character that cannot be read) where it stands instead of dropping it.
    """
    kept: list[str] = []
    exchanged: list[int] = []
    for character in unicodedata.normalize("NFKC", text).upper():
        if character.isdecimal():
            kept.append(str(unicodedata.decimal(character)))
        elif character in _LOOK_ALIKES:
            exchanged.append(len(kept))
            kept.append(_LOOK_ALIKES[character])
        elif character.isalnum() or (keep_unread and character == UNREAD):
            kept.append(character)
    return Normalised("".join(kept), tuple(exchanged))


def is_vin(text: str) -> bool:
    """Whether the text has 17 characters, all of the alphabet; the check digit is not looked at."""
    return len(text) == LENGTH and _CHARACTERS.issuperset(text)


def problems(text: str, unread_allowed: bool = False) -> list[str]:
    """What keeps a text from being a VIN, one sentence each, empty where nothing does.

    Args:
        text: taken as it is; call :func:`normalise` before to forgive what can be forgiven.
        unread_allowed: do not count ``?`` as a problem.
    """
    found = []
    if not text:
        return ["there is no text; a VIN has 17 characters"]
    if len(text) != LENGTH:
        away = len(text) - LENGTH
        found.append(
            f"{len(text)} characters, {f'{-away} too few' if away < 0 else f'{away} too many'}: a VIN has 17"
        )
    for place, character in enumerate(text, 1):
        if character == UNREAD:
            if not unread_allowed:
                found.append(f"character {place} is not read yet")
        elif character not in _CHARACTERS:
            found.append(f"character {place} is {character!r}: {_why_not(character)}")
    return found


def parse(text: str) -> str:
    """The VIN in what a person typed, normalised; the check digit is not looked at.

    Raises:
        VinError: it is not one, after all that :func:`normalise` forgives.
    """
    vin = normalise(text, keep_unread=True)
    found = problems(vin)
    if found:
        shown = text if len(text) <= 40 else text[:40] + "..."
        raise VinError(f"{shown!r} is not a VIN: {'; '.join(found)}")
    return vin


_CHARACTERS = frozenset(ALPHABET)

# On a Russian keyboard these letters look right and are not.
_CYRILLIC = dict(zip("АВЕЗКМНОРСТУХЅІЈҮԜ", "ABE3KMH0PCTYXS1JYW", strict=True))
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZH1KMN0PTYX", strict=True))
_LATIN = {"I": "1", "O": "0", "Q": "0", "Ø": "0"}
_LOOK_ALIKES = {**_CYRILLIC, **_GREEK, **_LATIN}


def _why_not(character: str) -> str:
    if character in "IOQ":
        return "a VIN has no I, O or Q, use 1 or 0"
    if character.upper() in _CHARACTERS:
        return "write a capital letter"
    return "a VIN has the digits and the capital letters A to Z without I, O and Q"
