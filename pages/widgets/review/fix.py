"""Fixing a label without leaving the desk: the Label desk's editor with one photo in it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.store import Store, StoreError
from core.store.drafts import drop_draft
from core.store.people import Person
from pages.widgets import editor
from pages.widgets.label import habits, region, turning, twins
from pages.widgets.label.session import Session
from pages.widgets.label.work import parse
from pages.widgets.review import state

_OPEN, _SESSION = "review_fixing", "review_fix_session"


def open_for(photo: int) -> bool:
    """Whether this photo is being fixed."""
    return bool(st.session_state.get(_OPEN) == photo)


def begin(store: Store, person: Person, photo: int) -> None:
    """Take the photo into the editor, leased to the reviewer."""
    session = _session(store, person)
    try:
        session.leave()
        session.hold(photo)
    except StoreError as error:
        state.say(f"Not opened: {error}", bad=True)
        return
    st.session_state[_OPEN] = photo


def show(store: Store, person: Person, photo: int) -> None:
    """The editor; Enter saves, Esc leaves everything as it was."""
    session = _session(store, person)
    if not any(held.photo == photo for held in session.held):
        begin(store, person, photo)  # the server was restarted, or another photo was fixed meanwhile
    if not session.held:
        st.session_state.pop(_OPEN, None)
        st.rerun()
    above = st.container()
    st.html(
        '<p class="vd-hint"><b>Enter</b> saves it as your label, which somebody else approves; <b>Esc</b> '
        "leaves it as it is. F1 lists all keys.</p>"
    )
    editor.show(session.data(editor.pictures()), _heard)
    with above:
        if session.region:
            region.show(store, session)
        if session.twin:
            twins.show(store, session)


def _heard() -> None:
    session: Session | None = st.session_state.get(_SESSION)
    photo = st.session_state.get(_OPEN)
    if session is None or not photo:
        return
    done = "left as it was"
    for message in parse(editor.messages()):
        if message.number <= session.last:
            continue
        if message.kind in ("skip", "back", "undo"):
            # The queue's words: here they mean that the reviewer goes back to the photo, and what they typed
            # is not wanted. Left as a draft, it would look like the label the next time.
            session.last = message.number
            drop_draft(session.store, int(photo), session.person.id)
            session.leave()
        else:
            session.handle([message])
            if not session.held:
                done = {"accept": "saved as your label", "reject": "rejected"}.get(message.kind, done)
    if not session.held:
        st.session_state.pop(_OPEN, None)
        state.say(f"Photo {int(photo)}: {done}.")


def _session(store: Store, person: Person) -> Session:
    kept: Session | None = st.session_state.get(_SESSION)
    if kept is None or kept.person != person or kept.store.path != store.path:
        kept = Session(
            store, person, np.random.default_rng(), None, turning.reading_of(store), habits.usual, "review"
        )
        st.session_state[_SESSION] = kept
    return kept
