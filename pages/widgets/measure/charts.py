"""Plots as Vega-Lite: data in, a specification out. Names of fields are fixed; texts of others are data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Okabe and Ito's palette, made for colour-blind readers; champions differ in their dashes too.
COLOURS = ("#0a7fc2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
GREY = "#7f8c93"
FADED, FULL = 0.3, 1.0
SHORT, LINE = 18, 30
"""Characters of a name of which two fit beside each other on a phone; pixels of a legend's line."""

Rows = Sequence[Mapping[str, Any]]


def over_time(rows: Rows, marks: Rows, names: Sequence[str]) -> dict[str, Any]:
    """Exact match per span of time and champion.

    Args:
        rows: ``begin`` as text, ``champion``, ``share``, ``low``, ``high`` (0..1), ``n``, ``few``.
        marks: ``begin`` and ``what`` of changes of champion.
        names: champions in the order of their colours.
    """
    beside = 2 if max(map(len, names), default=0) <= SHORT else 1
    # The legend takes its lines from the height: the plot shall keep its own.
    height = 300 + (LINE * -(-len(names) // beside) if len(names) > 1 else 0)
    colour = {"field": "champion", "type": "nominal", "title": "Champion",
              "scale": {"domain": list(names), "range": _colours(len(names))},
              "legend": _legend(beside) if len(names) > 1 else None}  # fmt: skip
    x = {"field": "begin", "type": "temporal", "title": None, "axis": {"labelOverlap": True, "grid": False}}
    low = min((row["low"] for row in rows), default=0.0)
    scale = {"domain": [max(0.0, round(low - 0.05, 1)), 1.0], "nice": False}
    y = {"field": "share", "type": "quantitative", "title": "Exact match", "scale": scale,
         "axis": {"format": ".0%"}}  # fmt: skip
    shown = _tooltip(begin="From", champion="Champion", share="Exact match", low="Low", high="High", n="n")
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "area", "opacity": 0.14},
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}},
        {"mark": {"type": "rule", "opacity": 0.45},
         "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": colour}},
        {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"x": x, "y": y, "color": colour}},
        {"mark": {"type": "point", "filled": True, "size": 70},
         "encoding": {"x": x, "y": y, "color": colour, "opacity": _faded(), "tooltip": shown}},
    ]  # fmt: skip
    if marks:
        layers += [
            {"data": {"values": list(marks)}, "mark": {"type": "rule", "strokeDash": [4, 3], "color": GREY},
             "encoding": {"x": x, "tooltip": _tooltip(begin="At", what="Champion")}},
            {"data": {"values": list(marks)},
             "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 4, "color": GREY,
                      "fontSize": 11, "limit": 160},
             "encoding": {"x": x, "y": {"value": 2}, "text": {"field": "what"}}},
        ]  # fmt: skip
    return {"data": {"values": list(rows)}, "layer": layers, "height": height}


def grouped(rows: Rows, order: Sequence[str]) -> dict[str, Any]:
    """Exact match per group with its interval: ``name``, ``share``, ``low``, ``high``, ``n``, ``few``."""
    y = {"field": "name", "type": "nominal", "sort": list(order), "title": None,
         "axis": {"labelLimit": 190, "ticks": False, "domain": False, "grid": False}}  # fmt: skip
    x = {"field": "share", "type": "quantitative", "title": "Exact match", "scale": {"domain": [0, 1]},
         "axis": {"format": ".0%", "tickCount": 5}}  # fmt: skip
    shown = _tooltip(name="Group", share="Exact match", low="Low", high="High", cer="CER", n="n")
    return {
        "data": {"values": list(rows)},
        "height": {"step": 24},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 3, "color": COLOURS[0]},
             "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"},
                          "opacity": _faded(0.55, 0.2), "tooltip": shown}},
            {"mark": {"type": "point", "filled": True, "size": 80, "color": COLOURS[0]},
             "encoding": {"y": y, "x": x, "opacity": _faded(), "tooltip": shown}},
            {"mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 11, "color": GREY},
             "encoding": {"y": y, "x": {"datum": 1}, "text": {"field": "told"}}},
        ],
        "padding": {"right": 70, "left": 5, "top": 5, "bottom": 5},
    }  # fmt: skip


def reliability(rows: Rows) -> dict[str, Any]:
    """Said against true: ``said``, ``share``, ``low``, ``high``, ``n``, ``few``."""
    x = {"field": "said", "type": "quantitative", "title": "Probability that was said", **_unit()}
    y = {"field": "share", "type": "quantitative", "title": "Exactly right", **_unit()}
    shown = _tooltip(said="Said", share="Right", low="Low", high="High", n="n")
    return {
        "data": {"values": list(rows)},
        "height": 320,
        "layer": [
            {"data": {"values": [{"said": 0, "share": 0}, {"said": 1, "share": 1}]},
             "mark": {"type": "line", "strokeDash": [4, 3], "color": GREY, "strokeWidth": 1.5},
             "encoding": {"x": x, "y": y}},
            {"mark": {"type": "rule", "strokeWidth": 2.5, "color": COLOURS[0]},
             "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"},
                          "opacity": _faded(0.55, 0.2)}},
            {"mark": {"type": "point", "filled": True, "size": 80, "color": COLOURS[0]},
             "encoding": {"x": x, "y": y, "opacity": _faded(), "tooltip": shown}},
        ],
    }  # fmt: skip


