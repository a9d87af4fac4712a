"""One picture of a series as a piece of page: the picture itself, and what is known of it drawn over it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from html import escape

from core.synth.series import Picture, Recipe, picture


@dataclass(frozen=True)
class Drawn:
    """What the page shows.

    Attributes:
        index: its place in the series.
        html: a figure; all texts are escaped.
        plain: the picture alone.
    """

    index: int
    html: str
    plain: str


def of(recipe: Recipe, index: int) -> Drawn:
    """Item ``index`` of a series."""
    made = picture(recipe, index)
    body = _strip(made) if recipe.kind == "strips" else _scene(made)
    trouble = f"{made.row['trouble']} {made.row['severity']}" if made.row["trouble"] else ""
    caption = "" if recipe.kind == "strips" else f"<code>{escape(made.text or 'no VIN')}</code>"
    if trouble:
        caption += f" <span>{escape(trouble)}</span>"
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    alone = f'<img src="{_source(made)}" alt="{escape(made.text)}">'
    html = f'<figure class="vd-made" data-testid="made-{index}">{body}{caption}</figure>'
    return Drawn(index, html, alone)


def address(data: bytes, kind: str = "png") -> str:
    """A picture as a data address: there is none that others could open."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _strip(made: Picture) -> str:
    hurt = json.loads(made.row["hurt"] or "[]")
    marks = []
    for slot, (start, end) in enumerate(json.loads(made.row["extents"])):
        left, right = max(0.0, start), min(1.0, end)
        level = "vd-unsure" if slot in hurt else "vd-sure"
        width = max(0.0, right - left)
        marks.append(
            f'<span class="{level}" style="left:{100 * left:.2f}%;width:{100 * width:.2f}%">'
            f"<b>{escape(made.text[slot])}</b></span>"
        )
    shown = f'<img src="{_source(made)}" alt="{escape(made.text)}">'
    return f'<div class="vd-strip">{shown}{"".join(marks)}</div>'


def _source(made: Picture) -> str:
    return address(made.data, "png" if made.name.endswith("png") else "jpeg")


def _scene(made: Picture) -> str:
    width, height = made.size
    shapes = []
    for index, corners in enumerate(json.loads(made.row["quads"])):
        which = "vd-vin-line" if str(index) == made.row["vin_quad"] else "vd-row-line"
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        # Light on dark, so that lines are seen on any ground.
        shapes += [f'<polygon class="{name}" points="{points}"/>' for name in ("vd-under", which)]
    # Inline SVG does not survive the page's cleaning; as a picture it does.
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        "<style>polygon{fill:none}.vd-under{stroke:#101418;stroke-opacity:.6;stroke-width:2.6}"
        ".vd-vin-line{stroke:#00a5ff;stroke-width:1.8}.vd-row-line{stroke:#f0f0f0;stroke-width:1;"
        f"stroke-dasharray:4 2}}</style>{''.join(shapes)}</svg>"
    )
    return (
        f'<div class="vd-scene"><img src="{_source(made)}" alt="{escape(made.text or "no VIN")}">'
        f'<img src="{address(drawing.encode(), "svg+xml")}" alt=""></div>'
    )
