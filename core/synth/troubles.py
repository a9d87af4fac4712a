"""One trouble at a time, with a known severity and known victims: for training, and to test the quality gate.

Each function draws all that it needs first and scales it with the severity afterwards, so that the same seed
gives the same glare, only stronger. Lengths are in characters, not pixels: what blurs small text to nothing
is not seen in large text.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from core.synth.textline import TextLine

CHANGED, SHARE = 12.0, 0.03
"""A slot is hurt where this share of its pixels moved by more than so many grey levels."""

SMALLEST = 2.5
"""Pixels per character that are left of text that is wholly too small."""


class UnknownTrouble(ValueError):
    """There is no trouble of that name."""


def trouble(
    kind: str, pixels: np.ndarray, extents: np.ndarray, severity: float, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Spoil a strip or a scene in one way.

    Args:
        kind: one of ``KINDS``.
        pixels: uint8 ``(H, W)`` or RGB ``(H, W, 3)``; left as it is.
        extents: where the characters are: ``(n, 2)`` start and end along a strip, 0..1, or ``(n, 4, 2)``
            corners in pixels, clockwise from the text's own top left.
        severity: 0 changes nothing, at 1 the characters that are hurt can hardly be read.
        rng: draws places, directions and shades; how much it draws does not depend on the severity.

    Returns:
        Pixels of the same shape, and the indices of the characters that were changed visibly.

    Raises:
        UnknownTrouble: no such kind.
        ValueError: the severity is outside 0..1, or there is no character.
    """
    if kind not in KINDS:
        raise UnknownTrouble(f"{kind[:40]!r} is no trouble; there are {', '.join(KINDS)}")
    if not 0 <= severity <= 1:
        raise ValueError(f"the severity is {severity}; it lies between 0 and 1")
    line = TextLine.of(pixels, extents)
    spoilt = KINDS[kind](pixels.astype(np.float32), line, float(severity), rng)
    after = np.clip(np.round(spoilt), 0, 255).astype(np.uint8)
    if severity == 0:
        return pixels.copy(), ()
    return after, hurt_slots(pixels, after, line.corners)


def hurt_slots(before: np.ndarray, after: np.ndarray, corners: np.ndarray) -> tuple[int, ...]:
    """The characters whose pixels changed visibly; corners are ``(n, 4, 2)``, pixels."""
    change = np.abs(before.astype(np.int16) - after)
    moved = (change.max(axis=2) if change.ndim == 3 else change) > CHANGED
    hurt = []
    for index, one in enumerate(corners):
        inside = np.zeros(moved.shape, np.uint8)
        cv2.fillConvexPoly(inside, np.round(one - 0.5).astype(np.int32), 1)
        if moved[inside > 0].mean() > SHARE if inside.any() else False:
            hurt.append(index)
    return tuple(hurt)


