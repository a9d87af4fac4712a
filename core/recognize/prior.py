"""What VINs usually look like, learnt from transcribed ones: a soft prior on whole readings.

Makers build VINs in their own ways: one model's cars share their first nine characters, serial numbers
are digits nearly everywhere. Counts of which character follows which beginning, from the general to the
particular, say how likely a text is (interpolated with Witten-Bell weights, IEEE Trans. Inf. Theory 1991).
Whole serial numbers are not kept: beyond the plant code only single places per maker are counted. How often
check digits agree where no law asks for one is counted as well: Skoda and Volvo put one in, Lada does not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from core.vin import ALPHABET, LENGTH, check_digit_binds, check_digit_matches, wmi_starts

GENERIC = 0.65
"""Share of a prior that knows no maker: cars from elsewhere must stay readable."""
SERIAL = 11
"""Slot from which on the serial number is written (ISO 3779: the last six)."""
UNLISTED = 300
"""How many makers that no list knows stand beside the known ones."""
CHANCE = 1 / 11
"""Share of VINs without a check digit that agree with one."""
_DIGIT = "digit"
_INDEX = {character: index for index, character in enumerate(ALPHABET)}
_KEPT = 20_000
"""Beginnings whose characters' chances are kept: a search asks for the same ones again and again."""


@dataclass(frozen=True, eq=False)
class VinPrior:
    """Counts of characters after beginnings.

    Attributes:
        counts: context -> character -> how often.
    """

    counts: dict[str, dict[str, int]]
    _known: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False)

    def logs(self, before: str) -> np.ndarray:
        """Natural logarithms of how likely each character of the alphabet follows a beginning.

        Args:
            before: 0..16 characters.

        Returns:
            ``(33,)``, not to be written to.
        """
        seen = []
        for context in contexts(before):
            if not self.counts.get(context):
                # What is particular about nothing seen is not seen either.
                break
            seen.append(context)
        # Most beginnings are told from each other by nothing that was seen.
        key = f"={before}" if len(before) < 3 or not seen else seen[-1]
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[key] = self._logs(before, seen)
        return found

    def _logs(self, before: str, seen: list[str]) -> np.ndarray:
        share = np.full(len(ALPHABET), 1 / len(ALPHABET))
        for context in seen:
            counts = self.counts[context]
            total, kinds = sum(counts.values()), len(counts)
            share = kinds * share
            for character, count in counts.items():
                share[_INDEX[character]] += count
            share = share / (total + kinds)
        generic = np.array([_generic(character, before) for character in ALPHABET])
        return np.log((1 - GENERIC) * share + GENERIC * generic)

    def log(self, character: str, before: str) -> float:
        """Natural logarithm of how likely ``character`` follows the beginning ``before`` (0..16 long)."""
        return float(self.logs(before)[_INDEX[character]])

    def log_text(self, text: str) -> float:
        """Of a whole text."""
        return sum(self.log(character, text[:place]) for place, character in enumerate(text))

    def log_digit(self, text: str) -> float:
        """What slot 8 says where no law asks for a check digit: log-likelihood ratio to a chance digit."""
        share = CHANCE
        for context in _digit_contexts(text):
            seen = self.counts.get(context)
            if not seen:
                break
            # Two imagined VINs of the more general kind hold back what few real ones say.
            total = sum(seen.values())
            share = (seen.get("agrees", 0) + 2 * share) / (total + 2)
        agrees = check_digit_matches(text)
        return math.log(share / CHANCE if agrees else (1 - share) / (1 - CHANCE))

    def to_json(self) -> str:
        """What :meth:`from_json` reads."""
        return json.dumps(self.counts, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> VinPrior:
        """Counts that were written by :meth:`to_json`.

        Raises:
            ValueError: they are not.
        """
        counts = json.loads(text)
        if not isinstance(counts, dict) or not all(isinstance(seen, dict) for seen in counts.values()):
            raise ValueError("not the counts of a prior")
        return cls(counts)


def _generic(character: str, before: str) -> float:
    """A maker of the world in front, then anything, mostly digits behind (in North America the last four)."""
    place = len(before)
    if place < 3:
        known, listed = wmi_starts(before), wmi_starts(before + character)
        return (listed + UNLISTED / len(ALPHABET)) / (known + UNLISTED)
    if place < SERIAL:
        return 1 / len(ALPHABET)
    digits = 0.95 if place >= LENGTH - 4 else 0.8
    return digits / 10 if character.isdigit() else (1 - digits) / (len(ALPHABET) - 10)


def learn_prior(texts: Iterable[str]) -> VinPrior:
    """Count over transcribed VINs; a ``?`` is not counted, nor what follows it by its beginning."""
    counts: dict[str, dict[str, int]] = {}
    for text in texts:
        if len(text) != LENGTH:
            continue
        for place, character in enumerate(text):
            if character == "?":
                continue
            for context in contexts(text[:place]):
                if "?" in context:
                    break
                seen = counts.setdefault(context, {})
                seen[character] = seen.get(character, 0) + 1
        if "?" not in text and not check_digit_binds(text):
            agrees = "agrees" if check_digit_matches(text) else "differs"
            for context in _digit_contexts(text):
                seen = counts.setdefault(context, {})
                seen[agrees] = seen.get(agrees, 0) + 1
    return VinPrior(counts)


def contexts(before: str) -> list[str]:
    """Beginnings that a character's chances depend on, the general ones first."""
    place = len(before)
    found = [f"{place}"]
    if place >= 1:
        found.append(f"{place}:{before[0]}")
    if place >= 3:
        found.append(f"{place}:{before[:3]}")
    if 4 <= place < SERIAL:
        found += [f"{place}:{before[:3]}-{before[-1]}", f"{place}:{before}"]
    return found


def _digit_contexts(text: str) -> list[str]:
    return [f"{_DIGIT}:{text[:length]}" for length in (1, 3)]
