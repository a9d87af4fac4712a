"""What each photo says of the slots of the car's VIN, and what all of them say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from core.records import Reading
from core.several.align import encoded, places
from core.several.records import FusedSlot, Word
from core.several.witness import Witness, evidence_of
from core.vin import ALPHABET, LENGTH

COUNTED = 0.5
"""A photo that shows the VIN with less probability than this vouches for nothing."""
ALTERNATIVES = 4


def words_of(reading: Reading, one: Witness, text: np.ndarray) -> list[Word | None]:
    """What a photo says of each slot of a VIN ``(17,)``; None where it does not show the character."""
    if one.counted(text) < COUNTED:
        return [None] * LENGTH
    line = one.line(text)
    evidence = evidence_of(reading)[line].evidence
    assert evidence is not None
    found: list[Word | None] = []
    for place in places(one.lines[line], text, one.doubt.gap):
        if place is None:
            found.append(None)
        else:
            best = int(evidence[place].argmax())
            found.append(Word(ALPHABET[best], float(evidence[place, best]), place))
    return found


def fused_slots(
    texts: list[str], shares: np.ndarray, words: Mapping[int, list[Word | None]], photos: int
) -> tuple[FusedSlot, ...]:
    """The 17 slots.

    Args:
        texts: VINs, the best one first.
        shares: their probabilities ``(n,)``, as far as they are known.
        words: photo -> what it says, see :func:`words_of`.
        photos: how many there are.
    """
    codes = encoded(texts)
    slots = []
    for slot in range(LENGTH):
        posterior = np.zeros(len(ALPHABET))
        np.add.at(posterior, codes[:, slot], shares)
        best = int(codes[0, slot])
        rivals = [c for c in np.argsort(-posterior) if c != best and posterior[c] > 0][:ALTERNATIVES]
        said = {k: word for k, mine in words.items() if (word := mine[slot]) is not None}
        vouched = [k for k, word in said.items() if word.character == ALPHABET[best]]
        slots.append(
            FusedSlot(
                character=ALPHABET[best],
                confidence=float(posterior[best]),
                alternatives=tuple((ALPHABET[c], float(posterior[c])) for c in rivals),
                words=tuple(said.get(k) for k in range(photos)),
                vouched=tuple(sorted(vouched, key=lambda k: -said[k].confidence)),
            )
        )
    return tuple(slots)


def as_read(slots: tuple[FusedSlot, ...], reading: Reading) -> tuple[FusedSlot, ...]:
    """The slots with the confidences and alternatives of one photo's own reading."""
    if reading.chosen is None or len(reading.chosen.slots) != LENGTH:
        return slots
    return tuple(
        replace(slot, confidence=read.confidence, alternatives=read.alternatives)
        for slot, read in zip(slots, reading.chosen.slots, strict=True)
    )
