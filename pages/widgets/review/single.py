"""One photo: its strip, every opinion, the decision, and its history."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import streamlit as st

from core.store import Store, StoreError
from core.store.audit import Case, case
from core.store.people import Person
from core.store.selection import cards
from pages.widgets.review import decide, fix, opinions, pictures, state, trail, words
from pages.widgets.review.address import Place


def show(store: Store, person: Person, place: Place) -> None:
    """The photo that the address names."""
    listed = state.listed(store, person, place)
    _bar(place, listed)
    try:
        found = case(store, place.photo, person.id)
    except StoreError as error:
        st.text(str(error))
        return
    if fix.open_for(place.photo):
        fix.show(store, person, place.photo)
        return
    _head(found)
    (card,) = cards(store, person.id, [place.photo]) or (None,)
    quads = card.quads if card else ()
    strip = pictures.strip(store, found.photo.sha256, quads, pictures.WIDE_ROWS)
    if not strip:
        st.html('<p class="vd-note vd-bad">This photo cannot be shown: its file is missing or damaged.</p>')
    elif quads:
        st.html(f'<img class="vd-long" alt="The straightened line of photo {place.photo}" src="{strip}">')
    left, right = st.columns([5, 2], gap="medium")
    with left:
        st.html(opinions.table(found.opinions))
        decide.show(store, person, found, _after(place, listed))
    with right:
        photo = pictures.whole(store, found.photo.sha256, quads)
        if photo:
            st.html(f'<img class="vd-twin" alt="Photo {place.photo}, its line marked" src="{photo}">')
        st.html(_facts(found))
    trail.show(store, person, found)


def _bar(place: Place, listed: list[int]) -> None:
    at = listed.index(place.photo) if place.photo in listed else -1
    before = listed[at - 1] if at > 0 else 0
    after = listed[at + 1] if 0 <= at < len(listed) - 1 else 0
    with st.container(horizontal=True, vertical_alignment="center", key="review_bar"):
        st.button("All photos", key="review_all", shortcut="G", icon=":material/grid_view:",
                  on_click=state.go, args=(replace(place, photo=0),))  # fmt: skip
        for name, label, key, photo in (("before", "Previous", "K", before), ("after", "Next", "J", after)):
            st.button(
                label, key=f"review_{name}", shortcut=key, disabled=not photo,
                on_click=state.go, args=(replace(place, photo=photo),),
            )  # fmt: skip
        if at >= 0:
            more = "+" if len(listed) == state.LISTED else ""
            st.markdown(f"**{at + 1}** of {len(listed)}{more}", width="content")


def _after(place: Place, listed: list[int]) -> Place:
    """Where to go when this one is decided: the next, or else back to all."""
    at = listed.index(place.photo) if place.photo in listed else len(listed)
    return replace(place, photo=listed[at + 1] if at + 1 < len(listed) else 0)


def _head(found: Case) -> None:
    kind = words.KINDS.get(found.photo.state, "plain")
    gold = '<span class="vd-badge vd-accepted">Hidden check</span>' if found.gold else ""
    st.html(
        f'<div class="vd-verdict" data-testid="review-photo" data-photo="{found.photo.id}" '
        f'data-state="{found.photo.state}"><b>Photo {found.photo.id}</b>'
        f'<span class="vd-badge vd-{_BADGE[kind]}">{words.STATES.get(found.photo.state, "")}</span>{gold}'
        f'<span class="vd-file">{escape(found.photo.name)}</span></div>'
    )


_BADGE = {"bad": "retake", "odd": "review", "good": "accepted", "plain": "no_vin"}


def _facts(found: Case) -> str:
    said = found.prediction
    sure = min(99, int(100 * said.confidence)) if said else 0
    facts = {
        "Label by": found.label.by if found.label else "nobody",
        "Model": f"{words.STATUSES.get(said.status, said.status)}, {sure} % sure" if said else "not asked",
        "Kind": found.photo.kind or "not told",
        "Troubles": ", ".join(found.photo.tags) or "none told",
        "Photo": f"{found.photo.size[0]} × {found.photo.size[1]}",
    }
    return '<dl class="vd-facts">' + "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items()
    ) + "</dl>"  # fmt: skip
