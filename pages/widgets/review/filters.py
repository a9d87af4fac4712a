"""The filters beside the desk: they combine, tell how many photos they leave, and live in the address."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.store import Store, StoreError
from core.store.people import Person, everybody
from core.store.selection import WAITING, Selection, facets
from core.store.views import drop_view, save_view, views
from pages.widgets.review import address, state, words
from pages.widgets.review.address import Place

READY_MADE = {
    "Waiting for review": Selection(states=WAITING),
    "Two labels differ": Selection(labels="differ", states=WAITING),
    "The model was wrong": Selection(model="differ"),
    "The readers differ": Selection(readers="differ", states=WAITING),
    "Sent back": Selection(states=("returned",)),
    "Everything": Selection(),
}

MOST_OPTIONS = 300
"""Values of one filter that are offered, those with most photos first."""

COUNTED = 6
"""Values of one filter whose number of photos is told."""


def show(store: Store, person: Person, place: Place) -> None:
    """All filters, in the side bar."""
    counted = facets(store, person.id, place.selection)
    names = {one.id: one.name for one in everybody(store)}
    with st.sidebar:
        _views(store, person, place)
        chosen = place.selection
        _many("states", "Status", chosen.states, counted, words.STATES)
        for name, label in words.COMPARED.items():
            _way(name, label, getattr(chosen, name), counted[name])
        _put("f_pair", " → ".join(chosen.pair) if chosen.pair else "")
        st.text_input(
            "Confusion: label, read", key="f_pair", on_change=_changed, args=("pair",), max_chars=8,
            placeholder="8 B",
            help="Two characters: what the label says and what was read instead.",
        )  # fmt: skip
        _many("makers", "Maker", chosen.makers, counted)
        _many("kinds", "Kind", chosen.kinds, counted)
        _many("tags", "Trouble", chosen.tags, counted)
        _many("labellers", "Labeller", chosen.labellers, counted, names)
        _many("statuses", "Reading", chosen.statuses, counted, words.STATUSES)
        _many("models", "Model", chosen.models, counted)
        _dates(chosen)
        _put("f_order", chosen.order)
        st.selectbox(
            "Order",
            list(words.ORDERS),
            format_func=words.ORDERS.__getitem__,
            key="f_order",
            on_change=_changed,
            args=("order",),
        )
        if chosen.ids:
            st.caption(f"Only {len(chosen.ids)} photos that a link names.")
        st.button(
            "Clear all", key="review_clear", on_click=state.go, args=(replace(Place(), view=place.view),)
        )


def _views(store: Store, person: Person, place: Place) -> None:
    saved = views(store, person.id)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.popover("Views", key="review_views", width="stretch"):
            for number, (name, selection) in enumerate(READY_MADE.items()):
                there = replace(place, selection=selection, page=0, photo=0)
                st.button(name, key=f"view_ready_{number}", type="tertiary", on_click=state.go, args=(there,))
            for view in saved:
                with st.container(horizontal=True, gap="small"):
                    st.button(
                        _plain(view.name), key=f"view_{view.id}", type="tertiary",
                        help=f"by {_plain(view.by)}",
                        on_click=state.follow, args=(view.filters,),
                    )  # fmt: skip
                    if view.person == person.id or person.may("people"):
                        st.button(
                            "✕", key=f"view_drop_{view.id}", help="Delete this view", type="tertiary",
                            on_click=_drop, args=(store, person, view.id),
                        )  # fmt: skip
        with st.popover("Save or share", key="review_share", width="stretch"):
            with st.form("view_new", border=False):
                name = st.text_input("Name of the view", key="view_name", max_chars=80)
                if st.form_submit_button("Save the view", key="view_save"):
                    _save(store, person, name, place)
            st.caption("A link to what you see now, without your name:")
            st.code(_link(place), language=None, wrap_lines=True)


def _link(place: Place) -> str:
    parts = urlsplit(st.context.url or "")
    query = address.query(place)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{query}" if query else "")


def _save(store: Store, person: Person, name: str, place: Place) -> None:
    try:
        save_view(store, person.id, name, address.query(replace(place, page=0, photo=0)))
    except StoreError as error:
        st.text(f"Not saved: {error}")
    else:
        st.rerun()


def _drop(store: Store, person: Person, view: int) -> None:
    try:
        drop_view(store, person.id, view)
    except StoreError as error:
        state.say(str(error), bad=True)


def _many(
    name: str, label: str, chosen: Sequence[Any], counted: dict[str, dict[Any, int]],
    names: dict[Any, str] | None = None,
) -> None:  # fmt: skip
    counts = counted[name]
    known = [value for value in (names or {}) if value in counts] if name == "states" else list(counts)
    options = list(dict.fromkeys([*chosen, *known[:MOST_OPTIONS]]))

    def told(value: Any) -> str:
        return (names or {}).get(value) or str(value)

    _put(f"f_{name}", list(chosen))
    st.multiselect(
        label, options, format_func=told, key=f"f_{name}", on_change=_changed, args=(name,), placeholder="Any"
    )
    _counts({told(value): counts.get(value, 0) for value in options[:COUNTED]}, len(options) - COUNTED)


def _way(name: str, label: str, chosen: str, counts: dict[Any, int]) -> None:
    _put(f"f_{name}", chosen or None)
    st.segmented_control(
        label, list(words.WAYS), format_func=words.WAYS.__getitem__, key=f"f_{name}", on_change=_changed,
        args=(name,),
    )  # fmt: skip
    _counts({words.WAYS[way]: counts.get(way, 0) for way in words.WAYS})


def _counts(counts: dict[str, int], more: int = 0) -> None:
    # Not in the options' own words: the browser sends those back as values, and they must not move.
    told = " · ".join(f"{escape(name)} <b>{count:,}</b>" for name, count in counts.items())
    if told:
        st.html(f'<p class="vd-counts">{told}{f" · {more} more" if more > 0 else ""}</p>')


def _dates(chosen: Selection) -> None:
    until = None if chosen.until is None else chosen.until - 12 * 3600
    _put("f_since", address.day_of(chosen.since))
    _put("f_until", address.day_of(until))
    one, other = st.columns(2, gap="small")
    today = datetime.date.today()
    for column, name, label in ((one, "f_since", "Changed from"), (other, "f_until", "to")):
        column.date_input(
            label, key=name, on_change=_changed, args=(name[2:],), format="YYYY-MM-DD",
            max_value=max(today, _latest(name)),
            min_value=datetime.date(2000, 1, 1),
        )  # fmt: skip


def _latest(name: str) -> datetime.date:
    held = st.session_state.get(name)
    return held if isinstance(held, datetime.date) else datetime.date.min


def _put(key: str, value: Any) -> None:
    # The address is what counts: a widget shows it, and writes into it when a person changes something.
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _changed(name: str) -> None:
    """One filter was changed; all others are what the address says."""
    held, place = st.session_state[f"f_{name}"], state.here()
    value: Any
    if name == "pair":
        value = address.pair_of(held)
    elif name in ("since", "until"):
        value = address.moment_of(held)
        value = value + 24 * 3600 if value is not None and name == "until" else value
    elif name in words.COMPARED or name == "order":
        value = held or ""
    else:
        value = tuple(held)
    state.go(replace(place, selection=replace(place.selection, **{name: value}), page=0, photo=0))


def _plain(text: str) -> str:
    """Words of others in a place that reads Markdown."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]<>()#+-.!|~:$&" else letter for letter in text)
