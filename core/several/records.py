"""What several photos of one car say together, and which of them said what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.records import BarCode, CheckDigit, Status

Part = Literal["agrees", "outvoted", "other", "unclear", "same", "nothing"]
"""What a photo has to do with the car's VIN: it ``agrees``, was ``outvoted`` in some slots, shows an
``other`` VIN, is too ``unclear`` to count, is the ``same`` picture as one before it, or shows ``nothing``
that could be read."""


@dataclass(frozen=True)
class Word:
    """What one photo says of one slot of the car's VIN.

    Attributes:
        character: its best one there.
        confidence: that character's probability by this photo alone, before anything that is known of VINs.
        slot: which of the photo's own slots shows it, 0..16.
    """

    character: str
    confidence: float
    slot: int


@dataclass(frozen=True)
class FusedSlot:
    """One of the 17 characters, as all photos together read it.

    Attributes:
        character: the best one.
        confidence: its probability, 0..1.
        alternatives: further characters with their probabilities, best first.
        words: what each photo says; None where it does not show this character, or is not counted.
        vouched: the photos that say this character themselves, the surest first.
    """

    character: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]
    words: tuple[Word | None, ...]
    vouched: tuple[int, ...]


@dataclass(frozen=True)
class PhotoPart:
    """What one photo had to do with it.

    Attributes:
        part: see :data:`Part`.
        vin: what this photo alone was read as; None where nothing was.
        confidence: of that reading, 0..1.
        counted: how far the photo's line shows this VIN at all, 0..1.
        agreeing: slots for which it vouches.
    """

    part: Part
    vin: str | None
    confidence: float
    counted: float
    agreeing: int


@dataclass(frozen=True)
class CarReading:
    """One car's VIN from several photos.

    Attributes:
        vin: the best reading of all photos that show the same; None where no photo shows a VIN.
        status: ``accepted``, ``review`` or ``no_vin``; never accepted where photos show different VINs.
        confidence: calibrated probability that all 17 characters are right, 0..1.
        check_digit: whether position 9 agrees, or does not bind where this VIN comes from.
        slots: 17, or none where there is no VIN.
        photos: one per photo, in the order given.
        others: other VINs that photos show, each with those photos' numbers (from 0).
        bar_codes: what bar codes on the photos say, each once.
        stacked: photos that were laid on top of each other, because one by one they left it in doubt.
        compared: slots, 0..16, whose character a closer look decided, beside others of the same line.
    """

    vin: str | None
    status: Status
    confidence: float
    check_digit: CheckDigit
    slots: tuple[FusedSlot, ...] = ()
    photos: tuple[PhotoPart, ...] = ()
    others: tuple[tuple[str, tuple[int, ...]], ...] = ()
    bar_codes: tuple[BarCode, ...] = ()
    stacked: tuple[int, ...] = ()
    compared: tuple[int, ...] = ()

    def to_json(self, names: list[str]) -> dict:
        """The object that ``read --one-car --json`` prints, see docs/several-photos.md; photos by name."""
        return {
            "vin": self.vin,
            "status": self.status,
            "confidence": round(self.confidence, 4),
            "check_digit": self.check_digit,
            "photos": [
                {
                    "photo": name,
                    "part": photo.part,
                    "vin": photo.vin,
                    "confidence": round(photo.confidence, 4),
                    "counted": round(photo.counted, 4),
                    "agreeing": photo.agreeing,
                }
                for name, photo in zip(names, self.photos, strict=True)
            ],
            "characters": [_slot_json(slot) for slot in self.slots],
            "other_vins": [{"vin": vin, "photos": list(photos)} for vin, photos in self.others],
            "bar_codes": [code.to_json() for code in self.bar_codes],
            "stacked": list(self.stacked),
            "compared": list(self.compared),
        }


def _slot_json(slot: FusedSlot) -> dict:
    return {
        "character": slot.character,
        "confidence": round(slot.confidence, 4),
        "alternatives": [[character, round(probability, 4)] for character, probability in slot.alternatives],
        "photos": [
            None if word is None else [word.character, round(word.confidence, 4), word.slot]
            for word in slot.words
        ],
        "vouched": list(slot.vouched),
    }
