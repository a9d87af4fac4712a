"""Curves as SVG: they stand still while they are drawn anew every two seconds."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

COLOURS = ("#0a7fc2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "12 4", "4 6")

GREY = "#7f8c93"
"""Of axes and their words: readable on light and dark."""

WIDTH, HEIGHT, LEFT, BOTTOM = 320, 130, 56, 18


def chart(title: str, lines: Mapping[str, Points], unit: str = "minutes", share: bool = False) -> str:
    """One chart as HTML.

    Args:
        title: what the vertical axis says.
        lines: name -> points ``(x, y)``; colours and dashes follow the order.
        unit: of the horizontal axis.
        share: y is a share, told in per cent.
    """
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    right = max(x for x, _ in points) or 1.0
    low, high = min(y for _, y in points), max(y for _, y in points)
    if high - low < 1e-9:
        low, high = low - 0.05 * (abs(low) or 1), high + 0.05 * (abs(high) or 1)
    if share:
        low, high = max(0.0, low), min(1.0, high)

    def place(x: float, y: float) -> str:
        across = LEFT + (WIDTH - LEFT - 6) * x / right
        down = 6 + (HEIGHT - BOTTOM - 12) * (high - y) / (high - low)
        return f"{across:.1f},{down:.1f}"

    drawn = "".join(
        f'<polyline points="{" ".join(place(x, y) for x, y in line)}" stroke="{COLOURS[k % len(COLOURS)]}" '
        f'stroke-dasharray="{DASHES[k % len(DASHES)]}" fill="none" stroke-width="2" />'
        + "".join(
            f'<circle cx="{place(x, y).split(",")[0]}" cy="{place(x, y).split(",")[1]}" r="2.5" '
            f'fill="{COLOURS[k % len(COLOURS)]}" />'
            for x, y in (line if len(line) < 12 else line[-1:])
        )
        for k, line in enumerate(lines.values())
    )
    told = (f"{100 * y:.1f} %" if share else f"{y:.3g}" for y in (high, low))
    top, base = told
    floor = HEIGHT - BOTTOM
    label = f"{title}: " + ", ".join(f"{name} {line[-1][1]:.3g}" for name, line in lines.items() if line)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="{GREY}">'
        f'<path d="M{LEFT} 2V{floor}H{WIDTH - 4}" fill="none" stroke="{GREY}" stroke-opacity=".5" />'
        f'<text x="{LEFT - 5}" y="13" text-anchor="end">{top}</text>'
        f'<text x="{LEFT - 5}" y="{floor - 3}" text-anchor="end">{base}</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 4}">0</text>'
        f'<text x="{WIDTH - 4}" y="{HEIGHT - 4}" text-anchor="end">{right:.3g} {escape(unit)}</text>'
        f"{drawn}</svg>"
    )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<img alt="{escape(label)}" src="{_as_url(svg)}"></figure>'
    )


def keys(names: Sequence[str]) -> str:
    """Which line is which."""
    return (
        '<div class="vd-keys">'
        + "".join(
            f'<span><img alt="" src="{_as_url(_key(k))}">{escape(name)}</span>'
            for k, name in enumerate(names)
        )
        + "</div>"
    )


def _key(k: int) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 10">'
        f'<path d="M0 5H32" stroke="{COLOURS[k % len(COLOURS)]}" stroke-width="2.5" '
        f'stroke-dasharray="{DASHES[k % len(DASHES)]}" /></svg>'
    )


def _as_url(svg: str) -> str:
    # Streamlit's cleaner lets pictures through, but no SVG as part of the page.
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def series(reports: Sequence[Mapping[str, float]], name: str, most: int = 300) -> list[tuple[float, float]]:
    """``(minutes, value)`` of one figure, thinned to about ``most`` points."""
    found = [
        (report["minutes"], report[name]) for report in reports if name in report and "minutes" in report
    ]
    step = max(1, len(found) // most)
    return found[::step] + (found[-1:] if found and (len(found) - 1) % step else [])