def _glare(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Light that drowns a few characters; it saturates in the middle."""
    along, across = line.frame(picture.shape, line.spot(rng), rng.uniform(0, np.pi))
    long, short = line.pitch * rng.uniform(1.2, 3.0), line.pitch * rng.uniform(0.6, 1.2)
    light = np.exp(-np.square(along / long) - np.square(across / short))
    return _over(picture, np.clip(1.8 * severity * light, 0, 1), 255.0)


def _defocus(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """A disc, as an open lens draws it."""
    radius = severity * line.pitch * rng.uniform(0.45, 0.7)
    reach = int(np.ceil(radius)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return _through(picture, np.clip(radius + 1 - np.hypot(x, y), 0, 1))


def _motion(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """The phone moved in a straight line while it looked."""
    half = severity * line.pitch * rng.uniform(0.5, 0.8)
    angle = rng.uniform(0, np.pi)
    reach = int(np.ceil(half)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return _through(picture, np.clip(1 - np.hypot(np.maximum(np.abs(along) - half, 0), across), 0, 1))


def _dirt(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Splashes of mud, denser the worse."""
    field = _blotches(picture.shape, 0.45 * line.pitch, rng)
    shade = rng.uniform(50, 190) * np.array([1.0, 0.88, 0.7])
    _, across = line.frame(picture.shape, line.corners.mean(axis=(0, 1)))
    near = 1 / (1 + np.square(across / (3 * line.height)) ** 2)
    return _over(picture, 0.92 * near * _covering(field, 0.75 * severity), shade)


def _scratches(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Up to nine straight scratches across the text, bright or dark."""
    across = np.array([-line.along[1], line.along[0]])
    cover = np.zeros(picture.shape[:2], np.float32)
    shade = rng.choice([20.0, 235.0])
    for number in range(9):
        start = line.spot(rng) - across * line.height * rng.uniform(0.6, 2.0)
        end = line.spot(rng) + across * line.height * rng.uniform(0.6, 2.0)
        strength = float(np.clip(9 * severity - number, 0, 1))
        width = max(1, round(line.pitch * rng.uniform(0.06, 0.18)))
        mark = np.zeros_like(cover)
        cv2.line(mark, *_fixed(start, end), 1.0, width, cv2.LINE_AA, 4)
        cover = np.maximum(cover, strength * mark)
    return _over(picture, cover, shade)


def _drops(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Rain on the glass: each drop shows its surroundings upside down, with a bright and a dark rim."""
    for number in range(8):
        place, radius = line.spot(rng), line.height * rng.uniform(0.45, 0.9)
        strength = float(np.clip(8 * severity - number, 0, 1))
        x, y = line.frame(picture.shape, place)
        inside = np.clip(1.15 * (1 - np.hypot(x, y) / radius) * 5, 0, 1) * strength
        back = place - 0.9 * (np.mgrid[0 : x.shape[0], 0 : x.shape[1]][::-1].transpose(1, 2, 0) + 0.5 - place)
        lens = _from(picture, back - 0.5) + _like(25 * y / radius, picture)
        picture = picture + _like(inside, picture) * (lens - picture)
    return picture


def _shadow(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Something stands in the light of a part of the line."""
    along, _ = line.frame(picture.shape, line.spot(rng), rng.normal(0, 0.6))
    wide, soft = line.pitch * rng.uniform(3, 9), line.pitch * rng.uniform(0.15, 0.8)
    shade = 1 / (1 + np.exp(np.clip(np.abs(along) - wide / 2, -40 * soft, 40 * soft) / soft))
    return picture * _like(1 - 0.93 * severity * shade, picture)


def _missing_paint(
    picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator
) -> np.ndarray:
    """Ink has flaked off: in patches the ground shows where strokes were."""
    text = np.concatenate([line.inside(picture, index) for index in range(len(line.corners))])
    dark = not text.size or float(text.mean()) < float(np.median(text))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, int(0.6 * line.pitch) | 1),) * 2)
    ground = cv2.morphologyEx(picture, cv2.MORPH_CLOSE if dark else cv2.MORPH_OPEN, kernel)
    cover = _covering(_blotches(picture.shape, 0.35 * line.pitch, rng), 0.7 * severity)
    return picture + _like(cover, picture) * (ground - picture)


def _cut_ends(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """The photo, or the crop, ends before the text does; what lies outside repeats the last pixels."""
    first, count = rng.random() < 0.5, rng.uniform(2.0, 4.5)
    end = line.corners[0, [0, 3]].mean(axis=0) if first else line.corners[-1, [1, 2]].mean(axis=0)
    inwards = line.along if first else -line.along
    edge = end + inwards * severity * count * line.pitch
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    places = np.stack([x, y], axis=2) + 0.5
    beyond = np.minimum((places - edge) @ inwards, 0.0)
    # At severity 0 the edge is where the text begins, and nothing but margin is repeated.
    return _from(picture, places - beyond[..., None] * inwards - 0.5)


def _too_small(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Taken from farther away: fewer pixels per character, then enlarged again."""
    factor = min(1.0, SMALLEST / line.pitch) ** severity
    rows, columns = picture.shape[:2]
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    enlarging = cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_LINEAR
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (columns, rows), interpolation=enlarging)


def _too_dark(picture: np.ndarray, _line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Too little light: dark, and noisy where the sensor was turned up."""
    noise = rng.normal(0, 1, picture.shape[:2]).astype(np.float32)
    gain = (0.06 * rng.uniform(0.7, 1.3)) ** severity
    return picture * gain + _like(5 * severity * noise, picture)


def _too_bright(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """Overexposed: the sensor is full, and light runs over from the ground into the strokes."""
    gain, lift = 1 + 4 * severity * rng.uniform(0.7, 1.3), severity * rng.uniform(0, 40)
    veil = cv2.GaussianBlur(picture, (0, 0), max(0.3, 0.3 * line.pitch))
    return np.clip(gain * (picture + lift) + severity * veil, 0, 255)


def _low_contrast(
    picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator
) -> np.ndarray:
    """Fog, dust on the glass, letters of the ground's own colour."""
    veil = rng.uniform(60, 210)
    keep = 1 - severity * rng.uniform(0.9, 0.96)
    return picture * keep + veil * (1 - keep)


def _occlusion(picture: np.ndarray, line: TextLine, severity: float, rng: np.random.Generator) -> np.ndarray:
    """A finger, a cable, a sticker over up to six characters; nothing shows through."""
    along, _ = line.frame(picture.shape, line.spot(rng), rng.normal(0, 0.35))
    half = severity * line.pitch * rng.uniform(1.5, 3.0)
    texture = _blotches(picture.shape, 0.8 * line.pitch, rng)
    shade = rng.uniform(15, 240) * (1 + rng.normal(0, 0.06, 3))
    cover = np.clip(half - np.abs(along), 0, 1) * (half > 0)
    return _over(picture, cover, shade + 8 * texture[..., None])


KINDS: dict[str, Callable[[np.ndarray, TextLine, float, np.random.Generator], np.ndarray]] = {
    "glare": _glare,
    "defocus": _defocus,
    "motion": _motion,
    "dirt": _dirt,
    "scratches": _scratches,
    "drops": _drops,
    "shadow": _shadow,
    "missing-paint": _missing_paint,
    "cut-ends": _cut_ends,
    "too-small": _too_small,
    "too-dark": _too_dark,
    "low-contrast": _low_contrast,
    "occlusion": _occlusion,
    "too-bright": _too_bright,
}
"""Name -> what it does to a float32 picture; see :func:`trouble`."""


def _over(picture: np.ndarray, cover: np.ndarray, shade: float | np.ndarray) -> np.ndarray:
    """A layer of a shade (grey, RGB, or a picture of it) on top."""
    if picture.ndim == 2:
        shade = np.asarray(shade, np.float32).mean(axis=-1) if np.ndim(shade) else shade
    return picture + _like(cover, picture) * (shade - picture)


def _through(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    kernel = kernel.astype(np.float32)
    return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def _from(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Sampled at places ``(H, W, 2)``, pixel centres at whole numbers; edges repeat."""
    x, y = np.ascontiguousarray(places[..., 0], np.float32), np.ascontiguousarray(places[..., 1], np.float32)
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _blotches(shape: tuple[int, ...], size: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise of mean 0 and deviation 1 with blotches of about ``size`` pixels."""
    step = max(1.0, size)
    cells = (int(np.ceil(shape[0] / step)) + 2, int(np.ceil(shape[1] / step)) + 2)
    field = cv2.resize(
        rng.normal(0, 1, cells).astype(np.float32), shape[1::-1], interpolation=cv2.INTER_CUBIC
    )
    return (field - field.mean()) / max(float(field.std()), 1e-6)


def _covering(field: np.ndarray, share: float) -> np.ndarray:
    """The highest ``share`` of a field with soft rims, 0..1."""
    if share <= 0:
        return np.zeros_like(field)
    return np.clip((field - np.quantile(field, 1 - share)) / 0.3, 0, 1)


def _like(field: np.ndarray, picture: np.ndarray) -> np.ndarray:
    return field if picture.ndim == 2 else field[..., None]


def _fixed(*points: np.ndarray) -> list[tuple[int, int]]:
    """Points as OpenCV takes them with four bits of fraction."""
    return [(round(16 * float(x)), round(16 * float(y))) for x, y in points]
