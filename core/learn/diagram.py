"""The reliability diagram and its page: what is said against what comes true."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.learn.reliability import FOLDS, Bin, Forecasts

TROUBLES = ("clear", "blur", "lowres", "glare", "dirt", "lowcontrast", "tilted")
_SIDE, _LEFT, _TOP = 320, 58, 24
_COLOURS = ("#b3541e", "#1f5fa8")  # told apart by people who see no red or green, too


def write_page(path: Path, forecasts: Mapping[str, Forecasts], command: str) -> None:
    """A page with scores, groups and troubles, and beside it the diagram as SVG of the same name."""
    picture = path.with_suffix(".svg")
    picture.write_text(drawn(forecasts), encoding="utf-8")
    path.write_text(page(forecasts, command, picture.name), encoding="utf-8")


def page(forecasts: Mapping[str, Forecasts], command: str, picture: str) -> str:
    """Markdown; the last of ``forecasts`` is the one whose groups are told."""
    (name, last), first = list(forecasts.items())[-1], next(iter(forecasts.values()))
    lines = [
        "# Calibration",
        "",
        "How far the probability that all 17 characters are right can be believed. The command:",
        "",
        f"    {command}",
        "",
        f"![What is said against what comes true]({picture})",
        "",
        f"n = {len(first.right)} photos, {int(first.right.sum())} of them read right: those read `twice`, "
        "and `doubtful` ones that contradict a character that could be read. *Uncalibrated* is the product "
        "of the 17 slots' confidences. *Calibrated* is the logistic regression of `calibrate`; each photo's "
        f"probability comes from a fit that has not seen its VIN ({FOLDS} folds by VIN). Groups are of one "
        "size; bars are 95 % Wilson intervals.",
        "",
        "| | negative log-likelihood | Brier score | mean gap |",
        "|---|---|---|---|",
        *(f"| {key} | {f.nll:.3f} | {f.brier:.4f} | {100 * f.gap:.1f} % |" for key, f in forecasts.items()),
        "",
        "Lower is better in all three; the gap is the mean distance of said and true over the groups.",
        "",
        f"## Groups, {name}",
        "",
        "| said | came true | n |",
        "|---|---|---|",
        *(f"| {100 * b.said:.1f} % | {_true(b)} | {b.part.count} |" for b in last.bins()),
        "",
        "## By trouble of the picture",
        "",
        f"| remark | said, {name} | came true | n |",
        "|---|---|---|---|",
    ]
    for tag in TROUBLES:
        group = last.tagged(tag)
        if group:
            lines.append(f"| {tag} | {100 * group.said:.1f} % | {_true(group)} | {group.part.count} |")
    lines += ["", "Said above the interval of what came true would be over-confidence."]
    return "\n".join(lines) + "\n"


def drawn(forecasts: Mapping[str, Forecasts]) -> str:
    """The diagram, SVG."""
    marks = [_grid()]
    for place, (name, forecast) in enumerate(forecasts.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        groups = forecast.bins()
        points = " ".join(f"{_x(group.said):.1f},{_y(group.share):.1f}" for group in groups)
        marks.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for group in groups:
            low, high = group.part.interval
            x = _x(group.said)
            marks.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_y(low):.1f}" y2="{_y(high):.1f}" stroke="{colour}" '
                'stroke-opacity="0.45"/>'
                f'<circle cx="{x:.1f}" cy="{_y(group.share):.1f}" r="4" fill="{colour}"/>'
            )
        top = _TOP + 18 + 18 * place
        marks.append(
            f'<circle cx="{_LEFT + 14}" cy="{top - 4}" r="4" fill="{colour}"/>'
            f'<text x="{_LEFT + 24}" y="{top}">{name}, Brier {forecast.brier:.3f}</text>'
        )
    width, height = _LEFT + _SIDE + 20, _TOP + _SIDE + 46
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" fill="#222">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>' + "".join(marks) + "</svg>\n"
    )


def _grid() -> str:
    parts = []
    for tenth in range(0, 11, 2):
        at = tenth / 10
        parts.append(
            f'<line x1="{_x(0)}" x2="{_x(1)}" y1="{_y(at)}" y2="{_y(at)}" stroke="#ddd"/>'
            f'<line x1="{_x(at)}" x2="{_x(at)}" y1="{_y(0)}" y2="{_y(1)}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 6}" y="{_y(at) + 4}" text-anchor="end">{10 * tenth}</text>'
            f'<text x="{_x(at)}" y="{_y(0) + 16}" text-anchor="middle">{10 * tenth}</text>'
        )
    middle = _TOP + _SIDE / 2
    parts.append(
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#888" stroke-dasharray="4 4"/>'
        f'<text x="{_x(0.5)}" y="{_y(0) + 36}" text-anchor="middle">said, %</text>'
        f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">came true, %</text>'
    )
    return "".join(parts)


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - share)


def _true(group: Bin) -> str:
    low, high = group.part.interval
    return f"{100 * group.share:.1f} % ({100 * low:.1f}-{100 * high:.1f})"
