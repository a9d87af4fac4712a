"""The kinds of trouble that a picture can have, and what to tell the person with the camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of trouble.

    Attributes:
        title: what it is called on a desk.
        place: how a sentence about some characters begins; ``{}`` is where they are named.
        whole: how a sentence about the whole line begins.
        advice: what to do about it.
    """

    title: str
    place: str
    whole: str
    advice: str


KINDS: dict[str, Kind] = {
    "defocus": Kind(
        *("Out of focus", "Characters {} are out of focus", "The line is out of focus"),
        "tap on the plate so that the phone focuses on it",
    ),
    "motion": Kind(
        *("Moved", "Characters {} are smeared by motion", "The line is smeared by motion"),
        "hold the phone with both hands, or lean it on something",
    ),
    "small": Kind(
        *("Too small", "Characters {} have too few pixels", "The characters have too few pixels"),
        "come closer, so that the line fills the picture's width",
    ),
    "glare": Kind(
        *("Glare", "Glare on characters {}", "Glare all along the line"), "tilt the phone a little {side}"
    ),
    "dark": Kind(
        *("Too dark", "Characters {} lie in the dark", "The line is too dark"), "add light from the side"
    ),
    "bright": Kind(
        *("Too bright", "Characters {} are overexposed", "The line is overexposed"),
        "turn the flash off, or shade the plate with a hand",
    ),
    "contrast": Kind(
        *("Low contrast", "Characters {} hardly stand out", "The characters hardly stand out"),
        "wipe the glass and light the plate from one side",
    ),
    "dirt": Kind(
        *("Dirty or covered", "Characters {} are dirty or covered", "The line is dirty or covered"),
        "wipe the plate, or move what hides it",
    ),
    "damaged": Kind(
        *("Damaged", "Characters {} are scratched or worn", "The line is scratched or worn"),
        "light it from another side; where that does not help, read the VIN at another place of the car",
    ),
    "cut": Kind(
        *("Cut off", "Characters {} lie outside of the picture", "An end of the line is cut off"),
        "move so that the whole line is in view, with some room at both ends",
    ),
    "steep": Kind(
        *("Steep angle", "Characters {} are seen at a steep angle", "The line is seen at a steep angle"),
        "stand straight in front of the plate",
    ),
}
"""Name -> words. Slots of the sentence are counted from 1, as people do."""

LEARNT = tuple(KINDS)
"""The kinds that the network tells apart, in the order of its outputs."""


def sentence(kind: str, slots: Sequence[int], count: int = 17) -> str:
    """One sentence of advice.

    Args:
        kind: a name of :data:`KINDS`.
        slots: the characters that are hurt, 0..16; none stands for all of them.
        count: how many characters a line has.
    """
    words = KINDS[kind]
    start = words.place.format(named(slots)) if slots else words.whole
    if len(slots) == 1:
        start = start.replace("haracters", "haracter").replace(" are ", " is ").replace(" lie ", " lies ")
        start = start.replace(" have ", " has ").replace("hardly stand out", "hardly stands out")
    middle = sum(slots) / len(slots) if slots else (count - 1) / 2
    # Seen from the other side the reflection moves off the line by the shorter way.
    side = (
        "to the left"
        if middle > 0.6 * (count - 1)
        else "to the right"
        if middle < 0.4 * (count - 1)
        else "up"
    )
    return f"{start}: {words.advice.format(side=side)}."


def named(slots: Sequence[int]) -> str:
    """Places as people count them: ``3``, ``9-11``, ``1, 4-6 and 9``."""
    runs: list[list[int]] = []
    for slot in sorted(set(slots)):
        if runs and slot == runs[-1][-1] + 1:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    told = [str(run[0] + 1) if len(run) == 1 else f"{run[0] + 1}-{run[-1] + 1}" for run in runs]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
