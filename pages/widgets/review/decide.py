"""The decision on one photo: approve, send back, reject, or fix it oneself; each by a key."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from core.store import Store, StoreError
from core.store.annotations import reject
from core.store.audit import Case, Opinion
from core.store.people import Person
from core.store.review import approve, send_back, set_gold
from pages.widgets.review import fix, state
from pages.widgets.review.address import Place

_SINCE = "review_since"

LONGEST_LOOK = 600.0
"""Seconds at a photo after which somebody was away."""

KEYS = (
    "Keys: **Ctrl+Enter** approve, **Ctrl+Shift+Enter** send back, **Ctrl+Shift+X** reject, **F** fix, "
    "**J** next, **K** previous, **G** all photos; **Tab** goes to the comment. Those with Ctrl work while "
    "you write."
)


def show(store: Store, person: Person, found: Case, after: Place) -> None:
    """The form; ``after`` is where it goes from here."""
    since = st.session_state.get(_SINCE)
    if since is None or since[0] != (found.photo.id, found.version):
        st.session_state[_SINCE] = ((found.photo.id, found.version), time.monotonic())
    stamp = f"{found.photo.id}_{found.version}"
    choices = [one for one in found.opinions if one.kind == "label" or (one.kind == "second" and one.text)]
    waits = found.photo.state in ("labelled", "disputed", "second") and bool(choices)
    # What is done twice by a nervous hand counts once: the save's id belongs to the photo as it was seen.
    doing = (store, person, found, stamp, after)
    # Left to itself, the comment sends the form by its first button on any Enter with Ctrl, Shift or not:
    # a photo that is sent back would be approved as well.
    with st.form(f"review_form_{stamp}", border=True, enter_to_submit=False):
        if len({one.text for one in choices}) > 1:
            st.radio(
                "Which label counts?", range(len(choices)), key=f"review_choice_{stamp}", horizontal=True,
                format_func=lambda place: f"{choices[place].text} ({_whose(choices[place])})",
            )  # fmt: skip
        st.text_area(
            "Comment", key=f"review_note_{stamp}", height=68, max_chars=2000, label_visibility="collapsed",
            placeholder="Comment; the labeller sees it when you send it back",
        )  # fmt: skip
        with st.container(horizontal=True):
            st.form_submit_button(
                "Approve", key="approve", type="primary", shortcut="Ctrl+Enter", icon=":material/check:",
                disabled=bool(found.mine) or not waits, on_click=_do, args=(_approve, choices, *doing),
            )  # fmt: skip
            st.form_submit_button(
                "Send back", key="send_back", shortcut="Ctrl+Shift+Enter", icon=":material/undo:",
                disabled=bool(found.mine) or found.label is None or found.photo.state == "returned",
                on_click=_do, args=(_send_back, choices, *doing),
            )  # fmt: skip
            st.form_submit_button(
                "Reject", key="review_reject", shortcut="Ctrl+Shift+X", icon=":material/block:",
                disabled=found.photo.state == "rejected", on_click=_do, args=(_reject, choices, *doing),
                help="The photo cannot be used; say why in the comment.",
            )  # fmt: skip
            st.form_submit_button(
                "Fix", key="review_fix", shortcut="F", icon=":material/edit:",
                help="The Label desk's editor; what you save is your label, and somebody else approves it.",
                on_click=fix.begin, args=(store, person, found.photo.id),
            )  # fmt: skip
            if found.photo.state == "approved":
                st.form_submit_button(
                    "No hidden check" if found.gold else "Make it a hidden check", key="review_gold",
                    on_click=_gold, args=(store, person, found),
                    help="Labellers are asked it blindly now and then; it never trains.",
                )  # fmt: skip
        if found.mine:
            st.caption(found.mine)
        st.caption(KEYS)


def _whose(one: Opinion) -> str:
    return "label" if one.kind == "label" else "second label"


def _do(
    act: Callable[..., str], choices: list[Opinion], store: Store, person: Person, found: Case, stamp: str,
    after: Place,
) -> None:  # fmt: skip
    note = str(st.session_state.get(f"review_note_{stamp}", "")).strip()
    place = st.session_state.get(f"review_choice_{stamp}", 0)
    since = st.session_state.get(_SINCE, (None, time.monotonic()))[1]
    seconds = round(min(time.monotonic() - since, LONGEST_LOOK), 1)
    uid = f"{act.__name__.strip('_')}-{found.photo.id}-{found.version}-{person.id}"
    try:
        told = act(store, person, found, note, choices[place] if choices else None, uid, seconds)
    except StoreError as error:
        state.say(f"Not done: {error}", bad=True)
        return
    state.say(told)
    state.go(after)


def _approve(
    store: Store, person: Person, found: Case, note: str, chosen: Opinion | None, uid: str, seconds: float
) -> str:
    choose = chosen.event if chosen and chosen.kind == "second" else None
    approve(store, found.photo.id, person.id, found.version, uid, choose, seconds, note, found.newest)
    return f"Photo {found.photo.id} approved."


def _send_back(
    store: Store, person: Person, found: Case, note: str, _: Opinion | None, uid: str, seconds: float
) -> str:
    if not note:
        raise StoreError("write a comment first: the labeller needs to know why it comes back")
    send_back(store, found.photo.id, person.id, found.version, note, uid, seconds)
    return f"Photo {found.photo.id} sent back."


def _reject(
    store: Store, person: Person, found: Case, note: str, _: Opinion | None, uid: str, seconds: float
) -> str:
    if not note:
        raise StoreError("write a comment first: why can this photo not be used?")
    reject(store, found.photo.id, person.id, found.version, note, uid, seconds, "review")
    return f"Photo {found.photo.id} rejected."


def _gold(store: Store, person: Person, found: Case) -> None:
    try:
        set_gold(store, found.photo.id, person.id, not found.gold)
    except StoreError as error:
        state.say(f"Not done: {error}", bad=True)
