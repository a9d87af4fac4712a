"""What `learning_loop.py` found: gain, areas under both orders' curves, and their plot."""

from __future__ import annotations

import numpy as np

ORDERS = ("queue", "random")
COLOURS = {"queue": "#0a7fc2", "random": "#d55e00"}


def summarise(rows: list[dict], draws: int = 1000) -> dict:
    """Gain over the start, and the areas under both orders' curves with a bootstrap over the dev photos."""
    table: dict[tuple[str, int], dict[str, dict]] = {}
    for row in rows:
        table.setdefault((row["order"], row["seed"]), {})[row["stage"]] = row
    told: dict = {"arms": len(table)}
    for order in ORDERS:
        arms = [stages for (name, _), stages in table.items() if name == order and "start" in stages]
        if arms:
            last = [list(stages.values())[-1] for stages in arms]
            told[order] = {
                "start": float(np.mean([stages["start"]["exact"] for stages in arms])),
                "end": float(np.mean([row["exact"] for row in last])),
                "labels": last[0]["labels"],
            }
    rounds = [stages["round"]["purity"] for stages in table.values() if "purity" in stages.get("round", {})]
    if rounds:
        told["rounds"] = _purity(rounds)
    pairs = [seed for (order, seed) in table if order == "queue" and ("random", seed) in table]
    if not pairs:
        return told
    areas = {}
    for order in ORDERS:
        per_arm = []
        for seed in pairs:
            stages = [row for name, row in table[order, seed].items() if name != "round"]
            per_arm.append(np.mean([row["right"] for row in stages], axis=0))  # per dev photo
        areas[order] = np.mean(per_arm, axis=0)
    difference = areas["queue"] - areas["random"]
    rng = np.random.default_rng(0)
    drawn = [difference[rng.integers(0, len(difference), len(difference))].mean() for _ in range(draws)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    told["area"] = {order: float(area.mean()) for order, area in areas.items()}
    told["area_difference"] = {
        "mean": float(difference.mean()),
        "interval": [float(low), float(high)],
        "seeds": len(pairs),
    }
    return told


def _purity(rounds: list[dict]) -> dict:
    """All rounds together, each over the photos that its readers had not learnt from."""
    told: dict = {"rounds": len(rounds), "withdrawn": sum(one["state"] == "withdrawn" for one in rounds)}
    for name, right, of in (
        ("photos", "right", "accepted"),
        ("slots", "slots_right", "slots"),
        ("legible accepted", "legible_accepted", "legible"),
    ):
        hit, count = sum(one[right] for one in rounds), sum(one[of] for one in rounds)
        each = [one[right] / one[of] for one in rounds if one[of]]
        told[name] = {"right" if right != "legible_accepted" else "accepted": hit, "of": count,
                      "share": hit / count if count else None, "least": min(each, default=None)}  # fmt: skip
    return told


def plot(rows: list[dict], width: int = 640, height: int = 360) -> str:
    """Exact match over labels, a thin line per seed and a thick one for their mean; the round is a ring."""
    left, bottom = 60, 40
    most = max([row["labels"] for row in rows], default=1) or 1
    reached = [row["exact"] for row in rows] or [0.0, 1.0]
    # Whole twentieths around what was reached: a curve over 20 points says nothing on an axis from 0 to 100.
    low, high = np.floor(20 * min(reached)) / 20, np.ceil(20 * max(reached) + 0.2) / 20

    def place(labels: float, exact: float) -> tuple[float, float]:
        x = left + (width - left - 20) * labels / most
        return round(x, 1), round(10 + (height - bottom - 20) * (high - exact) / (high - low), 1)

    parts = []
    for order in ORDERS:
        means: dict[str, list[dict]] = {}
        for seed in sorted({row["seed"] for row in rows if row["order"] == order}):
            arm = [row for row in rows if row["order"] == order and row["seed"] == seed]
            for row in arm:
                means.setdefault(row["stage"], []).append(row)
            line = " ".join(
                f"{x},{y}" for x, y in (place(r["labels"], r["exact"]) for r in arm if r["stage"] != "round")
            )
            parts.append(
                f'<polyline points="{line}" fill="none" stroke="{COLOURS[order]}" stroke-opacity=".35" />'
            )
        mean = [
            (stage, place(np.mean([r["labels"] for r in found]), np.mean([r["exact"] for r in found])))
            for stage, found in means.items()
        ]
        line = " ".join(f"{x},{y}" for stage, (x, y) in mean if stage != "round")
        dash = "" if order == "queue" else "7 4"
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="{COLOURS[order]}" stroke-width="3" '
            f'stroke-dasharray="{dash}" />'
        )
        parts += [
            f'<circle cx="{x}" cy="{y}" r="6" fill="none" stroke="{COLOURS[order]}" stroke-width="2" />'
            for stage, (x, y) in mean
            if stage == "round"
        ]
        row = 24 + 18 * ORDERS.index(order)
        parts.append(
            f'<text x="{width - 150}" y="{height - bottom - row}" fill="{COLOURS[order]}">'
            f"{order} order</text>"
        )
    floor = height - bottom
    levels = np.arange(round(20 * low), round(20 * high) + 1) / 20
    axes = "".join(
        f'<path d="M{left} {place(0, level)[1]}H{width - 20}" stroke="#dde2e4" />'
        f'<text x="{left - 8}" y="{place(0, level)[1] + 4}" text-anchor="end">{level:.0%}</text>'
        for level in levels
    )
    axes += "".join(
        f'<text x="{place(labels, low)[0]}" y="{floor + 18}" text-anchor="middle">{labels}</text>'
        for labels in sorted({row["labels"] for row in rows})
    )
    axes += (
        f'<path d="M{left} 10V{floor}H{width - 20}" fill="none" stroke="#7f8c93" />'
        f'<text x="{width - 20}" y="{floor + 34}" text-anchor="end">labels</text>'
        f'<text x="{left + 8}" y="22">exact match on dev, box given, CTC reader alone; '
        "ring: after the round</text>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="13" fill="#7f8c93"><rect width="{width}" height="{height}" fill="#fff" />'
        f"{axes}{''.join(parts)}</svg>\n"
    )
