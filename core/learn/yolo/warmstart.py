"""Warm start of the YOLO reader's trunk from PP-OCRv6's small recogniser; its head starts from nothing."""

from __future__ import annotations

from core.learn.ctc.warmstart import FILE
from core.learn.warmstart import Donor, convolutions, copy_convolutions
from core.learn.yolo.network import YoloNetwork

_NECK = 3
"""Convolutions behind the trunk that this network does not have."""


def load_warm_start(network: YoloNetwork) -> None:
    """Copy the recogniser's trunk into ``network``, in place.

    Raises:
        WarmStartError: see :mod:`core.learn.warmstart`.
    """
    stored = Donor(FILE).convolutions()
    first, bias = stored[0]
    # The three channels are scaled alike: a grey picture excites the sum of them.
    stored[0] = first.sum(axis=1, keepdims=True), bias
    copy_convolutions(convolutions(network.stem, network.trunk), stored[:-_NECK])
