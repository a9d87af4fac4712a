"""Figures of people: for reviewers all of them, for anybody else only their own."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.store import Store
from core.store.figures import FROM, Figures, Share, figures, figures_of
from core.store.people import Person


def show(store: Store, person: Person) -> None:
    """Everybody, as far as this person may see them."""
    found = figures(store, person.id)
    if not any(one.labels for one in found):
        st.write("Nobody has labelled anything yet.")
        return
    head = ("Name", "Labels", "Median time", "Agreement", "Right on hidden checks", "With them again")
    cells = "".join(f"<th>{name}</th>" for name in head)
    rows = "".join(_row(one) for one in found)
    st.html(
        '<div class="vd-scroll"><table class="vd-table" data-testid="people">'
        f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    st.caption(
        "Median time: of the newest 1,000 labels. Agreement: blind second labels with the same 17 "
        "characters, made by them or of their label. Hidden checks: photos with a known answer, asked "
        f"blindly. Shares come with a 95 % Wilson interval and are told from {FROM} photos on. Labellers see "
        "their own line only."
    )


def own(store: Store, person: Person) -> None:
    """A person's own figures, on the desk where they work."""
    one = figures_of(store, person.id, person.id)
    st.html(
        f'<dl class="vd-facts" data-testid="own-figures"><div><dt>Labels</dt><dd>{one.labels:,}</dd></div>'
        f"<div><dt>Median time</dt><dd>{_seconds(one)}</dd></div>"
        f"<div><dt>Agreement</dt><dd>{_share(one.agreement)}</dd></div>"
        f"<div><dt>Right on hidden checks</dt><dd>{_share(one.gold)}</dd></div></dl>"
    )
    st.caption("Only you and reviewers see this.")


def _row(one: Figures) -> str:
    return (
        f"<tr><th>{escape(one.name)}</th><td>{one.labels:,}</td><td>{_seconds(one)}</td>"
        f"<td>{_share(one.agreement)}</td><td>{_share(one.gold)}</td><td>{one.returned:,}</td></tr>"
    )


def _seconds(one: Figures) -> str:
    return "–" if one.seconds is None else f"{one.seconds:.1f} s"


def _share(share: Share) -> str:
    if share.told is None:
        return f"{share.count} of the {FROM} needed" if share.count else "–"
    value, low, high = share.told
    return f"{value:.1%} ({low:.1%} to {high:.1%}), n = {share.count:,}"
