"""Alerts: photos to look at together, until a reviewer says that it is settled."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.store import Store, StoreError
from core.store.alerts import Alert, alerts, settle
from core.store.people import Person
from core.store.selection import Selection, cards
from pages.widgets.review import pictures, state
from pages.widgets.review.address import Place

SHOWN = 10
"""Alerts on the page; the next come up when these are settled."""

STRIPS = 4
"""Strips per alert."""

_KINDS = {
    "same vin": "One VIN, several photos",
    "same photo": "One photo twice",
    "changed after approval": "Changed after approval",
}


def show(store: Store, person: Person, place: Place) -> None:
    """Of all photos; filters do not matter here."""
    found = alerts(store, person.id)
    if not found:
        st.write(
            "Nothing looks like a mistake: no VIN on two photos, no photo twice, no approved VIN changed."
        )
        return
    counts = {kind: sum(one.kind == kind for one in found) for kind in _KINDS}
    st.markdown(" · ".join(f"{label}: **{counts[kind]}**" for kind, label in _KINDS.items()))
    for one in found[:SHOWN]:
        _alert(store, person, place, one)
    if len(found) > SHOWN:
        st.caption(f"{len(found) - SHOWN} more come up as these are settled.")


def _alert(store: Store, person: Person, place: Place, one: Alert) -> None:
    with st.container(border=True, key=f"alert_{one.key}", gap="small"):
        told, look, done = st.columns([6, 1.4, 1], vertical_alignment="center")
        told.markdown(f"**{_KINDS[one.kind]}**")
        told.text(one.words)
        there = replace(place, view="photos", selection=Selection(ids=one.photos[:100]), page=0)
        there = replace(there, photo=one.photos[0] if len(one.photos) == 1 else 0)
        look.button("Look at them", key=f"alert_look_{one.key}", on_click=state.go, args=(there,))
        done.button("Settled", key=f"alert_done_{one.key}", on_click=_settle, args=(store, person, one.key))
        shown = cards(store, person.id, list(one.photos[:STRIPS]))
        for column, card in zip(st.columns(STRIPS), shown, strict=False):
            address = pictures.strip(store, card.sha256, card.quads)
            image = f'<img alt="Strip of photo {card.id}" src="{address}">' if address else ""
            column.html(f'<figure class="vd-triage">{image}</figure>')
            column.caption(f"Photo {card.id}: `{card.vin or card.read or 'no VIN'}`")


def _settle(store: Store, person: Person, key: str) -> None:
    try:
        settle(store, person.id, key)
    except StoreError as error:
        state.say(f"Not settled: {error}", bad=True)
