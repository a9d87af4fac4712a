"""What a small network sees on a strip: which trouble, how bad, and where along the line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import registry
from core.quality.features import features
from core.quality.kinds import LEARNT
from core.quality.view import View
from core.registry import Network


@dataclass(frozen=True, eq=False)
class Evidence:
    """The network's opinion on one strip.

    Attributes:
        none: probability that nothing is wrong, 0..1.
        kinds: kind -> probability that this is the trouble; with ``none`` they sum to 1.
        severity: as the synthetic factory counts it, about 0..1.
        slots: kind -> float ``(17,)``, how likely it hurts each character, 0..1.
    """

    none: float
    kinds: dict[str, float]
    severity: float
    slots: dict[str, np.ndarray]


@dataclass(frozen=True)
class Gauge:
    """The champion network for quality.

    Attributes:
        network: ``(n, 41, 156)`` to ``(n, 41, 13)``: the first row is about the whole line (severity,
            nothing wrong, the kinds), the others about places along it.
    """

    network: Network

    @classmethod
    def load(cls, folder: Path | None = None) -> Gauge:
        """The network of a folder (default: the champion's), or the shipped one where it has none.

        Raises:
            registry.ModelError: it is missing or damaged.
        """
        return cls(registry.load_or_shipped("quality", folder))

    def look(self, view: View) -> Evidence:
        """The network's opinion on a line."""
        seen = features(view.picture, view.pitch, view.height)
        output = self.network.run(to_input(*seen))[0]
        return evidence(output[0], view.places)


def to_input(whole: np.ndarray, local: np.ndarray) -> np.ndarray:
    """Features of a strip to float32 ``(1, 1 + columns, WHOLE)``: first the line's, then the places'."""
    packed = np.zeros((1, 1 + len(local), len(whole)), np.float32)
    packed[0, 0] = whole
    packed[0, 1:, : local.shape[1]] = local
    return packed


def evidence(output: np.ndarray, extents: np.ndarray) -> Evidence:
    """One output ``(1 + columns, 2 + kinds)``, seen at the characters' places ``(17, 2)``, 0..1."""
    line = np.exp(output[0, 1:] - output[0, 1:].max())
    line = line / line.sum()
    columns = 1 / (1 + np.exp(-np.clip(output[1:, 2:], -30, 30)))
    centres = (np.arange(len(columns)) + 0.5) / len(columns)
    weights = np.clip(1 - np.abs(centres - extents.mean(axis=1)[:, None]) * len(columns) / 1.6, 0, 1)
    weights[np.arange(len(extents)), np.abs(centres - extents.mean(axis=1)[:, None]).argmin(axis=1)] += 1e-3
    hurt = (weights / weights.sum(axis=1, keepdims=True)) @ columns
    return Evidence(
        none=float(line[0]),
        kinds={kind: float(line[1 + place]) for place, kind in enumerate(LEARNT)},
        severity=float(output[0, 0]),
        slots={kind: hurt[:, place] for place, kind in enumerate(LEARNT)},
    )
