"""Which readings count, above every view, and all there is to count."""

from __future__ import annotations

import time

import streamlit as st

from core import champions
from core.measure.cases import PHOTOS, Gathered, Wanted, gather
from core.store import Store
from core.store.ledger import changes
from core.store.measured import stamp
from core.store.people import Person
from core.store.predictions import models_key
from pages.widgets.review.address import moment_of

DAY = 24 * 3600.0


def gathered(store: Store, person: Person) -> Gathered:
    """All there is, worked out anew when the store has changed."""
    # Before the look: what comes in meanwhile is seen with the next one.
    return _gathered(str(store.path), stamp(store), store, person.id)


def chosen(store: Store, there: Gathered) -> Wanted:
    """The filters, on one line."""
    names = champion_names(store)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="measure_filters"):
        since = st.date_input("Read from", None, key="measure_since", width=150)
        until = st.date_input("Read until", None, key="measure_until", width=150)
        models = st.selectbox(
            "Champion", ["", *there.cases.champions], key="measure_champion", width=260,
            format_func=lambda key: name_of(key, names) if key else "all, each photo's first reading",
        )  # fmt: skip
        kinds = sorted(kind for kind in there.cases.kinds if kind)
        kind = st.selectbox("Kind", ["", *kinds], key="measure_kind", width=170,
                            format_func=lambda one: one or "all kinds")  # fmt: skip
        photos = st.selectbox(
            "Photos", list(PHOTOS), format_func=PHOTOS.__getitem__, key="measure_photos", width=260
        )
    end = moment_of(until)
    return Wanted(
        moment_of(since), None if end is None else moment_of_next(end), models or "", kind or "", photos
    )


def champion_names(store: Store) -> dict[str, str]:
    """Set of networks -> the release that they are, where that is known."""
    found = {models_key(one.networks): one.release for one in changes(store)}
    # Measuring needs no networks: damaged ones are left out.
    return found | {models_key(one.networks): one.name for one in champions.releases()}


def name_of(key: str, names: dict[str, str]) -> str:
    """A release by its name, other networks by their fingerprints."""
    return names.get(key) or key or "no networks"


def promotions(store: Store) -> list[dict[str, str | float]]:
    """When the champion changed: ``at``, seconds since 1970 UTC, and ``what`` in words."""
    words = {"promote": "promoted", "roll_back": "back to"}
    return [
        {"at": one.at, "what": f"{words.get(one.action, one.action)} {one.release}"}
        for one in reversed(changes(store))
    ]


def moment_of_next(begin: float) -> float:
    """When the day after one that begins at this moment begins here; days may have 23 or 25 hours."""
    noon = time.localtime(begin + 1.5 * DAY)
    return time.mktime((noon.tm_year, noon.tm_mon, noon.tm_mday, 0, 0, 0, 0, 0, -1))


@st.cache_resource(max_entries=2, show_spinner="Reading the store …")
def _gathered(path: str, stamped: tuple[int, ...], _store: Store, _person: int) -> Gathered:
    return gather(_store, _person)
