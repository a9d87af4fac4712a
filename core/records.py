"""The records that flow along the way of a photo: what one stage hands to the next.

All are frozen; arrays inside are not to be written to. Photo, strip and map coordinates are
``(x, y)`` in pixels; the quad's own frame is 0..1 along and across the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from core.geometry import Quad, resample

Status = Literal["accepted", "review", "retake", "no_vin", "error"]
CheckDigit = Literal["valid", "invalid", "not_applicable"]


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright picture whose metadata is gone.

    Attributes:
        pixels: uint8 RGB ``(H, W, 3)``; may be smaller than the file's picture, see ``scale``.
        scale: pixels here per pixel of the upright file, in (0, 1]. Quads are told in pixels of the file.
        sha256: hex digest of the file's bytes (of the pixels where no file was given).
    """

    pixels: np.ndarray
    scale: float = 1.0
    sha256: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` of the upright file in pixels."""
        rows, columns = self.pixels.shape[:2]
        return round(columns / self.scale), round(rows / self.scale)


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """What the detector sees, each map float32 ``(h, w)`` in 0..1.

    Attributes:
        region: character centres (CRAFT's region score).
        affinity: gaps between neighbouring characters of one word.
        vin: text that belongs to a VIN.
        scale: map pixels per pixel of the upright file.
    """

    region: np.ndarray
    affinity: np.ndarray
    vin: np.ndarray
    scale: float


@dataclass(frozen=True, eq=False)
class Line:
    """A candidate for the VIN: one quad, or two where it is set on two rows or in two strings.

    Attributes:
        parts: quads in reading order, pixels of the upright file.
        score: how much the maps make it look like a VIN, 0..1.
        origin: ``detector``, or ``region`` where a person or a label said where the VIN is.
    """

    parts: tuple[Quad, ...]
    score: float
    origin: Literal["detector", "region"] = "detector"


@dataclass(frozen=True, eq=False)
class Strip:
    """One straightened line; it keeps the way to its pixels, not the pixels.

    Attributes:
        photo: the photo it is cut from.
        parts: quads in reading order, pixels of the upright file.
    """

    photo: Photo
    parts: tuple[Quad, ...]

    def render(self, width: int, height: int, margin: float = 0.0) -> np.ndarray:
        """Resample to ``(height, width, 3)`` uint8 RGB from the full-resolution photo.

        ``margin`` widens each quad by that share of its height on every side; two parts share the width
        in proportion to their lengths.
        """
        pieces = []
        left = 0
        for quad, right in zip(self.parts, self._ends(width), strict=True):
            grown = quad.widened(margin * quad.height / max(quad.length, 1e-6), margin)
            pieces.append(resample(self.photo.pixels, grown.scaled(self.photo.scale), right - left, height))
            left = right
        return pieces[0] if len(pieces) == 1 else np.hstack(pieces)

    def _ends(self, width: int) -> list[int]:
        lengths = np.cumsum([quad.length for quad in self.parts])
        return [round(float(width * end / lengths[-1])) for end in lengths]


@dataclass(frozen=True, eq=False)
class SlotPosteriors:
    """One reader's opinion on one strip.

    Attributes:
        probabilities: float32 ``(17, 33)``, rows sum to 1, columns in the order of ``vin.ALPHABET``.
        extents: float32 ``(17, 2)``, start and end of each character, 0..1 along the strip's frame; those of
            a character that the frame cuts reach out of it, as far as the strip's margin shows.
        log_likelihood: of all readings with 17 characters, natural logarithm, <= 0.
        text: what the reader says without being told the length.
    """

    probabilities: np.ndarray
    extents: np.ndarray
    log_likelihood: float
    text: str


@dataclass(frozen=True, eq=False)
class Slot:
    """One of the 17 characters as it was read.

    Attributes:
        character: the best one.
        confidence: its probability, 0..1.
        alternatives: further characters with their probabilities, best first.
        part: which of the line's quads it lies in.
        extent: ``(start, end)`` along that quad's own frame, 0..1; before the line is set to its
            characters (`core/framing.py`) the ends may lie a little outside.
        opinions: reader name -> that reader's best character.
    """

    character: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]
    part: int
    extent: tuple[float, float]
    opinions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A line together with what was read on it, as the choice saw it.

    Attributes:
        line: where it is.
        slots: the 17 characters.
        readers: reader name -> unrestricted text.
        score: natural logarithm of how well it fits a VIN; higher is better.
        reason: the score in words.
        evidence: what the readers see together, float32 ``(17, 33)``, rows sum to 1, before anything that is
            known of VINs was heard; None for a candidate that did not come from readers.
        digit: what the check digit adds to the score, natural logarithm.
    """

    line: Line
    slots: tuple[Slot, ...]
    readers: dict[str, str]
    score: float
    reason: str
    evidence: np.ndarray | None = None
    digit: float = 0.0

    @property
    def text(self) -> str:
        """The 17 best characters."""
        return "".join(slot.character for slot in self.slots)


@dataclass(frozen=True)
class Problem:
    """Something that spoils a picture.

    Attributes:
        kind: a name of :data:`core.quality.kinds.KINDS`, such as ``glare``.
        severity: 0..1; from 0.5 reading suffers.
        slots: indices of the characters hurt, 0..16; empty means all of the picture.
        advice: one sentence for the person with the camera.
    """

    kind: str
    severity: float
    slots: tuple[int, ...]
    advice: str


@dataclass(frozen=True, eq=False)
class BarCode:
    """A bar code that carries a VIN; its payload is not kept.

    Attributes:
        format: ``Code 39``, ``Code 128``, ``Data Matrix``, ``QR Code`` or ``PDF417``.
        vin: the 17 characters.
        quad: where it is, pixels of the upright file.
    """

    format: str
    vin: str
    quad: Quad

    def to_json(self) -> dict:
        """An entry of ``bar_codes`` in ``read --json``."""
        return {"format": self.format, "vin": self.vin, "quad": self.quad.corners.round(1).tolist()}


@dataclass(frozen=True, eq=False)
class Reading:
    """What came out for one photo.

    Attributes:
        vin: the best reading, also where ``status`` asks for a review; None where no VIN was found.
        status: ``accepted``, ``review``, ``retake``, ``no_vin`` or ``error``.
        confidence: calibrated probability that all 17 characters are right, 0..1.
        check_digit: whether position 9 agrees, or does not bind where this VIN comes from.
        chosen: the candidate that was taken, None where none fits.
        others: the other candidates.
        problems: what spoils the picture.
        maps: the detector's heat maps; None where a region was given.
        milliseconds: stage -> time, and ``total``.
        models: network name -> first eight digits of its sha256.
        size: ``(width, height)`` of the upright photo in pixels.
        error: what was wrong and what to do, where ``status`` is ``error``.
        bar_codes: those that carry a VIN, each VIN once. Where ``vin`` is None, one of them is all there is.
        other_vins: VINs of other cars that the photo shows, the likeliest first.
    """

    vin: str | None
    status: Status
    confidence: float
    check_digit: CheckDigit
    chosen: Candidate | None = None
    others: tuple[Candidate, ...] = ()
    problems: tuple[Problem, ...] = ()
    maps: HeatMaps | None = None
    milliseconds: dict[str, float] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    error: str | None = None
    bar_codes: tuple[BarCode, ...] = ()
    other_vins: tuple[str, ...] = ()

    def to_json(self, photo: str) -> dict:
        """The object that ``read --json`` prints, see docs/command-line.md."""
        chosen = self.chosen
        return {
            "photo": photo,
            "vin": self.vin,
            "status": self.status,
            "confidence": round(self.confidence, 4),
            "check_digit": self.check_digit,
            "quads": [quad.corners.round(1).tolist() for quad in chosen.line.parts] if chosen else [],
            "candidates": len(self.others) + (chosen is not None),
            "characters": [_slot_json(slot) for slot in chosen.slots] if chosen else [],
            "readers": dict(chosen.readers) if chosen else {},
            "quality": {"problems": [_problem_json(problem) for problem in self.problems]},
            "milliseconds": {stage: round(time, 1) for stage, time in self.milliseconds.items()},
            "models": dict(self.models),
            "error": self.error,
            "bar_codes": [code.to_json() for code in self.bar_codes],
            "other_vins": list(self.other_vins),
        }


def _slot_json(slot: Slot) -> dict:
    start, end = slot.extent
    return {
        "character": slot.character,
        "confidence": round(slot.confidence, 4),
        "part": slot.part,
        "box": [round(start, 4), 0.0, round(end - start, 4), 1.0],
        "alternatives": [[character, round(probability, 4)] for character, probability in slot.alternatives],
        "opinions": dict(slot.opinions),
    }


def _problem_json(problem: Problem) -> dict:
    return {
        "kind": problem.kind,
        "severity": round(problem.severity, 2),
        "slots": list(problem.slots),
        "advice": problem.advice,
    }
