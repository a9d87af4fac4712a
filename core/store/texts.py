"""What a text may be before it is stored: whole or refused, never cut and never cleaned up in silence.

HTML, SQL and control characters are text like any other: they go to SQLite as values, and whoever shows
them escapes them.
"""

from __future__ import annotations

import json
from typing import Any

from core.store.errors import Refused

NAME = 200
"""Most characters of a person's, snapshot's or run's name."""
WORD = 64
"""Most characters of a kind or a tag."""
NOTE = 10_000
"""Most characters of a reason or a note."""
PATH = 4096
"""Most characters of a photo's name."""
TAGS = 32
"""Most tags of one label."""
JSON = 1_000_000
"""Most characters of a record that is kept as JSON."""


def checked(text: str, what: str, most: int, least: int = 0) -> str:
    """The text itself.

    Raises:
        Refused: it is no text, too long, too short, or holds halves of characters.
    """
    if not isinstance(text, str):
        raise Refused(f"{what} must be text, got {type(text).__name__}")
    if len(text) > most:
        raise Refused(f"{what} has {len(text):,} characters, more than the {most:,} allowed; shorten it")
    if len(text.strip()) < least:
        raise Refused(f"{what} is empty; write one")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused(f"{what} holds broken characters (half a surrogate pair); type it anew")
    return text


def file_name(name: str) -> str:
    r"""A photo's name as it came, bytes that are no UTF-8 as ``\udcNN``; it is shown, never opened.

    Raises:
        Refused: longer than ``PATH``.
    """
    shown = name.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")
    return checked(shown, "the photo's name", PATH)


def compact(value: Any, what: str, most: int = JSON) -> str:
    """A value as one line of JSON, keys sorted: the same value gives the same text.

    Raises:
        Refused: longer than ``most``, or it holds what JSON cannot say.
    """
    try:
        text = json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise Refused(f"{what} cannot be kept as JSON ({error})") from error
    if len(text) > most:
        raise Refused(f"{what} takes {len(text):,} characters, more than the {most:,} allowed")
    return text
