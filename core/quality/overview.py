"""What a small network sees on a whole photo: which trouble keeps the readers from reading, if any.

Where mud, scratches or a slant hide the VIN, the rows that the detector finds are those that nothing is wrong
with. A glance at the whole photo tells what a look at these rows cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import registry
from core.quality.grid import grid
from core.quality.kinds import LEARNT
from core.records import Photo
from core.registry import Network


@dataclass(frozen=True)
class Overview:
    """The champion network for whole photos.

    Attributes:
        network: ``(n, FEATURES, 24, 24)`` of :mod:`core.quality.grid` to logits ``(n, 1 + kinds)``, nothing
            first.
    """

    network: Network

    @classmethod
    def load(cls, folder: Path | None = None) -> Overview:
        """The network of a folder (default: the champion's), or the shipped one where it has none.

        Raises:
            registry.ModelError: it is missing or damaged.
        """
        return cls(registry.load_or_shipped("overview", folder))

    def look(self, photo: Photo) -> dict[str, float]:
        """Probability of each kind, 0..1; what they lack of 1 is that of nothing."""
        logits = self.network.run(grid(photo.pixels)[None])[0][0]
        shares = np.exp(logits - logits.max())
        shares = shares / shares.sum()
        return {kind: float(shares[1 + place]) for place, kind in enumerate(LEARNT)}
