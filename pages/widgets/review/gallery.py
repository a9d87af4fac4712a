"""The gallery: a page of photos, failures first, and the approval of those with which everything agrees."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import Any

import streamlit as st

from core.store import Store, StoreError
from core.store.bulk import agreeing, approve_agreeing
from core.store.people import Person
from core.store.selection import Card, Selection, cards, keys
from pages.widgets import board
from pages.widgets.review import address, pictures, state, words
from pages.widgets.review.address import Place

PAGE = 24
"""Photos on a page."""

LONGEST_LOOK = 600.0
"""Seconds at a page after which somebody was away."""

_SEEN = "review_page_seen"


def show(store: Store, person: Person, place: Place, total: int) -> None:
    """A page of the selected photos."""
    state.forget_list()
    if not total:
        _nothing(place)
        return
    page = min(place.page, (total - 1) // PAGE)
    shown = cards(store, person.id, keys(store, person.id, place.selection, PAGE, page * PAGE))
    seen = tuple((card.id, card.version) for card in shown)
    if st.session_state.get(_SEEN, ((), 0.0))[0] != seen:
        st.session_state[_SEEN] = (seen, time.monotonic())
    _bar(store, person, place, page, total, [card.id for card in shown])
    data = {"kind": "cards", "cards": [_card(store, place, card) for card in shown]}
    board.show(data, "review_gallery", state.follow)


def _bar(store: Store, person: Person, place: Place, page: int, total: int, shown: list[int]) -> None:
    # Of this page only: what was not looked at is not approved.
    ready = agreeing(store, person.id, replace(place.selection, ids=_within(place.selection, shown)))
    with st.container(horizontal=True, vertical_alignment="center", key="review_bar"):
        first, last = page * PAGE + 1, min(total, (page + 1) * PAGE)
        st.markdown(f"**{first:,} to {last:,}** of {total:,}", width="content")
        st.button(
            "Previous", key="review_page_before", disabled=page == 0, shortcut="K",
            on_click=state.go, args=(replace(place, page=page - 1),),
        )  # fmt: skip
        st.button(
            "Next", key="review_page_after", disabled=last >= total, shortcut="J",
            on_click=state.go, args=(replace(place, page=page + 1),),
        )  # fmt: skip
        st.button(
            f"Approve the {len(ready)} that agree on this page" if ready else "Nothing on this page agrees",
            key="approve_agreeing", disabled=not ready, shortcut="Ctrl+Enter", type="primary",
            help="Label, reading, both readers and a second label, where there is one, say the same; you did "
            "not label them. Everything else stays as it is.",
            on_click=_approve, args=(store, person, tuple(ready), uuid.uuid4().hex),
        )  # fmt: skip


def _within(selection: Selection, shown: list[int]) -> tuple[int, ...]:
    return tuple(key for key in shown if not selection.ids or key in selection.ids)


def _approve(store: Store, person: Person, ready: tuple[tuple[int, int], ...], uid: str) -> None:
    looked = time.monotonic() - st.session_state.get(_SEEN, ((), time.monotonic()))[1]
    try:
        done = approve_agreeing(store, person.id, ready, uid, min(looked, LONGEST_LOOK))
    except StoreError as error:
        state.say(f"Nothing was approved: {error}", bad=True)
        return
    left = f", {len(done.left)} changed meanwhile and stay" if done.left else ""
    state.say(f"{len(done.photos)} approved{left}.")


def _nothing(place: Place) -> None:
    if place.selection == Place().selection:
        st.write(
            "Nothing waits for a reviewer. Labels come from the Label desk; every filter is on the left."
        )
    else:
        st.write("No photo fits all of these filters.")
        st.button("Clear the filters", key="review_clear_here", on_click=state.go, args=(Place(),))


def _card(store: Store, place: Place, card: Card) -> dict[str, Any]:
    both = card.vin and card.read and len(card.vin) == len(card.read)
    apart = [
        slot for slot, (one, other) in enumerate(zip(card.vin or "", card.read or "", strict=False))
        if both and one != other and one != "?"
    ]  # fmt: skip
    said = []
    if card.vin:
        said.append(["Label", card.vin, apart])
    if card.read and (apart or not card.vin):
        said.append(["Read", card.read, apart])
    return {
        "photo": card.id,
        "query": address.query(replace(place, photo=card.id)),
        "label": f"Photo {card.id}, {words.STATES.get(card.state, card.state)}",
        "image": pictures.strip(store, card.sha256, card.quads),
        "nothing": "This photo cannot be shown",
        "said": said,
        "chips": _chips(card, len(apart)),
    }


def _chips(card: Card, apart: int) -> list[list[str]]:
    chips = [[words.STATES.get(card.state, card.state), words.KINDS.get(card.state, "plain")]]
    if card.vin and card.wrong and not card.read:
        chips.append(["model read nothing", "bad"])
    elif apart:
        chips.append([f"model: {apart} wrong", "bad"])
    if card.apart:
        chips.append(["readers differ", "odd"])
    if card.twice:
        chips.append(["second label differs", "bad"])
    chips += [[tag, "plain"] for tag in card.tags]
    if card.author:
        chips.append([f"by {card.author}", "plain"])
    return chips
