"""What readers mix up, what the check digit cannot see, and edits that make a text a VIN again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.vin.digit import CHECK_SLOT, VALUES, check_digit_status
from core.vin.origin import maker
from core.vin.text import ALPHABET, LENGTH, is_vin

CONFUSIONS = (
    *("0D", "8B", "5S", "2Z", "6G", "CG", "56", "FP", "MNV", "UV", "HMN", "1JLT"),
    *("17", "38", "4A", "EF", "KX", "PR", "VY", "7Z"),
)
"""Characters that readers, and people, take for one another; the worst groups first."""


@dataclass(frozen=True)
class Repair:
    """One edit.

    Attributes:
        text: the 17 characters after it.
        edit: what is done.
        slot: 0..16 in ``text``; for ``delete`` 0..17 in the text that was given.
        found: the character that stood there, empty for ``insert``.
        character: the one that stands there now, empty for ``delete``.
        score: natural logarithm, higher is better; to be compared within one call only.
    """

    text: str
    edit: Literal["substitute", "insert", "delete"]
    slot: int
    found: str
    character: str
    score: float


def confusable_with(character: str) -> str:
    """The characters that are taken for this one, in the order of the alphabet."""
    return _CONFUSABLE[character]


def blind_substitutions(text: str, slot: int) -> str:
    """The other characters in this slot that would leave the check digit as it is.

    They share their value with the character there (1AJ, 2BKS, 3CLT, 4DMU, 5ENV, 6FW, 7GPX, 8HY, 9RZ), so
    S for B or P for X passes unseen: 84 of the 1,056 single substitutions. Slot 8 has none: the check digit
    is compared itself.

    Args:
        text: a VIN.
        slot: 0..16.
    """
    value = VALUES.get(text[slot])
    if slot == CHECK_SLOT or value is None:
        return ""
    return "".join(other for other in ALPHABET if VALUES[other] == value and other != text[slot])


def repairs(
    text: str,
    posteriors: np.ndarray | None = None,
    limit: int = 5,
    habit: Callable[[str], float] | None = None,
) -> tuple[Repair, ...]:
    """Single edits that make a VIN of a text, best first.

    17 characters: substitutions after which a check digit that failed agrees (or, in slot 0, after which it
    no longer binds: S for 5), or that fill one ``?``. 16 or 18 characters: one is inserted or left out. What
    the check digit cannot confirm, because it does not bind there, ranks lower, and is offered only where
    ``posteriors`` or the shape of the text speak for it: a doubled character lost or added, something read
    at either end.

    Args:
        text: normalised, may hold ``?``.
        posteriors: float ``(17, 33)``, a reader's probability of each character of ``ALPHABET`` in each slot;
            with them edits are ranked by the likelihood of the whole text, else by ``CONFUSIONS``.
        limit: how many at most.
        habit: natural logarithm of how usual a whole VIN is, to be added to an edit's score.

    Returns:
        Empty where nothing is wrong that one edit could mend.

    Raises:
        ValueError: the posteriors have another shape.
    """
    if posteriors is not None and np.shape(posteriors) != (LENGTH, len(ALPHABET)):
        raise ValueError(f"posteriors are (17, 33), got {np.shape(posteriors)}")
    if is_vin(text) and check_digit_status(text) != "invalid":
        return ()
    logs = None if posteriors is None else np.log(np.maximum(posteriors, 1e-9)).tolist()
    best: dict[str, Repair] = {}
    for edited, edit, slot, found, character in _edits(text):
        status = check_digit_status(edited) if is_vin(edited) else "invalid"
        if status == "invalid":
            continue
        likeness = _likeness(text, edit, slot, found, character)
        if status == "not_applicable" and logs is None and likeness <= _UNLIKE:
            continue
        score = likeness if logs is None else _log_likelihood(edited, logs)
        if status == "not_applicable":
            score -= _CONFIRMED
        if edited[:3] != text[:3] and not _has_maker(edited):
            score -= _NO_MAKER
        if habit is not None:
            score += habit(edited)
        if edited not in best or score > best[edited].score:
            best[edited] = Repair(edited, edit, slot, found, character, score)
    # The sort is stable: of equals, the one further left comes first.
    return tuple(sorted(best.values(), key=lambda repair: -repair.score)[:limit])


Edit = tuple[str, Literal["substitute", "insert", "delete"], int, str, str]

_INDEX = {character: index for index, character in enumerate(ALPHABET)}
_CONFUSABLE = {
    character: "".join(
        other
        for other in ALPHABET
        if other != character and any(character in group and other in group for group in CONFUSIONS)
    )
    for character in ALPHABET
}
# One text in eleven agrees by chance, so one that has to agree is eleven times as telling when it does.
_CONFIRMED = math.log(11)
# Of the 1,280 transcribed training VINs 1 in 32 has a WMI without a known maker; of all that three characters
# can spell, 14 in 15.
_NO_MAKER = math.log(32)
_DOUBLED, _ALIKE, _AT_AN_END, _UNLIKE = (math.log(share) for share in (0.4, 0.3, 0.1, 0.02))


def _edits(text: str) -> Iterator[Edit]:
    if len(text) == LENGTH:
        unread = [slot for slot, character in enumerate(text) if character not in _INDEX]
        if len(unread) > 1:
            return
        for slot in unread or range(LENGTH):
            for character in ALPHABET:
                if character != text[slot]:
                    edited = text[:slot] + character + text[slot + 1 :]
                    yield edited, "substitute", slot, text[slot], character
    elif len(text) == LENGTH - 1:
        for slot in range(LENGTH):
            for character in ALPHABET:
                yield text[:slot] + character + text[slot:], "insert", slot, "", character
    elif len(text) == LENGTH + 1:
        for slot, found in enumerate(text):
            yield text[:slot] + text[slot + 1 :], "delete", slot, found, ""


def _has_maker(text: str) -> bool:
    found = maker(text)
    return found is not None and bool(found.name)


def _likeness(text: str, edit: str, slot: int, found: str, character: str) -> float:
    if edit == "substitute":
        return _ALIKE if character in _CONFUSABLE.get(found, "") else _UNLIKE
    if edit == "insert":
        # Two equal neighbours fall into one where a reader sees no gap between them.
        return _DOUBLED if character in text[max(0, slot - 1) : slot + 1] else _UNLIKE
    if found in text[max(0, slot - 1) : slot] + text[slot + 1 : slot + 2]:
        return _DOUBLED
    # Frames, stars and plate edges are read as a first or last character.
    return _AT_AN_END if slot in (0, LENGTH) else _UNLIKE


def _log_likelihood(text: str, logs: list[list[float]]) -> float:
    return sum(row[_INDEX[character]] for row, character in zip(logs, text, strict=True))
