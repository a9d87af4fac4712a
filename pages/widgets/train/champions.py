"""Champions: who serves, who served, and the way back."""

from __future__ import annotations

import time
from html import escape

import streamlit as st

from core import champions
from core.champions import Release
from core.jobs.promotion import roll_back
from core.registry import ModelError, load_card
from core.store import Store, StoreError
from core.store.ledger import changes
from core.store.people import Person

ACTIONS = {"promote": "promoted", "roll_back": "rolled back to"}


def line(store: Store, person: Person) -> None:
    """The champion on one line, with the way back in one click."""
    now = champions.champion()
    with st.container(key="champion_line", horizontal=True, vertical_alignment="center"):
        networks = ", ".join(f"{name} {mark}" for name, mark in now.networks.items())
        st.html(
            f'<div class="vd-job" data-testid="champion" data-release="{escape(now.name)}"><b>Champion</b>'
            f"<span>{escape(_named(now))}</span><span>{escape(networks)}</span></div>"
        )
        _back(store, person, now.before)


def way_back(store: Store, person: Person) -> None:
    """Where the champion itself is lost or damaged."""
    _back(store, person, "the one before")


def _back(store: Store, person: Person, before: str) -> None:
    named = "the shipped one" if before == champions.SHIPPED else before[:24]
    # No tooltip: it would put a second button into the page.
    label = f"Roll back to {named}" if before else "Roll back"
    if st.button(label, key="roll_back", disabled=not before, icon=":material/undo:"):
        try:
            made = roll_back(store, person.id)
        except (StoreError, ModelError) as error:
            st.text(f"Nothing was changed: {error}")
            return
        st.toast(f"{_named(made)} serves again")
        st.rerun()


def history(store: Store) -> None:
    """Every change, and what each network is."""
    st.subheader("Who served when")
    found = changes(store)
    if found:
        st.dataframe(
            [
                {
                    "When": time.strftime("%Y-%m-%d %H:%M", time.localtime(change.at)),
                    "Who": change.by,
                    "What": f"{ACTIONS[change.action]} {change.release}",
                    "Instead of": change.before,
                    "Job": change.run,
                    "Grounds": "; ".join(change.grounds.get("reasons", [])),
                }
                for change in found
            ],
            hide_index=True,
        )
    else:
        st.caption("Nothing was promoted yet: the shipped networks serve.")
    st.subheader("Releases")
    serving = champions.serving()
    for release in champions.releases():
        mark = " (serves)" if release.name == serving else ""
        with st.expander(f"{_named(release)}{mark}", expanded=release.name == serving):
            _cards(release)


def _cards(release: Release) -> None:
    folder = champions.folder_of(release.name)
    try:
        cards = [load_card(name, folder) for name in champions.NETWORKS]
    except ModelError as error:  # an old release that is damaged is no harm to the one that serves
        st.text(str(error))
        return
    st.dataframe(
        [
            {
                "Network": card.name,
                "Fingerprint": card.fingerprint,
                "Trained": card.date,
                "Parameters": card.parameters,
                "Learnt from": card.data,
                "Val": ", ".join(f"{name} {value:.3g}" for name, value in card.metrics.items()),
                "Repeat": card.command,
            }
            for card in cards
        ],
        hide_index=True,
        key=f"cards_{release.name}",
    )


def _named(release: Release) -> str:
    if release.name == champions.SHIPPED:
        return "shipped with the program"
    at = time.strftime("%d %b %H:%M", time.localtime(release.at))
    return f"{', '.join(release.changed)} of {at}"
