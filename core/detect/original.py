"""The authors' CRAFT as a detector: it knows text, but not which text is a VIN.

Words are read out of the maps as the paper does it (Baek et al., CVPR 2019, section 3.3): what region or
affinity mark hangs together, the least rectangle around it, grown a little. What the paper leaves open is
done here: words that follow each other become lines, and lines with about 17 characters come first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core import registry
from core.detect.craft import STRIDE, to_input
from core.detect.lines import LineConfig
from core.geometry import Quad, resample
from core.records import HeatMaps, Line, Photo
from core.registry import Network
from core.vin import LENGTH

NAME = "craft-original"
SHA256 = "4a5efbfb48b4081100544e75e1e2b57f8de3d84f213004b14b85fd4b3748db17"
"""Of ``craft_mlt_25k.pth`` as EasyOCR publishes it, under the md5 2f8227d2def4037cdb3b34389dcf9ec1."""
LINK = 0.4
"""Affinity that joins characters; the authors' default, as the two below."""
LOW_TEXT = 0.4
SETTINGS = {"threshold": LOW_TEXT, "enlarge": 1.5, "side": 672.0, "largest": 1280.0}
"""Of the converted network's card; the authors' (their ``test.py``), but for ``side``, chosen on ``val``."""
SURE = 0.7
"""A word has at least one place where the region map is as high as this."""
SMALLEST = 10
"""Map pixels of a word."""
MORE = 2
"""Times as many candidates as from a detector that knows VINs: readers have to tell them from other rows."""
ENDS = 0.25
"""Heights added at either end: the region map ends inside the first and the last character; from ``val``."""
_SAMPLES = 8
"""Samples along the line per character of a VIN."""


