"""The Read desk: photos in, VINs out, with everything that tells whether to believe them."""

from __future__ import annotations

import streamlit as st

from core.images import decode
from core.records import Photo
from core.registry import ModelError
from pages.widgets import batch, candidates, compare, export, overlay, result, several, slots, style
from pages.widgets.readings import Read, Readings, load_reader
from pages.widgets.sources import Source, chosen_sources


def main() -> None:
    style.apply()
    st.title("Read a VIN")
    readings = _readings()
    sources = chosen_sources()
    if not sources:
        return
    reads = readings.read([candidates.applied(source) for source in sources])
    if several.wanted(reads):
        several.show(readings, reads)
        return
    shown = reads[0] if len(reads) == 1 else batch.show(reads)
    if compare.wanted(reads):
        compare.show(reads, shown)
        return
    _details(readings, readings.with_maps(shown))


def _readings() -> Readings:
    try:
        return Readings(load_reader())
    except ModelError as error:
        st.error(f"**The networks that read are not ready.** {error}", icon=":material/error:")
        st.button("Try again", key="retry_models")
        st.stop()


def _details(readings: Readings, read: Read) -> None:
    reading = read.reading
    result.verdict(read)
    result.bar_codes(reading.vin, reading.bar_codes)
    result.other_vins(reading)
    if reading.status == "error":
        return
    photo = _photo(read.source)
    automatic = readings.automatic(read)
    if reading.chosen is not None:
        slots.strip(photo, reading.chosen, reading.problems)
        slots.cells(reading.chosen, reading.problems)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        overlay.show(photo, automatic.reading, read.source.region, reading.chosen)
    with right:
        result.facts(reading)
        result.problems(reading)
        result.times(reading)
    if reading.chosen is not None:
        with st.expander("Alternatives and opinions, slot by slot"):
            slots.table(reading.chosen)
    candidates.show(photo, automatic, read)
    export.buttons([read], "this photo", key="one")


def _photo(source: Source) -> Photo:
    """The pixels of the photo on show, decoded once and not again with every click."""
    kept: Photo | None = st.session_state.get("shown_photo")
    if kept is None or kept.sha256 != source.sha256:
        kept = decode(source.data)
        st.session_state["shown_photo"] = kept
    return kept


main()
