"""Real plates for new VINs: the training photos' own, their text taken out when they are first drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.learn.crops import Crop
from core.synth.swap import Donor, donor, swapped
from core.synth.vins import HARD, random_vin

_TRIES = 20


class Plates:
    """Draws crops of real plates with VINs that never were."""

    def __init__(self, crops: Sequence[Crop]) -> None:
        self._crops = crops
        self._donors: dict[int, Donor | None] = {}

    def __bool__(self) -> bool:
        return bool(self._crops)

    def draw(self, rng: np.random.Generator, confusable: float = 0.0, hard: str = HARD) -> Crop | None:
        """A plate with a random VIN; None where hardly any photo has text that can be taken out."""
        for _ in range(_TRIES):
            plate = self._donor(int(rng.integers(len(self._crops))))
            if plate is not None:
                text = random_vin(rng, confusable, hard)
                pixels, extents = swapped(plate, text, rng)
                return Crop(pixels, plate.quad, text, extents)
        return None

    def _donor(self, index: int) -> Donor | None:
        if index not in self._donors:
            crop = self._crops[index]
            self._donors[index] = donor(crop.pixels, crop.quad)
        return self._donors[index]
