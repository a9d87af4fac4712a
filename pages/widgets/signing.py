"""Who is signed in: a name out of the store's people.

There are no passwords: a name says whose work it is, not who may enter.
"""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from core.store import Store, StoreError
from core.store.people import RIGHTS, Person, add_person, everybody, find_person
from pages.widgets.label.hands import Hands

PARAMETER = "as"
"""In the page's address, so that a reload asks nobody again."""

ROLES = ("labeller", "reviewer", "data scientist", "admin")

_KEPT = "signed_in"


def badge() -> None:
    """Who is signed in, and a way out; nothing where nobody is. Asks no store, so every desk can show it."""
    person: Person | None = st.session_state.get(_KEPT)
    if person is None:
        return
    with st.container(key="signed_in_bar", horizontal=True, horizontal_alignment="right"):
        # Names are text of others: st.text shows them as they are.
        st.text(f"{person.name} ({', '.join(person.roles)})", width="content")
        if st.button("Sign out", key="sign_out", type="tertiary"):
            sign_out()
            st.rerun()


def might(right: str) -> bool:
    """Whether a desk is worth showing: True where nobody is signed in yet. Asks no store."""
    person: Person | None = st.session_state.get(_KEPT)
    return person is None or person.may(right)


def required(store: Store, right: str) -> Person:
    """The person who is signed in and may do this; others are asked to sign in, and the page ends here."""
    person = _current(store)
    if person is not None and person.may(right):
        if _KEPT not in st.session_state:
            _enter(person)  # known by the address: the badge above has not heard of it yet
        st.session_state[_KEPT] = person
        if st.query_params.get(PARAMETER) != person.name:
            st.query_params[PARAMETER] = person.name
        return person
    if person is not None:
        roles = ", ".join(role for role in ROLES if right in RIGHTS[role])
        st.text(f"{person.name} may not {right}: that takes one of the roles {roles}.")
    _ask(store, right, fresh=person is None)
    st.stop()


def sign_out() -> None:
    """Forget who it was; what they held at a desk goes back into the queue, drafts stay."""
    for sitting in [kept for kept in st.session_state.values() if isinstance(kept, Hands)]:
        with suppress(StoreError):  # the lease runs out anyway
            sitting.leave()
    st.session_state.pop(_KEPT, None)
    st.query_params.pop(PARAMETER, None)


def _current(store: Store) -> Person | None:
    kept: Person | None = st.session_state.get(_KEPT)
    name = kept.name if kept else st.query_params.get(PARAMETER, "")
    try:
        # Asked again every time: roles change, people leave.
        found = find_person(store, name) if name else None
        return None if found is None or found.machine else found
    except StoreError:  # an address may hold anything
        return None


def _ask(store: Store, right: str, fresh: bool) -> None:
    st.subheader("Who is working?")
    st.caption("There is no password: the name says whose work it is.")
    people = [person for person in everybody(store) if person.may(right) and not person.machine]
    with st.container(key="sign_in", width=460):
        if people:
            with st.form("sign_in_known", border=True):
                picked = st.selectbox(
                    "Name", people, format_func=lambda one: f"{one.name} ({', '.join(one.roles)})"
                )
                if st.form_submit_button("Sign in", key="sign_in_button", type="primary") and picked:
                    _enter(picked)
        if not fresh:
            return  # somebody who lacks the role does not get it by another name
        with st.form("sign_in_new", border=True):
            name = st.text_input("New here? Your name", key="new_name", max_chars=80)
            role = st.selectbox("Role", [role for role in ROLES if right in RIGHTS[role]], key="new_role")
            if st.form_submit_button("Add me and sign in", key="add_me"):
                try:
                    # A name that is known keeps its roles: nobody becomes an admin by typing.
                    _enter(find_person(store, name) or add_person(store, name, [role]))
                except StoreError as error:
                    st.text(f"That did not work: {error}")


def _enter(person: Person) -> None:
    if person.machine:
        st.text("That name signs what commands do; take one of your own.")
        return
    if not person.active:
        st.text("Somebody of this name has left; ask an admin to let them in again.")
        return
    st.session_state[_KEPT] = person
    st.rerun()
