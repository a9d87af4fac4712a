"""The board: cards or a matrix of real links that move the desk on without loading the page anew.

A Streamlit component of our own, without iframe and build step. A click sends the link's query; with a
modifier key it opens a new tab, as links do. Arrow keys go from one to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st


def show(data: dict[str, Any], key: str, on_go: Callable[[str], None]) -> None:
    """Put cards or a matrix on the page.

    Args:
        data: ``kind`` ``cards`` with ``cards``, or ``matrix`` with ``rows``, ``columns`` and ``cells``; see
            ``board.js``. All texts are shown as text.
        key: names the board.
        on_go: called with the query of the link that was followed; from a browser, so anything at all.
    """

    def went() -> None:
        try:
            query = st.session_state[key]["go"]
        except (KeyError, TypeError):
            return
        if isinstance(query, str):
            on_go(query)

    _mount(key=key, data=data, on_go_change=went)


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "vin_desk_board", html=_file("board.html"), css=_file("board.css"), js=_file("board.js")
)
