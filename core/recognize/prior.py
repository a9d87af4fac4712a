"""What VINs usually look like, learnt from transcribed ones: a soft prior on whole readings.

Makers build VINs in their own ways: one model's cars share their first nine characters, serial numbers
are digits nearly everywhere. Counts of which character follows which beginning, from the general to the
particular, say how likely a text is (interpolated with Witten-Bell weights, IEEE Trans. Inf. Theory 1991).
Beside them stands what is known of any VIN: the list of the world's makers, and digits at the end. Which of
both a VIN follows, its own beginning tells more and more (a mixture of experts with a fixed share).
Whole serial numbers are not kept: beyond the plant code only single places per maker are counted. How often
check digits agree where no law asks for one is counted as well: Skoda and Volvo put one in, Lada does not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np

from core.vin import ALPHABET, LENGTH, check_digit_binds, check_digit_matches, wmi_starts

KNOWN = 0.7
"""Share of VINs that follow habits which were seen: cars from elsewhere must stay readable."""
SWITCH = 0.05
"""How easily a VIN that broke with one kind of habits so far goes on by the other (Herbster and Warmuth,
Tracking the best expert, Machine Learning 1998)."""
SERIAL = 11
"""Slot from which on the serial number is written (ISO 3779: the last six)."""
UNLISTED = 100
"""How many makers that no list knows stand beside the 716 known ones.

With ``KNOWN`` 3.7 % of all cars are theirs; of 1,216 training cars 44 are (3.6 %).
"""
CHANCE = 1 / 11
"""Share of VINs without a check digit that agree with one."""
_DIGIT = "digit"
_INDEX = {character: index for index, character in enumerate(ALPHABET)}
_KEPT = 6_000
"""Beginnings whose characters' chances are kept: a search asks for the same ones again and again."""


@dataclass(frozen=True, eq=False)
class VinPrior:
    """Counts of characters after beginnings.

    A VIN follows habits that were seen, or it is one of the world's others; what stands in front tells more
    and more which, so that a car with a habit of its own is not held against one after the other.

    Attributes:
        counts: context -> character -> how often.
    """

    counts: dict[str, dict[str, int]]
    _seen: dict[str, np.ndarray] = field(default_factory=dict, init=False, repr=False)
    _kept: dict[str, tuple[np.ndarray, np.ndarray, float]] = field(
        default_factory=dict, init=False, repr=False
    )

    def logs(self, before: str) -> np.ndarray:
        """Natural logarithms of how likely each character of the alphabet follows a beginning.

        Args:
            before: 0..16 characters.

        Returns:
            ``(33,)``, not to be written to.
        """
        return self._after(before)[0]

    def _after(self, before: str) -> tuple[np.ndarray, np.ndarray, float]:
        """That, chances by habits alone, and the probability that the VIN follows habits that were seen."""
        found = self._kept.get(before)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            known, habit = KNOWN, self._habit(before)
            if before:
                logs, earlier, known = self._after(before[:-1])
                last = _INDEX[before[-1]]
                known *= float(earlier[last]) / math.exp(logs[last])
                known += SWITCH * (KNOWN - known)
            chances = known * habit + (1 - known) * _generic(before)
            found = self._kept[before] = (np.log(chances), habit, known)
        return found

    def _habit(self, before: str) -> np.ndarray:
        """Chances by the counts, which few of them hardly move away from those of any VIN."""
        seen = []
        for context in contexts(before):
            if not self.counts.get(context):
                # What is particular about nothing seen is not seen either.
                break
            seen.append(context)
        # Most beginnings are told from each other by nothing that was seen.
        key = f"={before}" if len(before) < 3 else seen[-1] if seen else f"+{len(before)}"
        share = self._seen.get(key)
        if share is None:
            share = _generic(before)
            for context in seen:
                counts = self.counts[context]
                total, kinds = sum(counts.values()), len(counts)
                share = kinds * share
                for character, count in counts.items():
                    share[_INDEX[character]] += count
                share = share / (total + kinds)
            self._seen[key] = share
        return share

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


def _generic(before: str) -> np.ndarray:
    """A maker of the world in front, then anything, mostly digits behind (in North America the last four)."""
    place = len(before)
    return _maker(before) if place < 3 else _behind(place)


@lru_cache(maxsize=2048)
def _maker(before: str) -> np.ndarray:
    listed = np.array([wmi_starts(before + character) for character in ALPHABET])
    unlisted = UNLISTED / len(ALPHABET) ** len(before)  # theirs may begin in any way
    return _shared((listed + unlisted / len(ALPHABET)) / (wmi_starts(before) + unlisted))


@cache
def _behind(place: int) -> np.ndarray:
    if place < SERIAL:
        return _shared(np.full(len(ALPHABET), 1 / len(ALPHABET)))
    digits = 0.95 if place >= LENGTH - 4 else 0.8
    chances = [digits / 10 if c.isdigit() else (1 - digits) / (len(ALPHABET) - 10) for c in ALPHABET]
    return _shared(np.array(chances))


def _shared(chances: np.ndarray) -> np.ndarray:
    """It is kept for all who ask: nobody may write to it."""
    chances.setflags(write=False)
    return chances


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
