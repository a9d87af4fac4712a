"""Untrusted bytes in, upright pixels out; whatever else was in the file (place, time, owner) stays behind.

``gate``: limits and formats, judged by the header. ``colour``: whatever is in a file becomes RGB.
"""

from __future__ import annotations

import hashlib
import io

import numpy as np
from PIL import Image
from PIL.Image import Transpose

from core.images.colour import to_rgb
from core.images.gate import (
    FORMATS,
    MAX_BYTES,
    MAX_PIXELS,
    MAX_PIXELS_WHOLE,
    MIN_SIDE,
    ImageError,
    check_bytes,
    check_header,
    check_size,
    kind_of,
    open_lazily,
    read_file,
    what_broke,
    what_it_is,
)
from core.records import Photo

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_PIXELS_WHOLE",
    "MIN_SIDE",
    "ImageError",
    "decode",
    "encode_jpeg",
    "encode_png",
    "from_array",
    "read_file",
]


def decode(data: bytes, working_side: int = 2048) -> Photo:
    """Decode a photo, turn it upright (EXIF orientation), drop all metadata.

    Large pictures are shrunk by a whole number, JPEGs while they are decoded (by 2, 4 or 8), to a long side
    of 15/16 to 30/16 of ``working_side``. Greyscale of 16 bits is cut to its upper 8, CMYK and Lab are
    converted, transparency becomes white; of several pages or frames the first is taken.

    Args:
        data: the bytes of a file in one of ``FORMATS``.
        working_side: pixels; a picture whose long side is not longer is left as it is.

    Returns:
        Its ``scale`` is the decoded over the file's long side, ``sha256`` that of ``data``.

    Raises:
        ImageError: the one error for whatever is wrong with the bytes.
    """
    check_bytes(len(data), "the file")
    kind = kind_of(data)
    if kind is None:
        raise ImageError(f"the file {what_it_is(data)}; save the photo as JPEG, PNG or HEIC")
    try:
        with open_lazily(data, kind) as image:
            check_header(image, kind, data)
            file_side = max(image.size)
            if kind == "JPEG":
                _shrink_while_decoding(image, working_side)
            image.load()
            check_size(image.size, MAX_PIXELS)
            upright = _TURNS.get(_orientation(image))
            small = to_rgb(image, _whole_factor(image.size, working_side))
        pixels = np.array(small.transpose(upright) if upright is not None else small)
    except ImageError:
        raise
    except MemoryError:
        raise ImageError("the file unfolds to more than the memory holds; make the picture smaller") from None
    except Exception as error:  # decoders raise a dozen types for damaged files
        raise ImageError(what_broke(error, kind, data)) from None
    return Photo(pixels, min(1.0, max(pixels.shape[:2]) / file_side), hashlib.sha256(data).hexdigest())


def from_array(array: np.ndarray) -> Photo:
    """A photo of pixels that are there already, at scale 1.

    Args:
        array: uint8 RGB ``(H, W, 3)`` or greyscale ``(H, W)``, upright.

    Returns:
        Its ``sha256`` is that of the RGB pixels.

    Raises:
        ImageError: another type or shape, or a side under ``MIN_SIDE``.
    """
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
        found = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise ImageError(f"a photo is a uint8 array, got {found}; scale to 0..255 and convert it")
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] != 3:
        raise ImageError(
            f"a photo has the shape (H, W, 3) or (H, W), got {array.shape}; drop or add channels"
        )
    check_size((array.shape[1], array.shape[0]), MAX_PIXELS)
    pixels = np.ascontiguousarray(array)
    return Photo(pixels, 1.0, hashlib.sha256(pixels.data).hexdigest())


def encode_jpeg(pixels: np.ndarray, quality: int = 90) -> bytes:
    """Pixels, uint8 ``(H, W, 3)`` RGB or ``(H, W)``, as a JPEG without metadata; ``quality`` 1..95."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()


def encode_png(pixels: np.ndarray) -> bytes:
    """Pixels, uint8 ``(H, W, 3)`` RGB or ``(H, W)``, as a PNG without metadata."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=3)
    return file.getvalue()


_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""EXIF orientation -> what makes it upright."""


def _orientation(image: Image.Image) -> int:
    # After load(): Pillow turns a TIFF and libheif a HEIC by themselves, and both then say 1.
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # metadata may be broken where the picture is not
        return 1


def _shrink_while_decoding(image: Image.Image, working_side: int) -> None:
    least = _least_side(working_side)
    # Pillow takes the largest shrinking that leaves both sides at least this long.
    image.draft(None, (least, MIN_SIDE) if image.width >= image.height else (MIN_SIDE, least))


def _least_side(working_side: int) -> int:
    # A little under it, so that the 4000 to 4032 pixels of a 12-megapixel phone are halved, not left whole.
    return max(MIN_SIDE, working_side * 15 // 16)


def _whole_factor(size: tuple[int, int], working_side: int) -> int:
    return max(1, min(max(size) // _least_side(working_side), min(size) // MIN_SIDE))
