"""What a phone does to a plate: light, blur, few pixels, noise, sharpening, JPEG. Grey or RGB pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np


@dataclass(frozen=True)
class CaptureConfig:
    """How harsh the capture is.

    Attributes:
        blur: upper bound of the defocus blur's sigma, as a share of a character's pitch.
        motion: probability of motion blur.
        noise: upper bound of the noise's sigma, as a share of the picture's own contrast.
        sharpen: probability that the phone sharpens; halos are what real crops show most.
        jpeg: probability that the photo is compressed (then once or twice).
        quality: lower bound of JPEG's quality.
        glare: probability of a bright patch.
        lowcontrast: probability that the contrast is squeezed.
    """

    blur: float = 0.1
    motion: float = 0.12
    noise: float = 0.2
    sharpen: float = 0.6
    jpeg: float = 0.85
    quality: int = 35
    glare: float = 0.06
    lowcontrast: float = 0.15

    def __post_init__(self) -> None:
        for name in ("motion", "sharpen", "jpeg", "glare", "lowcontrast"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; a probability lies between 0 and 1")
        for name in ("blur", "noise"):
            if not 0 <= getattr(self, name) <= 2:
                raise ValueError(f"{name} is {getattr(self, name)}; give 0 to 2")
        if not 1 <= self.quality <= 95:
            raise ValueError(f"quality is {self.quality}; JPEG's lies between 1 and 95")

    def times(self, share: float) -> CaptureConfig:
        """Every effect times ``share``, 0..1; at 0 only the light on the plate is left."""
        if not 0 <= share <= 1:
            raise ValueError(f"the capture's share is {share}; give 0 to 1")
        names = ("blur", "motion", "noise", "sharpen", "jpeg", "glare", "lowcontrast")
        return replace(self, **{name: share * getattr(self, name) for name in names})


def expose(picture: np.ndarray, rng: np.random.Generator, config: CaptureConfig) -> np.ndarray:
    """Light on the plate: uneven brightness, reflections, little contrast; float32 in, float32 0..255 out."""
    rows, columns = picture.shape[:2]
    field = _smooth_field(rng, rows, columns, cells=3) * rng.uniform(0, 30)
    picture = picture + _like(field, picture)
    if rng.random() < config.glare:
        picture = picture + _like(_glare(rng, rows, columns), picture)
    if rng.random() < config.lowcontrast:
        gain = rng.uniform(0.3, 0.8)
        picture = (picture - picture.mean()) * gain + rng.uniform(40, 220)
    gamma = rng.uniform(0.7, 1.4)
    return 255 * np.power(np.clip(picture, 0, 255) / 255, gamma)


def shoot(
    picture: np.ndarray, rng: np.random.Generator, config: CaptureConfig, pitch: float = 8.0
) -> np.ndarray:
    """Lens, sensor and file of a picture that has its final size: float32 0..255 in, uint8 out.

    ``pitch`` is the distance of neighbouring characters in pixels: what blurs small text to nothing is
    not seen in large text.
    """
    blur = rng.uniform(0, config.blur) * pitch
    if blur > 0.2:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    length = pitch * rng.uniform(0.15, 0.4)
    if length >= 1.5 and rng.random() < config.motion:
        picture = cv2.filter2D(picture, -1, _motion_kernel(rng, length))
    if rng.random() < 0.5:
        sigma = rng.uniform(0, config.noise) * min(float(picture.std()), 40.0)
        noise = rng.normal(0, sigma, picture.shape).astype(np.float32)
        if rng.random() < 0.5:
            noise = cv2.GaussianBlur(noise, (0, 0), 0.7) * 1.6
        picture = picture + noise
    if rng.random() < config.sharpen:
        soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.8, 1.6))
        picture = picture + (picture - soft) * rng.uniform(0.3, 1.6)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < config.jpeg:
        for _ in range(1 + int(rng.random() < 0.4)):
            quality, grid = int(rng.integers(config.quality, 96)), rng.integers(8, size=2)
            picture = _jpeg(picture, quality, (int(grid[0]), int(grid[1])))
    return picture


def bent(strip: np.ndarray, extents: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A curved label: columns drift along a wave, and rows along another.

    Args:
        strip: uint8 grey ``(h, w)``.
        extents: ``(n, 2)`` along the strip, 0..1; none are needed.
        rng: draws the waves.

    Returns:
        The strip, and the extents where the characters are now.
    """
    rows, columns = strip.shape
    places = np.arange(columns, dtype=np.float32) / columns
    (often, phase), (slowly, start) = [(rng.uniform(0.3, 2.0), rng.uniform()) for _ in range(2)]
    drift, swing = rng.uniform(0, 0.012), rows * rng.uniform(0, 0.05)
    along = columns * drift * np.sin(2 * np.pi * (often * places + phase)).astype(np.float32)
    across = swing * np.sin(2 * np.pi * (slowly * places + start)).astype(np.float32)
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32) + along, np.arange(rows, dtype=np.float32))
    strip = cv2.remap(strip, x, y + across, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # What stood at u is now where x + drift(x) = u; two steps of that are exact to a hundredth of a pixel.
    moved = extents
    for _ in range(3):
        moved = extents - drift * np.sin(2 * np.pi * (often * moved + phase))
    return strip, moved


def _jpeg(picture: np.ndarray, quality: int, shift: tuple[int, int]) -> np.ndarray:
    """Compressed and decoded; ``shift`` moves the 8 x 8 grid, as cutting between two compressions does."""
    down, right = shift
    padded = cv2.copyMakeBorder(picture, down, 0, right, 0, cv2.BORDER_REPLICATE)
    _, data = cv2.imencode(".jpg", padded, [cv2.IMWRITE_JPEG_QUALITY, quality])
    flag = cv2.IMREAD_GRAYSCALE if picture.ndim == 2 else cv2.IMREAD_COLOR
    return cv2.imdecode(data, flag)[down:, right:]


def _motion_kernel(rng: np.random.Generator, length: float) -> np.ndarray:
    reach = int(np.ceil(length / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    angle = rng.uniform(0, np.pi)
    offset = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    start, end = (np.array([reach, reach]) + sign * offset for sign in (-1, 1))
    cv2.line(
        kernel, np.round(start).astype(int).tolist(), np.round(end).astype(int).tolist(), 1.0, 1, cv2.LINE_AA
    )
    return kernel / kernel.sum()


def _smooth_field(rng: np.random.Generator, rows: int, columns: int, cells: int) -> np.ndarray:
    coarse = rng.normal(0, 1, (cells, cells + 2)).astype(np.float32)
    return cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)


def _glare(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """A bright spot or band, float32 ``(rows, columns)``."""
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    x, y = x - rng.uniform(0, columns), y - rng.uniform(0, rows)
    along = (x * np.cos(angle) + y * np.sin(angle)) / rng.uniform(0.1, 1.0) / columns
    across = (y * np.cos(angle) - x * np.sin(angle)) / rng.uniform(0.2, 1.0) / rows
    return rng.uniform(60, 255) * np.exp(-np.square(along) - np.square(across)).astype(np.float32)


def _like(field: np.ndarray, picture: np.ndarray) -> np.ndarray:
    return field if picture.ndim == 2 else field[..., None]
