"""Where photos come from: uploads, the camera, or a sample that the project made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from PIL import Image, ImageOps

from core.geometry import Quad
from pages.widgets import camera

SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"
TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "heic", "heif"]
THUMBNAIL = (216, 162)
"""Width and height in pixels; shown at half of it, so that they are sharp on any screen."""


@dataclass(frozen=True)
class Source:
    """A photo as it came in.

    Attributes:
        name: of the file, as the person named it: never trust it, never log it.
        data: the file's bytes.
        sha256: their hex digest.
        region: where the VIN should be, in pixels of the upright photo: the camera's guide frame, or what a
            person pointed at.
        pointed: a person pointed at it: nothing else is read.
    """

    name: str
    data: bytes
    sha256: str
    region: Quad | None = None
    pointed: bool = False

    @property
    def key(self) -> str:
        """Equal for what reads the same: the bytes, and the region where there is one."""
        if self.region is None:
            return self.sha256
        places = " ".join(f"{place:.1f}" for place in self.region.corners.ravel())
        return f"{self.sha256} {places}{' pointed' if self.pointed else ''}"


def chosen_sources() -> list[Source]:
    """Show the ways in and return what came: uploads and camera photo, or else the sample clicked on."""
    uploads = st.file_uploader(
        "Photos of VINs: one or many",
        type=TYPES,
        accept_multiple_files=True,
        key="photo_upload",
        help="The whole photo will do: the VIN is looked for. Photos stay on this machine.",
    )
    sources = [_source(upload.file_id, upload.name, upload.getvalue()) for upload in uploads]
    with_camera = st.toggle(
        "Use the camera", key="use_camera", help="Browsers allow it on localhost and over HTTPS only."
    )
    if with_camera:
        capture = camera.taken()
        if capture is not None:
            photo = _source(f"camera {capture.number}", "camera.jpg", capture.data)
            sources.append(replace(photo, region=capture.region))
    else:
        camera.forget()
    if sources:
        st.session_state.pop("sample", None)
        return sources
    return [] if with_camera else _sample()


def _sample() -> list[Source]:
    paths = sorted(SAMPLES.glob("*.jpg"))
    if not paths:
        return []
    st.caption("No photo at hand? Try one of these, drawn by the project.")
    with st.container(horizontal=True, gap="small", key="samples"):
        for place, path in enumerate(paths):
            with st.container(width=THUMBNAIL[0] // 2, gap="xxsmall"):
                st.image(
                    _thumbnail(str(path), path.stat().st_mtime_ns), alt=f"Sample {place + 1}", width="stretch"
                )
                if st.button(f"Sample {place + 1}", key=f"sample_{place}", width="stretch"):
                    st.session_state["sample"] = path.name
    # Only a name that the folder holds: session state is not a way to other files.
    picked = next((path for path in paths if path.name == st.session_state.get("sample")), None)
    return [] if picked is None else [_source(picked.name, picked.name, picked.read_bytes())]


def _source(identity: str, name: str, data: bytes) -> Source:
    """Hashing many large photos takes time, so each upload is hashed once."""
    hashes: dict[str, tuple[int, str]] = st.session_state.setdefault("hashes", {})
    size, digest = hashes.get(identity, (-1, ""))
    if size != len(data):
        digest = hashlib.sha256(data).hexdigest()
        hashes[identity] = len(data), digest
    return Source(name, data, digest)


@st.cache_data(show_spinner=False, max_entries=50)
def _thumbnail(path: str, _stamp: int) -> Image.Image:
    with Image.open(path) as image:
        return ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), THUMBNAIL)
