"""A photo as the browser's camera sends it: checked before anything is done with it."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.geometry import Quad

MAX_BYTES = 24 * 2**20
"""Largest photo that a camera's video frame makes; uploads may be larger, see ``core.images``."""

MAX_SIDE = 16_384
"""Pixels; no camera has more, and browsers draw no larger pictures."""

PREFIX = "data:image/jpeg;base64,"


class CaptureError(ValueError):
    """What the camera sent is no photo with a frame; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Capture:
    """One press of the shutter.

    Attributes:
        number: counts the presses; a message that comes twice has the same.
        data: the photo, JPEG, not decoded yet.
        region: the guide frame in pixels of the photo.
    """

    number: int
    data: bytes
    region: Quad


def parse(message: object) -> Capture:
    """What ``camera.js`` sent: ``{"number", "photo", "size", "frame"}``.

    The browser is not trusted: it may send anything at all.

    Raises:
        CaptureError: a part is missing, too large, or not what it should be.
    """
    if not isinstance(message, Mapping):
        raise CaptureError("the camera sent no photo; take it again")
    number = message.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise CaptureError("the camera's photo has no number; reload the page and take it again")
    return Capture(number, _jpeg(message.get("photo")), _region(message.get("size"), message.get("frame")))


def _jpeg(photo: object) -> bytes:
    if not isinstance(photo, str) or not photo.startswith(PREFIX):
        raise CaptureError("the camera sent no JPEG; use another browser, or upload the photo")
    # Four letters of base64 carry three bytes: told before anything is unpacked.
    if len(photo) - len(PREFIX) > MAX_BYTES * 4 / 3 + 4:
        raise CaptureError(
            f"the camera's photo has more than {MAX_BYTES // 2**20} MiB; upload it as a file instead"
        )
    try:
        data = base64.b64decode(photo[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise CaptureError("the camera's photo arrived damaged; take it again") from None
    if not data.startswith(b"\xff\xd8\xff"):
        raise CaptureError("the camera sent no JPEG; use another browser, or upload the photo")
    return data


def _region(size: object, frame: object) -> Quad:
    """The guide frame, cut off at the photo's edges."""
    width, height = _numbers(size, 2)
    left, top, across, down = _numbers(frame, 4)
    right, bottom = min(left + across, width), min(top + down, height)
    left, top = max(left, 0.0), max(top, 0.0)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE) or right - left < 16 or bottom - top < 4:
        raise CaptureError("the guide frame lies outside the camera's photo; reload the page and try again")
    return Quad.from_box((left, top, right - left, bottom - top))


def _numbers(values: object, count: int) -> list[float]:
    numbers = list(values) if isinstance(values, list | tuple) else []
    if len(numbers) != count or not all(
        isinstance(number, int | float) and math.isfinite(number) for number in numbers
    ):
        raise CaptureError("the camera's photo has no guide frame; reload the page and take it again")
    return [float(number) for number in numbers]
