"""Does the quality gate name what spoilt a reading? `python -m benchmarks.quality [--photos DIR]`.

A fixed grid: plates of the synthetic factory that the champion reads right, each spoilt in one way at two
severities. Where that flips the reading, the first problem that is told must be the right one, and the
characters it names those that were hurt. Training and fitting draw from other seeds.

Twice: with the whole picture, where another row or a clean piece of the line may be taken for the VIN, and
with the line given, which is what the gate alone can do. Where nothing is read the reading has flipped too.

With photos: how often a right reading is sent back for a retake (`val`, or `dev` with --dev), and how often
photos that people could not read for sure are held back.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.geometry import Quad
from core.images import read_file
from core.interval import wilson
from core.learn.crops import read_labels
from core.quality.enlarged import pixels_missing
from core.quality.inspect import inspect
from core.quality.kinds import KINDS
from core.quality.screen import screen
from core.reader import VinReader
from core.records import Line, Photo, Problem, Reading
from core.rectify import EmptyQuad, rectify
from core.synth.scenes import SceneConfig, SyntheticScene, synthetic_scene
from core.synth.steep import steep
from core.synth.troubles import trouble

SEED, PLATES = 20_261_126, 6
"""Of the grid. Training draws from seeds 1 and 7000001, fitting from 7000002."""
SEVERITIES = (0.75, 1.0)
TROUBLES: dict[str, str] = {
    "defocus": "defocus",
    "motion": "motion",
    "too-small": "small",
    "glare": "glare",
    "too-dark": "dark",
    "shadow": "dark",
    "too-bright": "bright",
    "low-contrast": "contrast",
    "dirt": "dirt",
    "occlusion": "dirt",
    "drops": "dirt",
    "scratches": "damaged",
    "missing-paint": "damaged",
    "cut-ends": "cut",
    "steep": "steep",
}
"""What the factory does -> the kind that the gate must tell."""


@dataclass(frozen=True, eq=False)
class Case:
    """One spoilt picture of the grid.

    Attributes:
        trouble: of ``TROUBLES``.
        severity: of it.
        plate: which one.
        hurt: the characters that were changed visibly.
        pixels: uint8 RGB.
        truth: the VIN.
        quad: its line.
    """

    trouble: str
    severity: float
    plate: int
    hurt: tuple[int, ...]
    pixels: np.ndarray
    truth: str
    quad: Quad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plates", type=int, default=PLATES, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=SEED, help="another grid, to develop on")
    parser.add_argument("--photos", type=Path, help="folder with train.csv and dev.csv; no grid then")
    parser.add_argument("--dev", action="store_true", help="dev instead of val: once per landing")
    parser.add_argument("--sheet", type=Path, help="draw what was named wrong, synthetic pictures only")
    options = parser.parse_args()
    reader = VinReader.load()
    if options.photos:
        photographs(reader, options.photos, options.dev)
        return
    cases = list(grid(reader, options.seed, options.plates))
    given = [(case, on_line(reader, case)) for case in cases]
    told = [(case, reader.read(case.pixels)) for case in cases]
    for name, pairs in (("the line given", given), ("the whole picture", told)):
        flipped = [(case, reading) for case, reading in pairs if reading.vin != case.truth]
        print(f"\n{name}: {len(pairs)} spoilt pictures, {len(flipped)} readings flipped")
        report(flipped)
    times(reader, told)
    if options.sheet:
        flipped = [(case, reading) for case, reading in given if reading.vin != case.truth]
        wrong = [pair for pair in flipped if first(pair[1])[0] != TROUBLES[pair[0].trouble]]
        cv2.imwrite(str(options.sheet), sheet(wrong))


def grid(reader: VinReader, seed: int, count: int) -> Iterator[Case]:
    """All cases, plate by plate; plates that are misread as they are do not count."""
    index = found = 0
    while found < count:
        scene = synthetic_scene(np.random.default_rng([seed, index]), SceneConfig(empty=0.0))
        index += 1
        if scene.vin is not None and reader.read(scene.pixels).vin == scene.text:
            found += 1
            yield from spoilt(scene, seed, index - 1)


def spoilt(scene: SyntheticScene, seed: int, index: int) -> Iterator[Case]:
    """One plate in all ways."""
    assert scene.vin is not None
    corners = scene.characters[scene.vin]
    for number, name in enumerate(TROUBLES):
        for severity in SEVERITIES:
            rng = np.random.default_rng([seed, index, number])
            if name == "steep":
                pixels, moved = steep(scene.pixels, corners, severity, rng)
                ends = np.stack([moved[0, 0], moved[-1, 1], moved[-1, 2], moved[0, 3]])
                quad, hurt = Quad(ends), tuple(range(17))
            else:
                pixels, hurt = trouble(name, scene.pixels, corners, severity, rng)
                quad = scene.quads[scene.vin]
            yield Case(name, severity, index, hurt, pixels, scene.text, quad)


def on_line(reader: VinReader, case: Case) -> Reading:
    """The case read on its own line, neither moved nor turned."""
    photo, line = Photo(case.pixels), Line((case.quad,), 1.0, "region")
    try:
        seen = reader.panel.read_exactly(photo, line)
    except EmptyQuad:
        return Reading(None, "no_vin", 0.0, "not_applicable")
    problems = pixels_missing(inspect(rectify(photo, line), seen, reader.gauge), photo)
    return Reading(seen.text, "review", 0.0, "not_applicable", seen, problems=problems)


def first(reading: Reading) -> tuple[str, set[int]]:
    """The worst problem's kind, and the characters it names; nothing where nothing is told."""
    if not reading.problems:
        return "nothing", set()
    worst: Problem = reading.problems[0]
    return worst.kind, set(worst.slots or range(17))


