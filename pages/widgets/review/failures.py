"""Failure clusters: what failing photos have in common, how sure that is, and what to try."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.store import Store
from core.store.clusters import Cluster, clusters
from core.store.people import Person
from core.vin import maker
from pages.widgets import board
from pages.widgets.review import address, state
from pages.widgets.review.address import Place

MOST = 30

_BY = {"maker": "Maker", "trouble": "Trouble", "pair": "Pair"}


def show(store: Store, person: Person, place: Place) -> None:
    """Of the selected photos."""
    found = clusters(store, person.id, place.selection)
    if not found:
        st.write("No two failures of the selected photos have anything in common.")
        return
    st.write(
        "Photos whose reading differs from the label, by what they share. A photo may stand in several "
        "clusters. Click one to see its photos."
    )
    rows = [_row(place, one) for one in found[:MOST]]
    board.show({"kind": "list", "rows": rows}, "review_clusters", state.follow)
    if len(found) > MOST:
        st.caption(f"{len(found) - MOST} smaller ones are not shown.")


def _row(place: Place, one: Cluster) -> dict[str, object]:
    chosen = replace(place.selection, model="differ")
    if one.by == "maker":
        chosen, name = replace(chosen, makers=(one.value,)), one.value
        known = maker(one.value + "A" * 14)
        name += f" {known.name}" if known and known.name else ""
    elif one.by == "trouble":
        chosen, name = replace(chosen, tags=(one.value,)), one.value
    else:
        chosen, name = replace(chosen, pair=(one.value[0], one.value[1])), f"{one.value[0]} → {one.value[1]}"
    share, low, high = one.share
    return {
        "query": address.query(replace(place, view="photos", page=0, photo=0, selection=chosen)),
        "by": _BY[one.by],
        "name": name,
        "count": f"{one.failures:,}",
        "share": f"{share:.1%} of {one.photos:,} ({low:.1%} to {high:.1%})",
        "lift": f"× {one.lift:.1f}" if one.by != "pair" else "",
        "advice": one.advice,
    }
