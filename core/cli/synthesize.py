"""``synthesize``: strips or scenes with invented VINs, as files with labels and a contact sheet.

Item i depends on the seed and on i alone, so a broken-off run goes on where it stopped and a longer one
begins with the same items; the fonts of the machine are the one thing besides.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.console import Refusal, Verbs, bounded, printable, progress, say

if TYPE_CHECKING:
    import numpy as np

Row = dict[str, str]

_BOX = ("left", "top", "width", "height")
COLUMNS = {
    "strips": ("photo", "vin", "extents"),
    "scenes": ("photo", *_BOX, "vin", "read", "quads", "vin_quad"),
}
"""Of labels.csv; scenes have those of the real photos' files, so that ``evaluate`` takes them."""

LABELS, RECIPE, SHEET = "labels.csv", "recipe.json", "sheet.png"


def add(verbs: Verbs) -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "synthesize",
        help="make synthetic strips or scenes with labels",
        description="Make pictures of invented VINs: straightened strips, or whole photos with --scenes. The "
        "same seed gives the same bytes on the same fonts; what is there already is not made again.",
    )
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="for pictures and labels.csv")
    verb.add_argument("--count", type=bounded(int, 1, 1_000_000), required=True, metavar="N", help="how many")
    verb.add_argument("--seed", type=bounded(int, 0), default=1, metavar="S", help="default %(default)s")
    verb.add_argument("--scenes", action="store_true", help="whole photos (JPEG) instead of strips (PNG)")
    verb.set_defaults(execute=run)


def run(options: argparse.Namespace) -> int:
    """Make what is missing, then the sorted labels and the sheet."""
    from core.synth.glyphs import NoFonts

    kind = "scenes" if options.scenes else "strips"
    _claim(options.out, {"kind": kind, "seed": options.seed})
    rows = _rows(options.out / LABELS, COLUMNS[kind])
    _write_rows(options.out / LABELS, COLUMNS[kind], rows.values())
    made = 0
    try:
        with (options.out / LABELS).open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS[kind], lineterminator="\n")
            for index in progress(range(options.count), kind):
                name = f"{index:06d}.{'jpg' if options.scenes else 'png'}"
                if name in rows and (options.out / name).is_file():
                    continue
                data, row = (_scene if options.scenes else _strip)(options.seed, index)
                _write(options.out / name, data)
                rows[name] = {"photo": name, **row}
                writer.writerow(rows[name])
                file.flush()
                made += 1
    except NoFonts as error:
        raise Refusal(str(error)) from error
    ordered = [rows[name] for name in sorted(rows) if (options.out / name).is_file()]
    _write_rows(options.out / LABELS, COLUMNS[kind], ordered)
    from core.cli.sheet import contact_sheet
    from core.images import encode_png

    _write(options.out / SHEET, encode_png(contact_sheet(options.out, ordered)))
    say(f"{made} {kind} made, {options.count - made} were there; see {printable(str(options.out / SHEET))}")
    return 0


def _strip(seed: int, index: int) -> tuple[bytes, Row]:
    from core.images import encode_png
    from core.synth.strips import StripConfig, synthetic_strip

    strip = synthetic_strip(_rng(seed, index), StripConfig())
    extents = [[round(float(end), 4) for end in extent] for extent in strip.extents]
    return encode_png(strip.pixels), {"vin": strip.text, "extents": json.dumps(extents)}


def _scene(seed: int, index: int) -> tuple[bytes, Row]:
    import numpy as np

    from core.images import encode_jpeg
    from core.synth.scenes import SceneConfig, synthetic_scene

    scene = synthetic_scene(_rng(seed, index), SceneConfig())
    quads = [np.round(quad.corners.astype(float), 1).tolist() for quad in scene.quads]
    row = {"vin": scene.text, "read": "", "quads": json.dumps(quads), "vin_quad": ""}
    row |= dict.fromkeys(_BOX, "")
    if scene.vin is not None:
        box = scene.quads[scene.vin].bounds()
        row |= {"read": "twice", "vin_quad": str(scene.vin)}
        row |= {name: f"{value:.1f}" for name, value in zip(_BOX, box, strict=True)}
    return encode_jpeg(scene.pixels), row


def _rng(seed: int, index: int) -> np.random.Generator:
    import numpy as np

    return np.random.default_rng([seed, index])


def _claim(folder: Path, recipe: dict[str, str | int]) -> None:
    """Make the folder, or see that it holds the same kind and seed: two series must not mix."""
    path = folder / RECIPE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    except (OSError, ValueError) as error:
        raise Refusal(f"{folder} cannot be used ({error}); name another folder with --out") from error
    if there is None:
        if any(path.suffix != ".partial" for path in folder.iterdir()):
            raise Refusal(f"{folder} holds other files; name a new folder with --out")
        _write(path, (json.dumps(recipe) + "\n").encode())
    elif there != recipe:
        raise Refusal(f"{folder} was made with {there}, not with {recipe}; name another folder with --out")


def _rows(path: Path, columns: tuple[str, ...]) -> dict[str, Row]:
    """Photo name -> row, without a last one that was cut off."""
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    rows = csv.DictReader(text[: text.rfind("\n") + 1].splitlines())
    return {row["photo"]: row for row in rows if row.keys() == set(columns) and None not in row.values()}


def _write_rows(path: Path, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(partial, path)


def _write(path: Path, data: bytes) -> None:
    # Whole or not at all: a half file would count as made.
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    os.replace(partial, path)