@dataclass(frozen=True)
class OriginalCraft:
    """Maps and lines of the authors' network.

    Attributes:
        network: RGB ``(n, 3, h, w)`` in -1..1 to region and affinity ``(n, 2, h / 2, w / 2)``.
    """

    network: Network

    def maps(self, photo: Photo, zoom: float = 1.0) -> HeatMaps:
        """Region and affinity; ``vin`` is all text, the greater of the two.

        The picture is enlarged as the authors do it, by ``enlarge`` of the card, to a long side between
        ``side`` and ``largest``.
        """
        settings = self.network.card.settings
        wanted = settings["enlarge"] * max(photo.pixels.shape[:2])
        side = int(zoom * min(max(wanted, settings["side"]), settings["largest"]))
        batch, scale, (rows, columns) = to_input(photo.pixels, side)
        region, affinity = self.network.run(batch)[0][0].clip(0, 1)
        cut = (slice(0, -(-rows // STRIDE)), slice(0, -(-columns // STRIDE)))
        region, affinity = region[cut], affinity[cut]
        return HeatMaps(region, affinity, np.maximum(region, affinity), scale * photo.scale / STRIDE)

    def lines(self, maps: HeatMaps, config: LineConfig, region: Quad | None = None) -> list[Line]:
        """Candidates, those with about 17 characters first; at most ``MORE`` times ``config.most``."""
        found = words(maps, config.threshold)
        # A maker's name before the VIN is joined to it: the word alone stays in the running.
        quads = [*found, *(quad for quad in joined(found) if not any(quad is word for word in found))]
        if region is not None:
            near = region.scaled(maps.scale).widened(0.03, 0.12)
            quads = [quad for quad in quads if _holds(near, quad)]
        lines = [
            Line(
                (quad.widened(ENDS * quad.height / quad.length, 0).scaled(1 / maps.scale),),
                likeness(maps.region, quad),
            )
            for quad in quads
            if quad.length >= config.shortest * quad.height
        ]
        lines.sort(key=lambda line: line.score, reverse=True)
        return lines[: MORE * config.most]


def origin(sha256: str = SHA256) -> str:
    """What a card says about where the weights are from."""
    return f"craft_mlt_25k.pth by the authors of CRAFT, sha256 {sha256}"


def cached(folder: Path | None = None) -> Network | None:
    """The network as it was converted once on this machine; None where it has yet to be, or is damaged.

    Args:
        folder: default :func:`cache_folder`.
    """
    try:
        network = registry.load(NAME, folder or cache_folder())
    except registry.ModelError:
        return None
    usual = network.card.origin == origin() and network.card.settings == SETTINGS
    return network if usual else None


def cache_folder() -> Path:
    """``VIN_DESK_CACHE``, or ``vin-desk`` in the user's cache folder."""
    given = os.environ.get("VIN_DESK_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vin-desk"


def words(maps: HeatMaps, low_text: float = LOW_TEXT) -> list[Quad]:
    """The paper's word boxes, in map pixels, each reading to the right or, where steep, downwards."""
    text, link = maps.region > low_text, maps.affinity > LINK
    both = (text | link).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(both, connectivity=4)
    found = []
    for label in range(1, count):
        left, top, width, height, size = (int(value) for value in stats[label])
        if size < SMALLEST:
            continue
        window = slice(top, top + height), slice(left, left + width)
        inside = labels[window] == label
        if maps.region[window][inside].max() < SURE:
            continue
        rows, columns = np.nonzero(inside & text[window])
        points = np.stack([columns + left, rows + top], axis=1).astype(np.float32)
        # The maps' blobs end inside the characters: the authors grow them by this many pixels.
        grow = int(2 * np.sqrt(size * min(width, height) / (width * height)))
        found.append(_around(points, grow))
    return found


def joined(quads: list[Quad]) -> list[Quad]:
    """Words that follow each other put together to lines."""
    quads = sorted(quads, key=lambda quad: quad.length, reverse=True)
    index = 0
    while index < len(quads):
        for other in range(len(quads)):
            if other != index and _continues(quads[index], quads[other]):
                quads[index] = _hull(quads[index], quads[other])
                quads.pop(other)
                index = -1
                break
        index += 1
    return quads


def likeness(region: np.ndarray, quad: Quad) -> float:
    """How much a line looks like one of 17 characters, 0..1: their number, and how clear they are."""
    wide = max(2, _SAMPLES * LENGTH)
    along = resample(np.round(255 * region).astype(np.uint8)[..., None], quad, wide, 8)
    profile = cv2.GaussianBlur(along.reshape(8, wide)[2:6].astype(np.float32).mean(axis=0)[None], (5, 1), 0)[
        0
    ]
    inner = profile[1:-1]
    peaks = int(((inner > profile[:-2]) & (inner >= profile[2:]) & (inner > 0.3 * 255)).sum())
    clear = float(np.clip(np.percentile(profile, 75) / 255, 0.05, 1))
    return clear * min(max(peaks, 1), LENGTH) / max(peaks, LENGTH)


def _around(points: np.ndarray, grow: int) -> Quad:
    (x, y), (width, height), degrees = cv2.minAreaRect(points + 0.5)
    width, height = width + 1 + grow, height + 1 + grow
    if width < height:
        width, height, degrees = height, width, degrees + 90
    return Quad.from_line((x, y), width, height, np.deg2rad((degrees + 90) % 180 - 90))


def _continues(first: Quad, second: Quad) -> bool:
    """Whether ``second``, no longer than ``first``, goes on where that one ends."""
    if second.length > first.length or first.length < 1.5 * first.height:
        return False
    if not 0.5 < second.height / first.height < 1.8:
        return False
    frame = first.to_frame(second.corners)
    gap = max(-float(frame[:, 0].max()), float(frame[:, 0].min()) - 1) * first.length
    return gap < 1.2 * first.height and 0.2 < float(frame[:, 1].mean()) < 0.8


def _hull(first: Quad, second: Quad) -> Quad:
    """The least rectangle around both, as high as they are; a small piece hardly changes the direction."""
    points = np.vstack([first.corners, second.corners])
    frame = first.to_frame(points)
    low, high = frame.min(axis=0), frame.max(axis=0)
    if high[0] - low[0] < 1.2:
        return first.part(low[0], high[0])
    (x, y), (width, height), degrees = cv2.minAreaRect(points)
    if width < height:
        width, degrees = height, degrees + 90
    tall = (first.height * first.length + second.height * second.length) / (first.length + second.length)
    return Quad.from_line((x, y), width, tall, np.deg2rad((degrees + 90) % 180 - 90))


def _holds(region: Quad, quad: Quad) -> bool:
    x, y = region.to_frame(quad.centre[None])[0]
    return bool(0 <= x <= 1 and 0 <= y <= 1)
