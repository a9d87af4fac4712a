"""The gate: what a file says it is, and whether it may be unfolded, before a pixel of it is.

Only the decoder of the format that the first bytes announce is let near the file.
"""

from __future__ import annotations

import io
import re
import stat
import warnings
from functools import cache
from os import PathLike
from pathlib import Path

from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

MAX_BYTES = 64 * 1024 * 1024
"""Largest file, bytes; a 20-megapixel BMP fits."""

MAX_PIXELS = 120_000_000
"""Largest picture that can be shrunk while it is decoded (baseline JPEG), pixels."""

MAX_PIXELS_WHOLE = 51_000_000
"""Largest picture that must be unfolded whole (the rest, progressive JPEG too; WebP half of it), pixels."""

MIN_SIDE = 16
"""Shortest side of a picture that can hold any text, pixels."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "HEIF")
"""What can be read, by Pillow's names; HEIF is the HEIC of phones."""


class ImageError(ValueError):
    """A file or an array is no photo that can be read; the message says why and what to do."""


def read_file(path: str | PathLike[str]) -> bytes:
    """The bytes of a file that may be a photo.

    Raises:
        ImageError: it is missing, a folder, not a regular file, not readable, or larger than ``MAX_BYTES``
            (told before anything is read).
    """
    path = Path(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(f"{path} is a folder; name the photos in it")
        if not stat.S_ISREG(status.st_mode):
            raise ImageError(f"{path} is not a regular file; save the photo to disk first")
        check_bytes(status.st_size, str(path))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist; check the name") from None
    except PermissionError:
        raise ImageError(f"{path} may not be read; ask for the permission") from None
    except (OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{path!s:.200} cannot be read ({error}); check the name and the disk") from None
    check_bytes(len(data), str(path))
    return data


def check_bytes(count: int, name: str) -> None:
    """Refuse an empty or too large file; ``count`` in bytes, ``name`` as the message shall call it."""
    if count == 0:
        raise ImageError(f"{name} is empty; copy or take the photo again")
    if count > MAX_BYTES:
        raise ImageError(
            f"{name} has {count / 2**20:.0f} MiB, more than the {MAX_BYTES / 2**20:.0f} allowed; "
            "save it as JPEG or make it smaller"
        )


def check_header(image: Image.Image, kind: str, data: bytes) -> None:
    """Refuse by the header of an opened, not yet loaded picture: its size, and what keeps decoders busy."""
    streams = kind == "JPEG" and not image.info.get("progressive")
    # Pillow's WebP decoder keeps two canvases of its own beside the picture.
    whole = MAX_PIXELS_WHOLE // 2 if kind == "WEBP" else MAX_PIXELS_WHOLE
    check_size(image.size, MAX_PIXELS if streams else whole)
    # Each scan of a progressive JPEG goes over the whole picture, and costs the sender a few bytes.
    if kind == "JPEG" and not streams and data.count(b"\xff\xda") > _MAX_SCANS:
        raise ImageError(
            "the file is a JPEG with hundreds of scans, made to keep readers busy; save it again"
        )


def check_size(size: tuple[int, int], most: int) -> None:
    """Refuse a ``(width, height)`` with a side under ``MIN_SIDE`` or more than ``most`` pixels."""
    width, height = size
    if min(size) < MIN_SIDE:
        raise ImageError(
            f"the picture is {width} x {height} pixels, too small to hold a VIN; send the original photo"
        )
    if width * height > most:
        raise ImageError(
            f"the picture is {width} x {height}, {width * height / 1e6:.0f} megapixels, more than the "
            f"{most / 1e6:.0f} allowed for its format; make it smaller or crop it to the VIN"
        )


def open_lazily(data: bytes, kind: str) -> Image.Image:
    """Read the header with the decoder of this format; Pillow's and libheif's own exceptions pass through."""
    if kind == "HEIF":
        _register_heif()
    return Image.open(io.BytesIO(_picture_only(data) if kind == "PNG" else data), formats=[kind])


@cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener  # the one slow import, for the first HEIC only

    register_heif_opener()


def kind_of(data: bytes) -> str | None:
    """Which of ``FORMATS`` the first bytes announce, None for all else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return None


def what_it_is(data: bytes) -> str:
    """What a file is that is none of ``FORMATS``, in words after "the file"."""
    if data[:4] == b"GIF8":
        return "is a GIF, too coarse for reading"
    if data[:5] == b"%PDF-":
        return "is a PDF document, not a photo"
    if data[4:8] == b"ftyp":
        return "is an AVIF picture" if data[8:11] == b"avi" else "is a film, not a photo"
    head = data[:512]
    if all(byte >= 32 or byte in b"\t\n\f\r" for byte in head):
        return "is text, not a photo"
    return f"is not a photo in a known format ({', '.join(FORMATS)})"


def what_broke(error: Exception, kind: str, data: bytes) -> str:
    """A decoder's exception in words: cut off or damaged, and what to do."""
    detail = " ".join(str(error).split())[:120] or type(error).__name__
    if isinstance(error, Image.UnidentifiedImageError):
        detail = "its header makes no sense"  # Pillow would name an object in memory
    # The WebP decoder does not say what it misses, but the file's header says how long it should be.
    shortened = kind == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data)
    if shortened or isinstance(error, EOFError) or _ENDS_EARLY.search(detail):
        return f"the {kind} file ends early ({detail}); copy it again"
    return f"the {kind} file is damaged ({detail}); copy it again or save it anew"


def _picture_only(data: bytes) -> bytes:
    """A PNG without its texts, profiles and further frames: they can be bombs of their own."""
    view, kept, place, dropped = memoryview(data), [data[:8]], 8, False
    while place + 8 <= len(data):
        end = place + 12 + int.from_bytes(view[place : place + 4], "big")
        if bytes(view[place + 4 : place + 8]) in _PNG_PICTURE:
            kept.append(view[place:end])  # type: ignore[arg-type]  # join takes views
        else:
            dropped = True
        place = end
    return b"".join(kept) if dropped else data


# decode() has limits and messages of its own; Pillow would print a warning for each odd tag besides.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_PLUGINS = (BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Imported because that registers them; Pillow would import its whole zoo instead."""

_HEIF_BRANDS = frozenset(b"heic heix heim heis hevc hevx hevm hevs mif1 msf1".split())
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_MAX_SCANS = 100
_PNG_PICTURE = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf"))
_ENDS_EARLY = re.compile(r"truncat|premature|end of|\beof\b|ends? early|not enough|incomplete", re.IGNORECASE)
