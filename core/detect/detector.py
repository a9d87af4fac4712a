"""What the reader asks of a detector, whichever network is behind it."""

from __future__ import annotations

from typing import Protocol

from core.detect.lines import LineConfig
from core.geometry import Quad
from core.records import HeatMaps, Line, Photo
from core.registry import Network


class Detector(Protocol):
    """Photo to maps, maps to lines."""

    @property
    def network(self) -> Network:
        """The network, whose card holds ``threshold``."""
        ...

    def maps(self, photo: Photo, zoom: float = 1.0) -> HeatMaps:
        """Heat maps at a multiple of the usual size."""
        ...

    def lines(self, maps: HeatMaps, config: LineConfig, region: Quad | None = None) -> list[Line]:
        """Candidates for the VIN's line, best first; in ``region`` only, where one is given."""
        ...