def report(flipped: list[tuple[Case, Reading]]) -> None:
    """A row per trouble: flipped, named right, F1 of the slots, statuses, what was told instead."""
    rows: dict[str, list[tuple[Case, Reading]]] = defaultdict(list)
    for case, reading in flipped:
        rows[case.trouble].append((case, reading))
    print(f"{'trouble':<15}{'flipped':>8}{'named':>7}{'F1':>7}  told")
    for name in TROUBLES:
        pairs = rows[name]
        counts = Counter(first(reading)[0] for _, reading in pairs)
        right = counts[TROUBLES[name]]
        print(f"{name:<15}{len(pairs):>8}{right:>7}{f1(pairs):>7.2f}  {dict(counts.most_common())}")
    right = sum(first(reading)[0] == TROUBLES[case.trouble] for case, reading in flipped)
    any_place = sum(TROUBLES[case.trouble] in {p.kind for p in reading.problems} for case, reading in flipped)
    low, high = wilson(right, len(flipped))
    print(f"named right {right}/{len(flipped)} = {right / len(flipped):.1%} ({low:.1%}-{high:.1%})")
    print(f"among all that is told: {any_place / len(flipped):.1%}")
    some = [pair for pair in flipped if len(pair[0].hurt) < 15]
    print(f"slots F1 {f1(flipped):.3f}; where under 15 are hurt {f1(some):.3f} (n = {len(some)})")
    print("statuses", dict(Counter(reading.status for _, reading in flipped)))


def f1(pairs: list[tuple[Case, Reading]]) -> float:
    """Over all characters of all cases."""
    both = told = true = 0
    for case, reading in pairs:
        named = first(reading)[1]
        both, told, true = both + len(named & set(case.hurt)), told + len(named), true + len(case.hurt)
    return 2 * both / max(told + true, 1)


def times(reader: VinReader, told: list[tuple[Case, Reading]]) -> None:
    """Milliseconds of the gate's two steps."""
    seen = [(Photo(case.pixels), reading.chosen) for case, reading in told if reading.chosen][:60]
    large = Photo(np.random.default_rng(1).integers(0, 255, (3000, 4000, 3), np.uint8))
    print(f"screen: {_median([lambda: screen(large)] * 20):.1f} ms of 4000 x 3000 pixels", end=", ")
    print(f"{_median([lambda p=p: screen(p) for p, _ in seen]):.1f} ms of 384 x 384")
    steps = [lambda p=p, c=c: inspect(rectify(p, c.line), c, reader.gauge) for p, c in seen]
    print(f"inspect: {_median(steps):.1f} ms")


def photographs(reader: VinReader, folder: Path, dev: bool) -> None:
    """What becomes of right readings, and of photos that people could not read for sure."""
    labels = read_labels(folder / ("dev.csv" if dev else "train.csv"))
    labels = [label for label in labels if label.read and (dev or label.use == "val")]
    pairs = [(label, reader.read(read_file(label.path))) for label in labels]
    groups = {
        "read right": [r for label, r in pairs if label.read == "twice" and r.vin == label.vin],
        "read wrong": [r for label, r in pairs if label.read == "twice" and r.vin != label.vin],
        "doubtful": [r for label, r in pairs if label.read == "doubtful"],
        "illegible": [r for label, r in pairs if label.read == "illegible"],
    }
    for name, readings in groups.items():
        statuses = Counter(reading.status for reading in readings)
        kinds = Counter(p.kind for reading in readings for p in reading.problems[:1])
        print(f"{name:<11} n {len(readings):>4}  {dict(statuses)}  first problem {dict(kinds)}")
    right, poor = groups["read right"], groups["doubtful"] + groups["illegible"]
    for name, hits, of in (
        ("retake of the right ones", sum(r.status == "retake" for r in right), len(right)),
        ("review or retake of the poor ones", sum(r.status in ("review", "retake") for r in poor), len(poor)),
        ("not accepted of the poor ones", sum(r.status != "accepted" for r in poor), len(poor)),
        ("accepted of the right ones", sum(r.status == "accepted" for r in right), len(right)),
    ):
        low, high = wilson(hits, of)
        print(f"{name:<34} {hits}/{of} = {hits / max(of, 1):.1%} ({low:.1%}-{high:.1%})")


def sheet(pairs: list[tuple[Case, Reading]]) -> np.ndarray:
    """What was named wrong, BGR: the line as it was chosen or the whole picture, and what was told."""
    tiles = []
    for case, reading in pairs:
        tile = np.zeros((96, 420, 3), np.uint8)
        seen = reading.chosen or (reading.others[0] if reading.others else None)
        if seen:
            tile[:72] = rectify(Photo(case.pixels), seen.line).render(420, 72, 0.25)[..., ::-1]
        text = f"{case.trouble} {case.severity:g}: {first(reading)[0]} {reading.status} #{case.plate}"
        cv2.putText(tile, text, (3, 90), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
        tiles.append(tile)
    tiles += [np.zeros((96, 420, 3), np.uint8)] * (-len(tiles) % 3)
    return np.vstack([np.hstack(tiles[k : k + 3]) for k in range(0, len(tiles), 3)])


def _median(steps: list) -> float:
    taken = []
    for step in steps:
        started = time.perf_counter()
        step()
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.median(taken)) if taken else float("nan")


assert set(TROUBLES.values()) == set(KINDS), json.dumps(sorted(set(KINDS) ^ set(TROUBLES.values())))

if __name__ == "__main__":
    main()
