"""The line of a reading as people would draw it: around its 17 characters, with a little room at both ends.

A detector's line stops anywhere between the middle of the last character and the star behind it. The readers
know where their first and last character are.
"""

from __future__ import annotations

from dataclasses import replace

from core.records import Candidate, Line, Slot
from core.vin import LENGTH

ROOM = 1.0 / LENGTH
"""Share of the text's length that is added at either end: a character's pitch, as boxes drawn by hand
leave it (on ``val`` 0.055 to 0.09 frame the boxed text equally well)."""
LEAST = 0.5
"""Extents that span less of the line than this are not believed."""


def framed(candidate: Candidate) -> Candidate:
    """The candidate with its line set to where its characters are; the slots' extents follow.

    A VIN in two parts, and one whose extents span less than half of the line, stays as it is.
    """
    line = candidate.line
    start, end = candidate.slots[0].extent[0], candidate.slots[-1].extent[1]
    if len(line.parts) != 1 or end - start < LEAST:
        return candidate
    room = ROOM * (end - start)
    start, end = start - room, end + room
    slots = tuple(_in_frame(slot, start, end - start) for slot in candidate.slots)
    return replace(candidate, line=replace(line, parts=(line.parts[0].part(start, end),)), slots=slots)


def inside(candidate: Candidate) -> Candidate:
    """The candidate with its slots' extents cut off where its line ends; for lines that are not framed.

    Readers see a little more than the line, so the box of a character that the line cuts reaches out of it.
    """
    slots = tuple(
        replace(slot, extent=(min(max(slot.extent[0], 0.0), 1.0), min(max(slot.extent[1], 0.0), 1.0)))
        for slot in candidate.slots
    )
    return replace(candidate, slots=slots)


def unframed(candidate: Candidate) -> Line:
    """The line from the first character to the last, as the readers like it."""
    line = candidate.line
    start, end = candidate.slots[0].extent[0], candidate.slots[-1].extent[1]
    if len(line.parts) != 1 or end - start < LEAST:
        return line
    return replace(line, parts=(line.parts[0].part(start, end),))


def _in_frame(slot: Slot, start: float, span: float) -> Slot:
    left, right = ((place - start) / span for place in slot.extent)
    return replace(slot, extent=(left, right))