def risk_coverage(curve: Rows, points: Rows) -> dict[str, Any]:
    """Wrong per 1,000 accepted against the share that is accepted.

    Args:
        curve: ``coverage`` (0..1), ``risk``, ``low``, ``high`` (per 1,000), ``threshold``, ``accepted``.
        points: the same of single thresholds, with ``what``.
    """
    highest = max([row["risk"] for row in (*curve[len(curve) // 20 :], *points)] or [1.0])
    scale = {"domain": [0, max(1.0, 1.6 * highest)], "nice": True}
    x = {"field": "coverage", "type": "quantitative", "title": "Automatic", **_unit()}
    y = {"field": "risk", "type": "quantitative", "title": "Wrong per 1,000 automatic", "scale": scale}
    shown = [
        *_tooltip(threshold="From probability", coverage="Automatic"),
        *({"field": name, "type": "quantitative", "title": title, "format": ",.1f"}
          for name, title in (("risk", "Wrong per 1,000"), ("low", "Low"), ("high", "High"))),
        {"field": "accepted", "type": "quantitative", "title": "n", "format": ","},
    ]  # fmt: skip
    points_ = {"values": list(points)}
    return {
        "data": {"values": list(curve)},
        "height": 320,
        "layer": [
            {"mark": {"type": "area", "opacity": 0.16, "color": COLOURS[0], "clip": True},
             "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
            {"mark": {"type": "line", "color": COLOURS[0], "strokeWidth": 2, "clip": True},
             "encoding": {"x": x, "y": y, "tooltip": shown}},
            {"data": points_, "mark": {"type": "rule", "strokeWidth": 2, "clip": True},
             "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": _whose()}},
            {"data": points_, "mark": {"type": "point", "filled": True, "size": 130, "clip": True},
             "encoding": {"x": x, "y": y, "tooltip": shown, "color": _whose(), "shape": {
                 "field": "what", "type": "nominal", "title": None, "legend": None}}},
        ],
    }  # fmt: skip


def stages(rows: Rows, order: Sequence[str]) -> dict[str, Any]:
    """Milliseconds per stage: ``stage``, ``median``, ``slow``, ``n``."""
    y = {"field": "stage", "type": "nominal", "sort": list(order), "title": None,
         "axis": {"labelLimit": 190, "ticks": False, "domain": False, "grid": False}}  # fmt: skip
    x = {"field": "median", "type": "quantitative", "title": "Milliseconds: median (bar), 95 % (mark)"}
    shown = [
        *_tooltip(stage="Stage"),
        *({"field": name, "type": "quantitative", "title": title, "format": ",.1f"}
          for name, title in (("median", "Median ms"), ("slow", "95 % ms"))),
        *_tooltip(n="n"),
    ]  # fmt: skip
    return {
        "data": {"values": list(rows)},
        "height": {"step": 28},
        "layer": [
            {"mark": {"type": "bar", "color": COLOURS[0], "height": 14},
             "encoding": {"y": y, "x": x, "opacity": _faded(), "tooltip": shown}},
            {"mark": {"type": "rule", "color": COLOURS[0], "opacity": 0.5},
             "encoding": {"y": y, "x": x, "x2": {"field": "slow"}}},
            {"mark": {"type": "tick", "color": COLOURS[1], "thickness": 3, "size": 16},
             "encoding": {"y": y, "x": {**x, "field": "slow"}, "opacity": _faded(), "tooltip": shown}},
        ],
    }  # fmt: skip


def pace(rows: Rows, names: Sequence[str]) -> dict[str, Any]:
    """Seconds per VIN over time: ``begin``, ``help``, ``median``, ``slow``, ``n``, ``few``."""
    colour = {"field": "help", "type": "nominal", "title": "Labeller had",
              "scale": {"domain": list(names), "range": _colours(len(names))},
              "legend": _legend(2)}  # fmt: skip
    x = {"field": "begin", "type": "temporal", "title": None, "axis": {"labelOverlap": True, "grid": False}}
    y = {"field": "median", "type": "quantitative", "title": "Seconds per VIN, median"}
    shown = [
        *_tooltip(begin="From", help="Labeller had"),
        {"field": "median", "type": "quantitative", "title": "Median s", "format": ".1f"},
        {"field": "slow", "type": "quantitative", "title": "95 % s", "format": ".1f"},
        *_tooltip(n="n"),
    ]
    return {
        "data": {"values": list(rows)},
        "height": 300,
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"x": x, "y": y, "color": colour}},
            {"mark": {"type": "point", "filled": True, "size": 70},
             "encoding": {"x": x, "y": y, "color": colour, "opacity": _faded(), "tooltip": shown}},
        ],
    }  # fmt: skip


def _colours(count: int) -> list[str]:
    return [COLOURS[k % len(COLOURS)] for k in range(count)]


def _whose() -> dict[str, Any]:
    return {"field": "what", "type": "nominal", "title": None, "legend": _legend(2),
            "scale": {"range": [COLOURS[1], COLOURS[2]]}}  # fmt: skip


def _legend(columns: int = 1) -> dict[str, Any]:
    # One below the other where names are long: a phone has no room beside.
    return {"orient": "top", "columns": columns, "labelLimit": 300, "symbolOpacity": 1}


def _faded(full: float = FULL, faded: float = FADED) -> dict[str, Any]:
    return {"condition": {"test": "datum.few", "value": faded}, "value": full}


def _unit() -> dict[str, Any]:
    return {"scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "tickCount": 5}}


def _tooltip(**titles: str) -> list[dict[str, Any]]:
    forms: dict[str, dict[str, str]] = {
        "begin": {"type": "temporal", "format": "%Y-%m-%d"},
        "n": {"type": "quantitative", "format": ","},
        **{name: {"type": "nominal"} for name in ("name", "champion", "what", "stage", "help")},
    }
    usual = {"type": "quantitative", "format": ".1%"}
    return [{"field": name, "title": title, **forms.get(name, usual)} for name, title in titles.items()]
