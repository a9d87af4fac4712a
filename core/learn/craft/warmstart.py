"""Warm start of the light CRAFT from PP-OCRv6's small text detector, all but the last layer."""

from __future__ import annotations

from core.learn.craft.network import CraftNetwork
from core.learn.warmstart import Donor, convolutions, copy_convolutions

FILE = "PP-OCRv6_det_small.onnx"


def load_warm_start(network: CraftNetwork) -> None:
    """Copy all but the head, in place.

    Raises:
        WarmStartError: see :mod:`core.learn.warmstart`.
    """
    stored = Donor(FILE).convolutions()[:-1]
    first, bias = stored[0]
    # Trained on blue, green, red; photos here are red, green, blue.
    stored[0] = first[:, ::-1], bias
    parts = (network.stem, network.trunk, network.lateral, network.smooth, network.join, network.raise_)
    copy_convolutions(convolutions(*parts), stored)
