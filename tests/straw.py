"""What the tests of the command line share: a photo of a plate, and a reader of straw."""

from __future__ import annotations

import cv2
import numpy as np

from core.geometry import Quad
from core.records import Candidate, Line, Reading

VIN = "1M8GDM9AXKP042788"


def plate() -> np.ndarray:
    """A VIN on a white card, uint8 RGB."""
    picture = np.full((240, 640, 3), 90, np.uint8)
    cv2.rectangle(picture, (40, 80), (600, 160), (245, 245, 245), -1)
    cv2.putText(picture, VIN, (60, 135), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20, 20, 20), 3, cv2.LINE_AA)
    return picture


class StrawReader:
    """Reads every file as the VIN that it was told, from anything that begins like a picture."""

    def __init__(
        self, vin: str | None = VIN, status: str = "accepted", raises: BaseException | None = None
    ) -> None:
        self.vin, self.status, self.raises = vin, status, raises
        self.regions: list[Quad | None] = []

    def read(self, source: bytes, region: Quad | None = None) -> Reading:
        self.regions.append(region)
        if self.raises:
            raise self.raises
        quad = region or Quad.from_box((10, 20, 80, 10))
        return Reading(
            vin=self.vin,
            status=self.status,  # type: ignore[arg-type]
            confidence=0.987,
            check_digit="valid",
            chosen=Candidate(Line((quad,), 1.0), (), {"ctc": VIN}, 0.0, "") if self.vin else None,
            milliseconds={"decode": 1.0, "total": 2.0},
            models={"ctc": "1a2b3c4d"},
        )
