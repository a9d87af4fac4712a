"""Read a photo of which it is known where the VIN should be: a prior, not a filter."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from core.geometry import Quad
from core.records import Reading

POOR = 0.5
"""A reading of the region that is less sure than this is not believed before the whole photo was read."""


class Reader(Protocol):
    """What reads: ``core.reader.VinReader``, or a test's stand-in."""

    def read(self, source: bytes, region: Quad | None = None) -> Reading:
        """Read one photo, see ``core.reader.VinReader.read``."""
        ...


def read(reader: Reader, data: bytes, region: Quad | None, pointed: bool = False) -> Reading:
    """Read inside ``region`` first, and the whole photo too where that reads poorly; the better one is kept.

    Args:
        reader: reads.
        data: the photo's bytes.
        region: where the VIN should be, pixels of the upright photo; None reads the whole photo.
        pointed: a person has pointed at it: what is read there counts, whatever it is.

    Returns:
        The reading; its times are those of both where both were made. :func:`used` tells which it is.
    """
    if region is None:
        return reader.read(data)
    inside = reader.read(data, region=region)
    if pointed:
        return inside
    # A photo that is damaged or hopelessly dark is so with and without a region.
    if inside.status == "error" or (inside.status == "retake" and inside.vin is None):
        return inside
    if inside.vin is not None and inside.confidence >= POOR:
        return inside
    whole = reader.read(data)
    better = whole if _rank(whole) > _rank(inside) else inside
    times = dict(inside.milliseconds)
    for stage, time in whole.milliseconds.items():
        times[stage] = times.get(stage, 0.0) + time
    return replace(better, milliseconds=times)


def used(reading: Reading) -> bool:
    """Whether the VIN was read inside the region that was given."""
    return reading.chosen is not None and reading.chosen.line.origin == "region"


def _rank(reading: Reading) -> tuple[bool, float]:
    return reading.vin is not None, reading.confidence
