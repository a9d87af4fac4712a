"""Bar codes beside the VIN: what they carry, and what that says of the reading.

A bar code's payload is text of a stranger. Nothing of it is kept but 17 characters of a VIN's alphabet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import zxingcpp

from core.geometry import Quad
from core.records import BarCode, Line, Photo, Status
from core.vin import ALPHABET, LENGTH, check_digit_status, maker

AGREED = 0.999
"""Least probability of a VIN that bar code and readers tell independently: both would have to make the same
mistake."""
CONTRADICTED = 0.5
"""Most that a reading is believed against a bar code that says something else."""
MOST = 4096
"""Characters of a payload that are looked at."""

FORMATS: dict[zxingcpp.BarcodeFormat, str] = {
    zxingcpp.BarcodeFormat.Code39: "Code 39",
    zxingcpp.BarcodeFormat.Code128: "Code 128",
    zxingcpp.BarcodeFormat.DataMatrix: "Data Matrix",
    zxingcpp.BarcodeFormat.QRCode: "QR Code",
    zxingcpp.BarcodeFormat.PDF417: "PDF417",
}
BARS = (zxingcpp.BarcodeFormat.Code39, zxingcpp.BarcodeFormat.Code128)
NARROWEST = 264
"""Pixels of the long side below which no VIN is looked for in bars: 220 of them and their margins, each more
than a pixel wide, do not fit in."""
WIDEST = 1200
"""Pixels of the long side from which a photo is halved for its bar codes: that takes a third of the time, and
phones' sharpening and noise do no harm there. On photos of 1,200 to 3,300 pixels two more were decoded for
that and none fewer (four were decoded whole)."""
SHORTEST, LONGEST = 220.0, 900.0
"""Pixels of the VIN's line between which its surroundings are looked at enlarged: a VIN in Code 128 is about
220 bars wide, in Code 39 about 320, and as long as the line. Under a pixel per bar nothing helps; over
three pixels the whole photo has shown it already."""
ALONG, ACROSS = 0.3, 0.35
"""How far around the line that look goes, shares of the line's length."""

_RUN = re.compile(f"[{ALPHABET}IOQ]+")
_WHOLE = re.compile(rf"\s*\*?I?([{ALPHABET}]{{{LENGTH}}})\*?\s*")
"""A payload that is 17 characters and nothing else but what Code 39 puts around them."""


def bar_codes(photo: Photo) -> tuple[BarCode, ...]:
    """Those anywhere on the photo that carry a VIN, each VIN once."""
    found, scale = anywhere(photo)
    return _once(_carrying(found, 1 / scale, (0.0, 0.0)))


def anywhere(photo: Photo) -> tuple[list[zxingcpp.Barcode], float]:
    """All on the photo, whatever they carry, and how large they were seen: over the upright file."""
    seen, scale, side = grey(photo.pixels), photo.scale, max(photo.pixels.shape[:2])
    if side > WIDEST:
        seen, scale = cv2.resize(seen, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), scale / 2
    return decoded(seen, [kind for kind in FORMATS if not (side < NARROWEST and kind in BARS)]), scale


def worth_a_closer_look(photo: Photo, line: Line) -> bool:
    """Whether bars beside this line may be too narrow to be seen on the whole photo, yet not lost."""
    length = max(part.length for part in line.parts)
    return length >= SHORTEST and length * photo.scale <= LONGEST


