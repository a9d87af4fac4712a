"""The Synthesize desk: what the readers learn from, seen before it is made by the thousand."""

from __future__ import annotations

import streamlit as st

from core.store import Store
from core.store.people import Person
from core.synth.glyphs import NoFonts, faces
from pages.widgets import desks
from pages.widgets.synthesize import beside, gallery, glyphs, series, sheet
from pages.widgets.synthesize.settings import chosen

WAYS = {
    "gallery": "Gallery",
    "beside": "Beside real ones",
    "glyphs": "Glyphs",
    "series": "Make a series",
}


def main() -> None:
    desks.opened("learn", _desk)


def _desk(store: Store, person: Person) -> None:
    sheet.apply()
    way = st.segmented_control(
        "What", list(WAYS), format_func=WAYS.__getitem__, default="gallery", required=True,
        key="synthesize_way", label_visibility="collapsed",
    )  # fmt: skip
    left, right = st.columns([1, 3], gap="large")
    # The settings hold for every way, and stay as they are when another one is looked at.
    with left:
        recipe = chosen(store)
    with right:
        if way == "glyphs":
            glyphs.show()
        elif not _fonts():
            st.error("**There is no font to write VINs with.**", icon=":material/error:")
            st.markdown("`make fonts` installs free ones; then restart the tool.")
        elif recipe is None:
            st.write("These settings give no pictures; see the left.")
        elif way == "beside":
            beside.show(store, recipe)
        elif way == "series":
            series.show(store, person, recipe)
        else:
            gallery.show(recipe)


def _fonts() -> bool:
    try:
        return bool(faces())
    except NoFonts:
        return False


main()
