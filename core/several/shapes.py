"""What the shapes of characters say of a VIN that several photos leave in doubt.

Photos of one plate share its font. Where that makes an 8 and a B alike, every photo is torn in the same way,
and no number of them helps; another 8 of the same plate does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core.recognize.glyphs import Look
from core.records import Reading
from core.several.align import encoded, places
from core.vin import LENGTH

WEIGHT = 1.0
"""How much likenesses count beside what readers see; chosen on plates of seeds that are not scored."""
MOST = 4.0
"""What one photo may say of two characters at most, natural logarithm."""
READ = 0.2
"""How much the closer look at a character counts beside the readers (exponent); chosen likewise."""


@dataclass(frozen=True, eq=False)
class SecondLook:
    """What a closer look at photos says that left a VIN in doubt.

    Attributes:
        stacked: what was read on lines laid on top of each other; None where nothing was.
        photos: which photos these are.
        looks: photo -> what the characters of its chosen line look like.
    """

    stacked: Reading | None
    photos: tuple[int, ...] = ()
    looks: Mapping[int, Look] = field(default_factory=dict)


def read_again(reading: Reading, look: Look) -> Reading:
    """The reading with evidence that has heard the closer look at its characters."""
    chosen = reading.chosen
    if chosen is None or chosen.evidence is None:
        return reading
    joint = np.maximum(chosen.evidence.astype(float), 1e-9) * np.maximum(look.characters, 1e-6) ** READ
    evidence = (joint / joint.sum(axis=1, keepdims=True)).astype(np.float32)
    return replace(reading, chosen=replace(chosen, evidence=evidence))


def laid_out(same: np.ndarray, line: np.ndarray, text: np.ndarray, gap: float) -> np.ndarray:
    """Likenesses of a photo's characters, laid onto the slots of a VIN.

    Args:
        same: ``(17, 17)`` of the photo's slots, see :class:`core.recognize.glyphs.Look`.
        line: what readers see there, ``(17, 33)``, see :func:`core.several.align.ratios`.
        text: the VIN, ``(17,)``.
        gap: price of a slip.

    Returns:
        ``(17, 17)``, NaN where the photo does not show both, and on the diagonal.
    """
    found = places(line, text, gap)
    shown = [slot for slot, place in enumerate(found) if place is not None]
    there = [place for place in found if place is not None]
    out = np.full((LENGTH, LENGTH), np.nan)
    out[np.ix_(shown, shown)] = np.clip(same, -MOST, MOST)[np.ix_(there, there)]
    np.fill_diagonal(out, np.nan)
    return out


def likeness(texts: Sequence[str], laid: Sequence[np.ndarray]) -> np.ndarray:
    """How much better each text fits the likenesses than the first one does.

    Only slots in which a text differs from the first are asked: each is held against the characters that are
    the same by either text. Comparisons with several of them are one opinion, their mean.

    Args:
        texts: VINs.
        laid: per photo, see :func:`laid_out`.

    Returns:
        Natural logarithms ``(n,)``, 0 for the first.
    """
    stacked = np.stack(laid)
    shown = np.isfinite(stacked).any(axis=0)
    # Photos of one plate are no independent witnesses of its font.
    said = np.where(shown, np.nansum(stacked, axis=0), 0.0) / np.sqrt(len(laid))
    codes = encoded(list(texts))
    same = (codes[:, :, None] == codes[:, None, :]) & shown
    mean = (same * said).sum(axis=2) / np.maximum(same.sum(axis=2), 1)
    return WEIGHT * ((mean - mean[0]) * (codes != codes[0])).sum(axis=1)