def bar_codes_near(photo: Photo, line: Line) -> tuple[BarCode, ...]:
    """Those around a line, looked for on an enlarged picture of it.

    Args:
        photo: the sharpest there is.
        line: where the VIN is read.
    """
    quad = max(line.parts, key=lambda part: part.length)
    reach = quad.widened(ALONG, ACROSS * quad.length / max(quad.height, 1e-6)).scaled(photo.scale)
    rows, columns = photo.pixels.shape[:2]
    low = np.clip(np.floor(reach.corners.min(axis=0)), 0, (columns, rows)).astype(int)
    high = np.clip(np.ceil(reach.corners.max(axis=0)), 0, (columns, rows)).astype(int)
    piece = grey(photo.pixels[low[1] : high[1], low[0] : high[0]])
    if min(piece.shape) < 8:
        return ()
    shown = quad.length * photo.scale
    factor = 3.0 if shown <= LONGEST / 2 else 2.0 if shown <= LONGEST else 1.0
    large = cv2.resize(piece, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    origin = (low[0] / photo.scale, low[1] / photo.scale)
    return _once(_carrying(decoded(large), 1 / (photo.scale * factor), origin))


def decoded(
    grey: np.ndarray, formats: Sequence[zxingcpp.BarcodeFormat] = tuple(FORMATS)
) -> list[zxingcpp.Barcode]:
    """All bar codes of these formats on a picture, uint8 ``(h, w)``; never trust their texts."""
    return zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(list(formats)), try_downscale=False)


def vin_in(payload: str) -> str | None:
    """The VIN that a bar code carries, or None.

    Found are: the payload itself, with the asterisks of Code 39 or the ``I`` that marks imports (17 or 18
    characters), where it has a country's letters at its start, a maker's or an agreeing check digit; and a
    word of 17 among others in a longer text, where the country alone does not do. In a run of letters and
    digits without a break, 17 are taken for a VIN only where one place alone has an agreeing check digit.
    """
    whole = _WHOLE.fullmatch(payload.upper()) if len(payload) <= MOST else None
    if whole and _plausible(whole[1], alone=True):
        return whole[1]
    for run in _RUN.findall(payload[:MOST].upper()):
        if len(run) == LENGTH + 1 and run[0] == "I":
            run = run[1:]
        if len(run) == LENGTH and _plausible(run):
            return run
    places = {
        run[start : start + LENGTH]
        for run in _RUN.findall(payload[:MOST].upper())
        if len(run) > LENGTH
        for start in range(len(run) - LENGTH + 1)
    }
    valid = [text for text in places if _plausible(text) and check_digit_status(text) == "valid"]
    return valid[0] if len(valid) == 1 else None


def with_codes(
    vin: str, probability: float, status: Status, codes: Sequence[BarCode]
) -> tuple[float, Status]:
    """Probability and status of a reading after the bar codes were heard.

    All agree: it is accepted. One contradicts: a person looks, whatever the readers say.
    """
    if not codes:
        return probability, status
    if all(code.vin == vin for code in codes):
        return max(probability, AGREED), "accepted"
    return min(probability, CONTRADICTED), "review"


def _carrying(
    found: Iterable[zxingcpp.Barcode], scale: float, origin: tuple[float, float]
) -> Iterable[BarCode]:
    for code in found:
        vin = vin_in(code.text)
        if vin is not None:
            place = code.position
            ends = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
            corners = np.array([[end.x, end.y] for end in ends], float) * scale + origin
            yield BarCode(FORMATS.get(code.format, "bar code"), vin, Quad(corners))


def _once(codes: Iterable[BarCode]) -> tuple[BarCode, ...]:
    return tuple({code.vin: code for code in codes}.values())


def grey(pixels: np.ndarray) -> np.ndarray:
    """RGB ``(h, w, 3)``, which may be empty, to grey ``(h, w)``, uint8."""
    return np.ascontiguousarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)) if pixels.size else pixels[..., 0]


def _plausible(text: str, alone: bool = False) -> bool:
    """Whether 17 characters may be a VIN: its alphabet, a letter, a known maker or a valid check digit.

    Args:
        text: 17 characters.
        alone: they are all that a bar code carries. Then a country that registers makers is enough: the table
            names not every maker, and what contradicts the reading must be heard.
    """
    if not set(text) <= set(ALPHABET) or text.isdigit():
        return False
    known = maker(text)
    named = bool(known and (known.name or (alone and known.country)))
    return named or check_digit_status(text) == "valid"
