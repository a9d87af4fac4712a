"""The audit trail of a photo: who, what, when, from which prediction; and the way back to any state."""

from __future__ import annotations

import datetime
import uuid
from html import escape

import streamlit as st

from core.store import Store, StoreError
from core.store.audit import Case, Entry, trail
from core.store.history import restore
from core.store.people import Person
from pages.widgets.review import state, words


def show(store: Store, person: Person, found: Case) -> None:
    """Newest first; each earlier state can be brought back, as a new event."""
    st.subheader("History")
    entries = trail(store, found.photo.id, person.id)
    if not entries:
        st.caption("Nobody has done anything to this photo yet.")
        return
    with st.container(key="review_trail", gap="xxsmall"):
        for entry in entries:
            told, way = st.columns([8, 1], vertical_alignment="center")
            told.html(_line(entry))
            event = entry.event
            if entry.present:
                way.caption("now")
            elif not event.blind and event.action != "skip":
                way.button(
                    "Restore", key=f"restore_{event.id}", type="tertiary",
                    on_click=_restore, args=(store, person, found, event.id, uuid.uuid4().hex),
                )  # fmt: skip


def _line(entry: Entry) -> str:
    event = entry.event
    when = datetime.datetime.fromtimestamp(event.at).strftime("%Y-%m-%d %H:%M")
    done = words.DONE.get(event.action, event.action)
    if event.blind:
        done += " blindly"
    if event.action == "restore":
        done += f" version {event.restores}"
    elif event.undoes:
        done += f" event {event.undoes}"
    text = f"<code>{escape(event.content.text)}</code>" if event.content else ""
    said = "; ".join(one for one in (event.reason, event.note) if one)
    source = (
        f"<i>from <code>{escape(entry.read or 'nothing')}</code> read by {escape(entry.models)}</i>"
        if entry.models
        else ""
    )
    spent = f"{event.seconds:.0f} s" if event.seconds else ""
    return (
        f'<div class="vd-event"><time>{when}</time><b>{escape(event.by)}</b><span>{escape(event.role)}</span>'
        f"<em>{done}</em>{text}<span>{spent}</span>{source}"
        f"{f'<q>{escape(said)}</q>' if said else ''}<small>{event.id}</small></div>"
    )


def _restore(store: Store, person: Person, found: Case, version: int, uid: str) -> None:
    try:
        restore(store, found.photo.id, person.id, version, found.version, uid)
    except StoreError as error:
        state.say(f"Not restored: {error}", bad=True)
    else:
        state.say(f"Photo {found.photo.id} is what it was after event {version}.")
