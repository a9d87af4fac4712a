"""What there is to learn from."""

from __future__ import annotations

import streamlit as st

from core.learn.gate import GateConfig
from core.store import Store
from core.store.learning import supply
from core.store.rounds import accepted_count


def show(store: Store) -> None:
    """Counts of what people approved, and what is still missing."""
    st.subheader("To learn from")
    found = supply(store)
    figures = {
        "new since the last run": found.fresh,
        "known to earlier runs": found.trained,
        "val": found.val,
        "gold": found.gold,
        "with drawn extents": found.drawn,
        "with a ?": found.gapped,
        "from rounds": accepted_count(store),
        "wait for review": found.waiting,
    }
    cells = "".join(f"<div><dt>{name}</dt><dd>{count:,}</dd></div>" for name, count in figures.items())
    st.html(f'<dl class="vd-figures">{cells}</dl>')
    least = GateConfig().least
    if found.gold < least:
        st.caption(
            f"The gate asks for {least} gold photos before it lets a candidate pass; {found.gold} are there. "
            "A snapshot draws some of the approved cars as gold; reviewers can choose gold photos too."
        )
