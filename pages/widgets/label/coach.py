"""The coach beside the editor: what a VIN's own rules say of what is typed. It advises and never decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core import vin
from core.vin import ALPHABET, CHECK_SLOT, LENGTH, UNREAD

Habit = Callable[[str], float]
"""How usual a VIN is: natural logarithm, as it counts beside what was read."""

WORTH_TELLING = 0.01
"""Probability below which an alternative is none."""

FLOOR = 1e-4
"""What a reader gives to every character that it does not name."""

MOST_REPAIRS = 3


def advice(text: str, characters: list[dict[str, Any]], habit: Habit | None = None) -> dict[str, Any]:
    """What to tell of a text, as the editor shows it.

    Args:
        text: as typed; a blank where nothing stands yet.
        characters: of the reading (``Reading.to_json``), with alternatives and opinions; empty where there is
            none or where it must not be known.
        habit: ranks repairs by what makers do, too.

    Returns:
        ``text``; ``digit`` (``valid``, ``invalid``, ``not_applicable`` or ``open``) with ``told``;
        ``repairs`` as pairs of the whole text and words; ``facts`` as pairs; ``unvouched``, slots in which
        the check digit would not notice a likely mistake.
    """
    state, told = _digit(text)
    return {
        "text": text,
        "digit": state,
        "told": told,
        "repairs": _repairs(text, characters, habit),
        "facts": _facts(text),
        "unvouched": unvouched(text, characters) if state == "valid" else [],
    }


def unvouched(text: str, characters: list[dict[str, Any]]) -> list[int]:
    """Slots, 0..16, where a look-alike or an alternative of the readers passes the check digit as well."""
    found = []
    for slot, character in enumerate(text):
        likely = set(vin.confusable_with(character))
        if len(characters) == LENGTH:
            entry = characters[slot]
            likely |= {other for other, share in entry["alternatives"] if share >= WORTH_TELLING}
            likely |= set(entry.get("opinions", {}).values())
        if likely & set(vin.blind_substitutions(text, slot)):
            found.append(slot)
    return found


def _digit(text: str) -> tuple[str, str]:
    missing = LENGTH - len(text)
    if missing:
        many = f"{abs(missing)} too {'few' if missing > 0 else 'many'}"
        return "open", f"{len(text)} characters, {many}"
    if not text[0].strip() or text[0] == UNREAD:
        return "open", "Whether a check digit binds is known from the first character on"
    if not vin.check_digit_binds(text):
        return "not_applicable", "No check digit where this VIN comes from"
    unread = [slot for slot in range(LENGTH) if text[slot] not in ALPHABET and slot != CHECK_SLOT]
    if unread:
        return "open", f"Check digit: known when {len(unread)} more can be read"
    wanted, found = vin.check_digit(text), text[CHECK_SLOT]
    if found not in ALPHABET:
        return "open", f"Slot 9 must be {wanted}"
    if found == wanted:
        return "valid", f"Check digit {found} agrees"
    return "invalid", f"Check digit is {found}, but {wanted} would agree"


def _repairs(text: str, characters: list[dict[str, Any]], habit: Habit | None) -> list[tuple[str, str]]:
    typed = text.replace(" ", UNREAD)
    # Two open slots have no single repair, and what is still being typed needs none.
    if typed.count(UNREAD) > 1:
        return []
    same_length = len(typed) == LENGTH and len(characters) == LENGTH
    found = vin.repairs(typed, posteriors(characters) if same_length else None, MOST_REPAIRS, habit)
    return [(repair.text, _words(repair)) for repair in found]


def _words(repair: vin.Repair) -> str:
    place = repair.slot + 1
    if repair.edit == "insert":
        return f"insert {repair.character} as {place}"
    if repair.edit == "delete":
        return f"leave out {repair.found} in {place}"
    return f"slot {place}: {repair.found} → {repair.character}"


def posteriors(characters: list[dict[str, Any]]) -> np.ndarray:
    """The reading's probabilities, float64 ``(17, 33)``; what it does not name gets a little."""
    shares = np.full((LENGTH, len(ALPHABET)), FLOOR)
    for row, entry in zip(shares, characters, strict=True):
        for character, share in [(entry["character"], entry["confidence"]), *entry["alternatives"]]:
            if character in ALPHABET:
                row[ALPHABET.index(character)] = max(share, FLOOR)
    return shares / shares.sum(axis=1, keepdims=True)


def _facts(text: str) -> list[tuple[str, str]]:
    maker = vin.maker(text) if UNREAD not in text[:3] and " " not in text[:3] else None
    if maker is None:
        return [("Maker", "not told"), ("Model year", "not told")]
    name = maker.name or f"not known ({maker.wmi})"
    where = maker.country or maker.region
    years = " or ".join(map(str, vin.model_year(text)))
    return [("Maker", f"{name}, {where}"), ("Model year", years or "not told")]
