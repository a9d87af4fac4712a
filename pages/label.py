"""The Label desk: one look per VIN, keyboard first."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.store import Store
from core.store.people import Person
from pages.widgets import desks, editor, pulse
from pages.widgets.label import guidelines, habits, region, start, triage, turning, twins
from pages.widgets.label.session import AHEAD, SENT, Session
from pages.widgets.label.work import parse
from pages.widgets.review import people

WAYS = {"one": "One by one", "triage": "Triage", "guidelines": "Guidelines"}

_SESSION = "label_session"


def main() -> None:
    desks.opened("label", _desk)


# No st.fragment: the browser would ask a restarted server for a fragment that it does not know.
def _desk(store: Store, person: Person) -> None:
    session = _session(store, person)
    pulse.show(_alive)
    session.fill(1)
    if start.needed(store, bool(session.held)):
        start.show(store)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        way = st.segmented_control(
            "How", list(WAYS), format_func=WAYS.__getitem__, default="one", required=True, key="label_way",
            label_visibility="collapsed",
        )  # fmt: skip
        # Worked out only when it is opened: labelling must not wait for it.
        figures = st.popover("My figures", key="my_figures", type="tertiary", on_change="rerun")
        if figures.open:
            with figures:
                people.own(store, person)
    if way == "triage":
        triage.show(session)
        return
    if way == "guidelines":
        guidelines.show()
        return
    session.fill(SENT)
    # A place of its own, so that the editor below stays where it is, and with it the keyboard's focus.
    above = st.container()
    editor.show(session.data(editor.pictures()), _heard)
    with above:
        if session.held and session.region:
            region.show(store, session)
        if session.held and session.twin:
            twins.show(store, session)
    if not session.held:
        start.empty(store)
    # The page is complete; what follows is done while the person looks at it.
    session.fill(SENT + AHEAD)


def _session(store: Store, person: Person) -> Session:
    kept: Session | None = st.session_state.get(_SESSION)
    if kept is None or kept.person != person or kept.store.path != store.path:
        if kept is not None and kept.person.id != person.id:
            kept.leave()
        kept = Session(store, person, np.random.default_rng(), None, turning.reading_of(store), habits.usual)
        st.session_state[_SESSION] = kept
        # A browser that outlived the server comes with what it could not hand over.
        _heard()
    return kept


def _alive() -> None:
    session: Session | None = st.session_state.get(_SESSION)
    if session is not None:
        session.keep(early=True)


def _heard() -> None:
    session: Session | None = st.session_state.get(_SESSION)
    if session is not None:
        session.handle(parse(editor.messages()))


main()
