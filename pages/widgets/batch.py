"""Many photos: a table of what was read, the errors one by one, and which photo to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

import streamlit as st

from pages.widgets import export
from pages.widgets.readings import Read
from pages.widgets.result import STATUS


def show(reads: Sequence[Read]) -> Read:
    """Show the table and return the photo whose row is selected, the first by default."""
    counts = Counter(read.reading.status for read in reads)
    told = ", ".join(
        f"{counts[status]} {words.several}" for status, words in STATUS.items() if counts[status]
    )
    st.subheader(f"{len(reads)} photos: {told}")
    _errors([read for read in reads if read.reading.status == "error"])
    event = st.dataframe(
        [_row(read) for read in reads],
        hide_index=True,
        height=min(36 + 35 * len(reads), 36 + 35 * 10),
        placeholder="",
        on_select="rerun",
        selection_mode="single-row-required",
        key="readings_table",
        column_config={
            "VIN": st.column_config.TextColumn(width=185),
            "Status": st.column_config.TextColumn(width="small"),
            "Confidence": st.column_config.NumberColumn(format="%.1f %%", width=95),
            "Year": st.column_config.TextColumn(width=110),
            "Remark": st.column_config.TextColumn(width=310),
        },
    )
    export.buttons(reads, "all photos", key="all")
    rows = event.selection.rows
    return reads[rows[0]] if rows and rows[0] < len(reads) else reads[0]


def _row(read: Read) -> dict[str, str | float | None]:
    cells = export.row(read)
    known = read.reading.vin is not None
    return {
        "Photo": read.source.name,
        "VIN": read.reading.vin,
        "Status": STATUS[read.reading.status].label,
        "Confidence": 100 * read.reading.confidence if known else None,
        "Maker": cells["maker"],
        "Year": cells["model_year"],
        "Remark": read.reading.error or cells["problems"],
    }


def _errors(reads: Sequence[Read]) -> None:
    if not reads:
        return
    lines = "".join(
        f"<li><b>{escape(read.source.name)}</b>: {escape(read.reading.error or 'it cannot be read')}</li>"
        for read in reads
    )
    count = "One photo" if len(reads) == 1 else f"{len(reads)} photos"
    st.html(
        f'<div class="vd-note vd-bad" role="alert"><p>{count} could not be read</p><ul>{lines}</ul></div>'
    )
