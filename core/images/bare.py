"""Whether a file holds its picture and nothing else: no place, time, owner, comment, thumbnail, or tail.

Told by what may be there, not by what may not: cameras and programs invent ever new places for words.
"""

from __future__ import annotations

import re

_PNG = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"))
_END = b"IEND"

_TABLES = frozenset((0xC4, 0xCC, 0xDB, 0xDD))
"""JPEG segments that the decoder needs: DHT, DAC, DQT, DRI."""

_FRAMES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
_SCAN, _FINISH, _JFIF, _ADOBE = 0xDA, 0xD9, 0xE0, 0xEE

_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7]")
"""The end of a scan: a marker that is neither a stuffed byte nor a restart."""


def is_bare(data: bytes, kind: str) -> bool:
    """Whether nothing but the picture is in the file; False also where that is not known.

    Args:
        data: the file.
        kind: ``gate.kind_of``.
    """
    return {"PNG": _bare_png, "JPEG": _bare_jpeg}.get(kind, lambda _: False)(data)


def _bare_png(data: bytes) -> bool:
    """Chunks of the standard (ISO 15948) that say how to show the pixels, up to IEND and no further."""
    place = 8
    while place + 12 <= len(data):
        name = data[place + 4 : place + 8]
        place += 12 + int.from_bytes(data[place : place + 4], "big")
        if name not in _PNG:
            return False
        if name == _END:
            return place == len(data)
    return False


def _bare_jpeg(data: bytes) -> bool:
    """Segments that the decoder needs (ITU-T T.81), JFIF without thumbnail, Adobe's colours."""
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            return False
        marker = data[place + 1]
        if marker == _FINISH:
            return False  # more follows it
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : end]
        if marker == _SCAN:
            found = _NEXT.search(data, end)
            if found is None:
                return False
            place = found.start()
            if data[place + 1] == _FINISH:
                return place + 2 == len(data)
        elif (
            marker in _TABLES
            or marker in _FRAMES
            or (marker == _JFIF and body[:5] == b"JFIF\0" and len(body) == 14 and body[12:] == b"\0\0")
            or (marker == _ADOBE and body[:5] == b"Adobe" and len(body) == 12)
        ):
            place = end
        else:
            return False
    return False
