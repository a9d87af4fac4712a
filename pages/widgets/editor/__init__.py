"""The strip editor: a Streamlit component of our own, without iframe and build step.

``model.js`` is a person's work and its undo, ``keys.js`` what keys mean, ``draw.js`` the strip, ``beside.js``
what stands around it, ``commands.js`` what a person does, ``listen.js`` keys and pointer, ``editor.js`` the
way to Python and back; the browser gets them as one module. Python hears of an edit once, after a pause, and
of nothing while the mouse moves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import streamlit as st

KEY = "strip_editor"

SCRIPTS = ("model.js", "keys.js", "draw.js", "beside.js", "commands.js", "listen.js", "editor.js")

REASONS = (
    "no VIN on the photo",
    "no character can be read",
    "the VIN is cut off",
    "not a vehicle's VIN",
    "photo of a screen or a copy",
    "private: must not be used",
)

TAGS = ("blur", "glare", "dark", "bright", "small", "dirt", "damage", "cut", "odd font")


def show(data: dict[str, Any], on_message: Callable[[], None]) -> None:
    """Put the editor on the page.

    Args:
        data: of ``Session.data``.
        on_message: called before the rerun when the browser has sent something; :func:`messages` gives it.
    """
    _mount(
        key=KEY,
        data={**data, "reasons": list(REASONS), "tags": list(TAGS)},
        on_box_change=on_message,
    )


def messages() -> object:
    """What the browser has sent and not been thanked for; anything at all, see ``label.work.parse``."""
    return _box().get("messages")


def pictures() -> Collection[str]:
    """Keys of the pictures that the browser has."""
    has = _box().get("has")
    return {key for key in has if isinstance(key, str)} if isinstance(has, list) else set()


def _box() -> dict[str, Any]:
    try:
        box = st.session_state[KEY]["box"]
    except (KeyError, TypeError):
        return {}
    return box if isinstance(box, dict) else {}


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "vin_desk_strip_editor",
    html=_file("editor.html"),
    css=_file("editor.css"),
    js="\n".join(map(_file, SCRIPTS)),
)
