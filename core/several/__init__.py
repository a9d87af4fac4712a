"""Several photos of one car, fused slot by slot.

Each photo's posteriors count once, what is known of VINs counts once for all of them. A photo whose line is
cut, shifted or no VIN at all is laid onto the others' VIN as well as it goes, or not counted
(:mod:`core.several.align`). Photos that show another VIN, and show it well, are not averaged: they are told.
Where photos of one VIN leave it in doubt, their lines are laid on top of each other and read once more
(:mod:`core.several.stacking`), and the characters of each are compared with each other
(:mod:`core.several.shapes`).
"""

from core.several.align import Doubt
from core.several.fuse import fuse_photos
from core.several.records import CarReading, FusedSlot, Part, PhotoPart, Word
from core.several.shapes import SecondLook
from core.several.stacking import Stack, doubtful, stack, torn

__all__ = [
    "CarReading", "Doubt", "FusedSlot", "Part", "PhotoPart", "SecondLook", "Stack", "Word", "doubtful",
    "fuse_photos", "stack", "torn",
]  # fmt: skip
