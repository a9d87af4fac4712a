"""What a small network sees on a strip: which trouble, how bad, and where along the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import registry
from core.quality.kinds import LEARNT
from core.quality.view import View
from core.registry import Network

COLUMNS = 40
"""Places along the strip that the network speaks of."""


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
        network: ``(n, 3, 48, 320)`` to ``(n, 41, 13)``: the first row is about the whole line (severity,
            nothing wrong, the kinds), the others about places along it.
    """

    network: Network

    @classmethod
    def load(cls, folder: Path | None = None) -> Gauge:
        """The network of a folder (default: the champion's), or the shipped one where it has none.

        Raises:
            registry.ModelError: it is missing or damaged.
        """
        folder = folder or registry.champion_folder()
        return cls(
            registry.load("quality", folder if (folder / "quality.json").exists() else registry.CHAMPION)
        )

    def look(self, view: View) -> Evidence:
        """The network's opinion on a line."""
        output = self.network.run(to_input([view.grey], [(view.pitch, view.height)]))[0]
        return evidence(output[0], view.places)


def to_input(pictures: Sequence[np.ndarray], sizes: Sequence[tuple[float, float]]) -> np.ndarray:
    """Grey uint8 strips ``(48, 320)`` and their ``(pitch, height)`` to float32 ``(n, 3, 48, 320)``.

    The further channels tell how many pixels of the photo a character had, along and across: enlarged text
    looks blurred, and a line seen from the side has lost its shape.
    """
    grey = (np.stack(pictures).astype(np.float32) - 127.5) / 127.5
    logs = np.log(np.maximum(np.asarray(sizes, np.float32), 0.5) / [8, 14])
    known = np.clip(logs, -1.5, 1.5).astype(np.float32)[:, :, None, None]
    return np.concatenate([grey[:, None], np.broadcast_to(known, (len(grey), 2, *grey.shape[1:]))], axis=1)


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
