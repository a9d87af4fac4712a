"""Find the true tilt of boxed training lines with a CTC reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from core.geometry import Quad
from core.learn.crops import SQUEEZE, LabelledPhoto, read_pixels
from core.learn.strips import cut
from core.recognize.ctc import forward_backward
from core.recognize.strips import to_input
from core.rectify import quads_in_box
from core.vin import ALPHABET

Frames = Callable[[np.ndarray], np.ndarray]
"""Input batch ``(n, 1, h, w)`` to log-probabilities ``(n, frames, 34)``."""


def best_quad(
    photo: LabelledPhoto, frames: Frames, size: tuple[int, int], tilts: int = 13
) -> tuple[Quad, float, float]:
    """The quad in a photo's box that reads best.

    Args:
        photo: with a box.
        frames: the reader.
        size: ``(width, height)`` of its input.
        tilts: how many are tried.

    Returns:
        Quad in photo pixels, log-likelihood of 17 characters on it, and mean agreement with the known
        characters (0..1; 1 where none is known).
    """
    pixels = cv2.cvtColor(read_pixels(photo.path), cv2.COLOR_RGB2GRAY)
    assert photo.box is not None
    left, top, width, height = photo.box
    stretched = quads_in_box((left * SQUEEZE, top, width * SQUEEZE, height), tilts)
    quads = [Quad(quad.corners / [SQUEEZE, 1]) for quad in stretched]
    best = _score(pixels, quads, photo.vin, frames, size)
    refined = _refinements(quads[best[0]])
    best = _score(pixels, refined, photo.vin, frames, size)
    return refined[best[0]], best[1], best[2]


def _refinements(quad: Quad) -> list[Quad]:
    """The quad, tighter and looser, and a little turned."""
    options = []
    for across in (-0.22, -0.1, 0.0, 0.1):
        for slope in (-0.12, 0.0, 0.12):
            grown = quad.widened(0.0, across)
            move = np.array([[0, -1], [0, 1], [0, 1], [0, -1]]) * slope * quad.height
            options.append(Quad(grown.corners + move))
    return options


def _score(
    pixels: np.ndarray, quads: Sequence[Quad], text: str, frames: Frames, size: tuple[int, int]
) -> tuple[int, float, float]:
    strips = [cut(pixels, quad, size) for quad in quads]
    slots, _, likelihood = forward_backward(np.exp(frames(to_input(strips))))
    agreement = np.ones(len(quads))
    score = likelihood.copy()
    if len(text) == 17:
        known = [(k, ALPHABET.index(c)) for k, c in enumerate(text) if c != "?"]
        picked = np.stack([slots[:, k, c] for k, c in known], axis=1)
        agreement = picked.mean(axis=1)
        score = likelihood + np.log(np.maximum(picked, 1e-6)).sum(axis=1)
    best = int(score.argmax())
    return best, float(likelihood[best]), float(agreement[best])
