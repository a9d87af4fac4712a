"""Letter shapes for synthetic plates: fonts that hold all 33 VIN characters, and strokes of our own.

``make fonts`` installs a free selection; whatever else is there is used as well, in the order of the file
names, so that the same fonts give the same plates.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import ImageFont

from core.synth.strokes import StrokeFamily, draw_family, stroke_glyph
from core.vin import ALPHABET

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
_UNFIT = re.compile(
    r"emoji|symbol|awesome|dingbat|chancery|braille|script|zapf|d050000|z003|math|outline|icons|keys"
    r"|thin|hairline|extralight",
    re.IGNORECASE,
)
_SLANTED = re.compile(r"italic|oblique|BdIta", re.IGNORECASE)
_FAVOURED = re.compile(
    r"ocr|din|mono|osifont|routed|3270|sans|gothic|bebas|condensed|narrow|b612|hack", re.IGNORECASE
)

TRIED = 40
"""Nominal font size at which a font is looked at before it is used, pixels."""


class NoFonts(RuntimeError):
    """No font with all 33 characters was found."""


@dataclass(frozen=True)
class Face:
    """What can write a VIN: a font file, or a family of strokes.

    Attributes:
        source: either.
        weight: how often a font is drawn, relative to others.
    """

    source: Path | StrokeFamily
    weight: float = 1.0


@lru_cache(maxsize=1)
def faces() -> tuple[Face, ...]:
    """All usable fonts, sorted by file name.

    Raises:
        NoFonts: there is none; ``make fonts`` installs some.
    """
    found = []
    files = [path for folder in FOLDERS if folder.is_dir() for path in folder.rglob("*")]
    for path in sorted(files, key=lambda path: (path.name, str(path))):
        if path.suffix.lower() not in (".ttf", ".otf") or _UNFIT.search(path.name):
            continue
        if _can_write_vins(path):
            weight = 3.0 if _FAVOURED.search(path.name) else 1.0
            found.append(Face(path, weight * (0.2 if _SLANTED.search(path.name) else 1.0)))
    if not found:
        raise NoFonts("no font with all 33 VIN characters on this machine; `make fonts` installs free ones")
    return tuple(found)


def draw_face(rng: np.random.Generator, own: float = 0.35) -> Face:
    """One font by weight, or with probability ``own`` a family of strokes."""
    if rng.random() < own:
        return Face(draw_family(rng))
    options = faces()
    weights = np.array([face.weight for face in options])
    return options[int(rng.choice(len(options), p=weights / weights.sum()))]


def glyph(face: Face, size: int, character: str) -> tuple[np.ndarray, int, int, float]:
    """One character drawn large.

    Args:
        face: font or family of strokes.
        size: nominal font size in pixels.
        character: any character of the font.

    Returns:
        coverage uint8 ``(h, w)`` cropped to the ink, the ink's offset ``(left, top)`` from the pen on the
        baseline (top is negative above it), and the advance in pixels.
    """
    if isinstance(face.source, StrokeFamily):
        return stroke_glyph(face.source, size, character)
    return _font_glyph(face.source, size, character)


def cap_height(face: Face, size: int) -> int:
    """Height of the letter H in pixels."""
    return max(1, glyph(face, size, "H")[0].shape[0])


@lru_cache(maxsize=20_000)
def _font_glyph(path: Path, size: int, character: str) -> tuple[np.ndarray, int, int, float]:
    font = _font(path, size)
    mask, offset = font.getmask2(character, mode="L", anchor="ls")
    width, height = mask.size
    advance = float(font.getlength(character))
    ink = np.array(mask, dtype=np.uint8).reshape(height, width)
    rows, columns = np.nonzero(ink.any(axis=1))[0], np.nonzero(ink.any(axis=0))[0]
    if not len(rows):
        return np.zeros((0, 0), np.uint8), 0, 0, advance
    # FreeType leaves an empty border on some glyphs; boxes shall hold the ink and nothing else.
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return ink, int(offset[0]) + int(columns[0]), int(offset[1]) + int(rows[0]), advance


@lru_cache(maxsize=1000)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def _can_write_vins(path: Path) -> bool:
    """Whether all 33 glyphs are there, distinct, and of one cap height (no small capitals, no blanks)."""
    try:
        pictures = [_font_glyph(path, TRIED, character)[0] for character in ALPHABET]
    except (OSError, ValueError):
        logging.getLogger(__name__).debug("font %s cannot be used", path, exc_info=True)
        return False
    heights = [picture.shape[0] for picture in pictures]
    if min(heights) < 12 or max(heights) > 1.5 * min(heights):
        return False
    return len({(picture.shape, picture.tobytes()) for picture in pictures}) == len(ALPHABET)
