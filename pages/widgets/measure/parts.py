"""A plot, and the table behind it: both can be taken away."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.widgets.export import harmless

Rows = Sequence[Mapping[str, Any]]


def plot(spec: dict[str, Any], told: str, key: str) -> None:
    """Put a Vega-Lite plot on the page; its own tool bar saves it as a picture.

    Args:
        spec: data included.
        told: the same in words, for who cannot see it.
        key: names it.
    """
    with st.container(key=key):
        st.vega_lite_chart(spec=spec, width="stretch", alt=told, key=f"{key}_chart")


def table(rows: Rows, name: str, height: int | None = None) -> None:
    """A table and its CSV file.

    Args:
        rows: all with the same columns.
        name: of the file and the keys.
        height: most pixels that it takes; default: what ten lines take.
    """
    frame = pd.DataFrame(list(rows))
    if "few" in frame and not frame["few"].any():
        frame = frame.drop(columns="few")
    most = height or 35 * 11 + 2
    with st.container(key=f"{name}_table"):
        st.dataframe(frame, hide_index=True, height=min(most, 35 * (len(rows) + 1) + 2))
    st.download_button(
        "CSV of this table", as_csv(rows), file_name=f"{name}.csv", mime="text/csv", key=f"{name}_csv",
        on_click="ignore", icon=":material/download:", type="tertiary",
    )  # fmt: skip


def as_csv(rows: Rows) -> bytes:
    """One line per row; with a byte order mark, without which Excel takes UTF-8 for something else."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]) if rows else [])
    writer.writeheader()
    for row in rows:
        writer.writerow({name: harmless(cell) for name, cell in row.items()})
    return file.getvalue().encode("utf-8-sig")
