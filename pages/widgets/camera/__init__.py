"""The camera with a guide frame: a Streamlit component of our own, without iframe and build step.

``camera.html``, ``camera.css`` and ``camera.js`` are what the browser gets; ``capture`` checks what comes
back. The photo travels once, as a trigger: a state value would be sent again with every click on the page.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.widgets.camera.capture import Capture, CaptureError, parse

__all__ = ["Capture", "CaptureError", "forget", "parse", "taken"]

_KEPT, _LAST = "camera_capture", "camera_last"


def taken() -> Capture | None:
    """Show the camera and return the photo taken with it, None before the shutter and after a retake."""
    last = st.session_state.get(_LAST, 0)
    result = _mount(
        key="camera",
        data={"number": last},
        on_photo_change=_nothing,
        on_retake_change=_nothing,
    )
    if result.retake is not None:
        st.session_state.pop(_KEPT, None)
    if result.photo is not None:
        try:
            capture = parse(result.photo)
        except CaptureError as error:
            st.session_state.pop(_KEPT, None)
            st.warning(f"{str(error)[0].upper()}{str(error)[1:]}.")
        else:
            if capture.number > last:
                st.session_state[_KEPT], st.session_state[_LAST] = capture, capture.number
    kept: Capture | None = st.session_state.get(_KEPT)
    return kept


def forget() -> None:
    """Drop the photo; the camera was switched off."""
    st.session_state.pop(_KEPT, None)


def _nothing() -> None:
    """Streamlit hands over only values that have a callback."""


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "vin_desk_camera", html=_file("camera.html"), css=_file("camera.css"), js=_file("camera.js")
)
