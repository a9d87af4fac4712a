"""The CTC reader: strip in, 17 slots of posteriors out.

Frame probabilities come from an ONNX network; forward-backward restricted to readings of exactly
17 characters (Graves et al., ICML 2006, with the length as a further state) turns them into slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.recognize.strips import MARGIN, margin_share, to_grey, to_input
from core.records import SlotPosteriors, Strip
from core.registry import Network
from core.vin import ALPHABET, LENGTH

BLANK = 0
_RESCALED = 8
"""Frames after which states are divided by their sum: products of eight stay far from nothing."""


@dataclass(frozen=True)
class CtcReader:
    """Reads strips with the champion CTC network.

    Attributes:
        network: grey strips ``(n, 1, height, width)`` in -1..1 to log-probabilities ``(n, frames, 34)``.
    """

    network: Network

    def read(self, strips: Sequence[Strip]) -> list[SlotPosteriors]:
        """17 slots for each strip."""
        if not strips:
            return []
        height, width = self.network.card.input_size
        pictures = [to_grey(strip.render(width, height, MARGIN)) for strip in strips]
        log_probabilities = self.network.run(to_input(pictures))[0]
        return decode(log_probabilities, [margin_share(strip) for strip in strips])


def decode(log_probabilities: np.ndarray, margins: Sequence[float] | None = None) -> list[SlotPosteriors]:
    """Frames to slots.

    Args:
        log_probabilities: ``(n, frames, 34)``, class 0 the blank.
        margins: per strip, the share of its width that is margin on either side; extents are told without it.
    """
    probabilities = np.exp(log_probabilities.astype(np.float64))
    slots, occupancy, likelihood = forward_backward(probabilities)
    frames = probabilities.shape[1]
    places = (np.arange(frames) + 0.5) / frames
    texts = greedy(log_probabilities)
    out = []
    for index, text in enumerate(texts):
        margin = margins[index] if margins is not None else 0.0
        centres = (occupancy[index] @ places - margin) / (1 - 2 * margin)
        out.append(
            SlotPosteriors(
                probabilities=slots[index].astype(np.float32),
                extents=extents_from_centres(centres, margin / (1 - 2 * margin)).astype(np.float32),
                log_likelihood=float(likelihood[index]),
                text=text,
            )
        )
    return out


def greedy(log_probabilities: np.ndarray) -> list[str]:
    """Best class per frame, repeats merged, blanks dropped: ``(n, frames, 34)`` to n texts of any length."""
    best = log_probabilities.argmax(axis=2)
    changed = np.ones_like(best, dtype=bool)
    changed[:, 1:] = best[:, 1:] != best[:, :-1]
    return [
        "".join(ALPHABET[c - 1] for c in row[new] if c != BLANK)
        for row, new in zip(best, changed, strict=True)
    ]


def forward_backward(
    probabilities: np.ndarray, length: int = LENGTH
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum over all alignments of all readings with exactly ``length`` characters.

    Args:
        probabilities: ``(n, frames, 1 + characters)``, class 0 the blank, rows sum to 1.
        length: how many characters are read.

    Returns:
        Slot posteriors ``(n, length, characters)`` with rows that sum to 1, occupancy
        ``(n, length, frames)`` (where each slot's character is written; rows sum to 1), and the natural
        logarithm of the summed probability ``(n,)``.
    """
    # Never exactly zero: a frame that denies everything must not end in 0 / 0.
    probabilities = np.maximum(probabilities, 1e-12)
    written, forward_blank, entered, scales = _forward(probabilities, length)
    beta = _backward(probabilities, length, scales)
    final = written[:, -1, length].sum(axis=1) + forward_blank[:, -1, length]
    total = np.maximum(final, 1e-300)[:, None, None]
    slots = np.einsum("ntkc,ntkc->nkc", entered[:, :, 1:], beta[:, :, 1:]) / total
    occupancy = np.einsum("ntkc,ntkc->nkt", written[:, :, 1:], beta[:, :, 1:]) / total
    slots = np.maximum(slots, 1e-12)
    return (
        slots / slots.sum(axis=2, keepdims=True),
        occupancy / np.maximum(occupancy.sum(axis=2, keepdims=True), 1e-300),
        np.log(total[:, 0, 0]) + np.log(scales).sum(axis=1),
    )


def extents_from_centres(centres: np.ndarray, beyond: float = 0.0) -> np.ndarray:
    """Extents that meet halfway between neighbouring centres: ``(17,)`` to ``(17, 2)``.

    Both are 0..1 along the line, or as much as ``beyond`` out of it.

    CTC says where a character is, not how wide; a neighbour's distance is the best guess.
    """
    middles = (centres[1:] + centres[:-1]) / 2
    first = centres[0] - (middles[0] - centres[0])
    last = centres[-1] + (centres[-1] - middles[-1])
    edges = np.concatenate([[first], middles, [last]])
    return np.clip(np.stack([edges[:-1], edges[1:]], axis=1), -beyond, 1 + beyond)


def _forward(probabilities: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scaled forward pass (Rabiner 1989).

    Index k counts the characters written so far. Returns character states ``(n, frames, length + 1, c)``,
    blank states ``(n, frames, length + 1)``, the mass newly entering each character state (same shape as
    the first), and the scales ``(n, frames)``, 1 in all but one of ``_RESCALED`` and the last.
    """
    count, frames, classes = probabilities.shape
    written = np.zeros((count, frames, length + 1, classes - 1))
    blank = np.zeros((count, frames, length + 1))
    entered = np.zeros_like(written)
    scales = np.ones((count, frames))
    entered[:, 0, 1] = written[:, 0, 1] = probabilities[:, 0, 1:]
    blank[:, 0, 0] = probabilities[:, 0, 0]
    for frame in range(1, frames):
        seen, before = probabilities[:, frame, None, 1:], written[:, frame - 1]
        total = before.sum(axis=2)
        total += blank[:, frame - 1]
        new, here = entered[:, frame], written[:, frame]
        # A character may follow any other directly, itself only after a blank.
        np.subtract(total[:, :-1, None], before[:, :-1], out=new[:, 1:])
        new *= seen
        np.multiply(before, seen, out=here)
        here += new
        np.multiply(total, probabilities[:, frame, :1], out=blank[:, frame])
        if frame % _RESCALED == 0 or frame == frames - 1:
            scale = here.sum(axis=(1, 2)) + blank[:, frame].sum(axis=1)
            scales[:, frame] = scale
            here /= scale[:, None, None]
            new /= scale[:, None, None]
            blank[:, frame] /= scale[:, None]
    return written, blank, entered, scales


def _backward(probabilities: np.ndarray, length: int, scales: np.ndarray) -> np.ndarray:
    """Scaled backward pass of the character states, ``(n, frames, length + 1, c)``."""
    count, frames, classes = probabilities.shape
    beta = np.zeros((count, frames, length + 1, classes - 1))
    beta[:, -1, length] = 1.0
    blank = np.zeros((count, length + 1))
    blank[:, length] = 1.0
    shares = probabilities / scales[:, :, None]
    for frame in range(frames - 2, -1, -1):
        onward = beta[:, frame + 1] * shares[:, frame + 1, None, 1:]
        blank *= shares[:, frame + 1, :1]
        blank[:, :-1] += onward[:, 1:].sum(axis=2)
        here = beta[:, frame]
        np.add(onward, blank[:, :, None], out=here)
        here[:, :-1] -= onward[:, 1:]
    return np.maximum(beta, 0.0, out=beta)
