"""The photo files: original bytes below ``VIN_DESK_HOME``, named by their sha256 and by nothing else.

Names that came with a photo are kept in the database to be shown; no path is ever made of one.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import cv2
import numpy as np

from core import images
from core.disk import synced, written_whole
from core.images.bare import is_bare
from core.images.gate import kind_of
from core.records import Photo
from core.store.connect import Store
from core.store.errors import Gone, Refused, Unwritable

WHOLE = 1 << 20
"""A working side that no photo reaches: decode at full size."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def path_of(store: Store, sha256: str) -> Path:
    """Where a photo's file is or would be.

    Raises:
        Refused: that is no sha256.
    """
    if not _SHA256.fullmatch(sha256):
        raise Refused("a photo is named by the 64 hex digits of its sha256")
    return store.home / "photos" / sha256[:2] / sha256


def write_photo(store: Store, data: bytes) -> str:
    """Keep the bytes of a photo, at once and whole; returns their sha256.

    Raises:
        Unwritable: the disk is full or the folder refuses.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(store, sha256)
    if path.exists() and path.stat().st_size == len(data):
        return sha256
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        written_whole(path, data)
        synced(path.parent)
    except OSError as error:
        raise Unwritable(f"the photo cannot be kept ({error}); make room below {store.home}") from error
    return sha256


def read_photo(store: Store, sha256: str) -> bytes:
    """The original bytes of a photo.

    Raises:
        Gone: the file is not there, because it was forgotten or lost.
    """
    try:
        return path_of(store, sha256).read_bytes()
    except OSError as error:
        raise Gone(f"the file of photo {sha256[:12]}... is not there ({error.strerror})") from error


def erase_photo(store: Store, sha256: str) -> None:
    """Overwrite and remove a photo's file; it may be gone already."""
    erase_file(path_of(store, sha256))


def erase_file(path: Path) -> None:
    """Overwrite and remove a file; it may be gone already.

    Raises:
        Unwritable: it cannot be erased.
    """
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unwritable(f"{path} cannot be erased ({error.strerror}); remove it by hand") from error


def shareable(data: bytes) -> tuple[bytes, str]:
    """Bytes that may leave the house, and their suffix: upright, without place, time and owner.

    A file that holds nothing but its picture goes as it is. Any other is encoded anew, because quads are told
    in pixels of the upright photo and half of the world's programs do not turn it.

    Raises:
        images.ImageError: it is no photo.
    """
    kind = kind_of(data)
    if kind in _SUFFIXES and is_bare(data, kind):
        return data, _SUFFIXES[kind]
    return images.encode_jpeg(images.decode(data, WHOLE).pixels, 95), ".jpg"


def perceptual_hash(pixels: np.ndarray) -> str:
    """64 bits of what a photo looks like, as 16 hex digits; near-duplicates differ in a few bits.

    The signs of the lowest 8 x 8 cosine waves of the 32 x 32 grey picture, against their median (pHash).

    Args:
        pixels: uint8 RGB ``(H, W, 3)``.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = cv2.dct(small)[:8, :8].ravel()
    bits = waves > np.median(waves[1:])
    return np.packbits(bits).tobytes().hex()


_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png"}
"""Formats whose files may go as they are, where nothing but the picture is in them."""


def sized(data: bytes) -> tuple[Photo, str]:
    """A photo decoded small enough for a look, and the format of its file.

    Raises:
        images.ImageError: it is no photo.
    """
    return images.decode(data, 512), str(kind_of(data))
