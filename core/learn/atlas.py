"""The error atlas: a page with every photo that was read wrong, so that one can see why.

The page holds pictures of the photos themselves: keep it where the photos are kept.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np

from core.geometry import Quad
from core.images import encode_jpeg
from core.learn.crops import LabelledPhoto, read_pixels
from core.learn.evaluate import Pair
from core.records import Candidate, Line, Photo, Reading
from core.rectify import EmptyQuad, rectify

SIDE = 360
"""Longest side of a photo on the page, pixels."""
STRIP = (900, 64)
"""Width and height of a strip on the page, pixels."""
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 82rem; padding: 0 1rem;
  color: #1a1f24; background: #fff; }
article { display: flex; gap: 1rem; padding: 1rem 0; border-top: 1px solid #ccd4da; }
article > img { max-width: 22.5rem; height: auto; align-self: flex-start; }
.told { flex: 1; min-width: 0; } img { border-radius: .3rem; }
.strip { width: 100%; height: auto; display: block; margin: .3rem 0; }
pre { font: 1.15rem/1.35 ui-monospace, monospace; margin: .3rem 0; overflow-x: auto; }
mark { background: #ffd7b5; color: #8a3000; } table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
td, th { padding: .15rem .6rem; border: 1px solid #ccd4da; text-align: left; } small { color: #5a6670; }
@media (max-width: 50rem) { article { flex-direction: column; } }
"""


def write_atlas(folder: Path, pairs: Sequence[Pair], title: str) -> Path:
    """Write ``index.html``: counts, confusions, and every wrong photo, the most confident mistake first.

    Args:
        folder: made if need be.
        pairs: all labels and readings of an evaluation; only those read ``twice`` are judged.
        title: what was evaluated.

    Returns:
        The page's path.
    """
    judged = [(label, reading) for label, reading in pairs if label.read == "twice"]
    wrong = [(label, reading) for label, reading in judged if reading.vin != label.vin]
    wrong.sort(key=lambda pair: -pair[1].confidence)
    page = [
        f"<!doctype html><meta charset='utf-8'><title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1><p>{len(wrong)} of {len(judged)} photos read wrong.</p>",
        _table("Confused characters", ("true", "read", "times"), confusions(wrong)),
        _table("Tags of the wrong photos", ("tag", "wrong", "of"), _tags(judged, wrong)),
        *(_article(label, reading) for label, reading in wrong),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.html"
    path.write_text("\n".join(page), encoding="utf-8")
    return path


def confusions(pairs: Sequence[Pair]) -> list[tuple[str, str, int]]:
    """True character, read character, how often; slot by slot, most frequent first."""
    counts = Counter(
        (truth, read)
        for label, reading in pairs
        if reading.vin and len(label.vin) == len(reading.vin)
        for truth, read in zip(label.vin, reading.vin, strict=True)
        if truth not in ("?", read)
    )
    return [(truth, read, count) for (truth, read), count in counts.most_common()]


def _article(label: LabelledPhoto, reading: Reading) -> str:
    photo = Photo(read_pixels(label.path))
    told = [
        f"<h3>{escape(label.path.name)} <small>{escape(', '.join(sorted(label.tags)))}</small></h3>",
        f"<p>{escape(reading.status)}, {100 * reading.confidence:.1f} % sure, check digit "
        f"{escape(reading.check_digit.replace('_', ' '))}. {escape(reading.error or '')}</p>",
    ]
    told += [_strip(photo, candidate) for candidate in ([reading.chosen] if reading.chosen else [])]
    lines = [f"true   {escape(label.vin)}", f"read   {_marked(label.vin, reading.vin)}"]
    if reading.chosen:
        lines += [f"{name:<6} {_marked(label.vin, own)}" for name, own in _opinions(reading.chosen).items()]
        weak = [
            f"{place + 1}: {slot.character} {slot.confidence:.2f}, or "
            + " ".join(f"{c} {p:.2f}" for c, p in slot.alternatives[:2])
            for place, slot in enumerate(reading.chosen.slots)
            if slot.confidence < 0.9
        ]
        lines += [f"<small>{escape(line)}</small>" for line in weak]
    told.append("<pre>" + "\n".join(lines) + "</pre>")
    told.append(f"<small>problems: {escape(', '.join(p.kind for p in reading.problems) or 'none')}</small>")
    return f"<article>{_picture(photo, label, reading)}<div class='told'>{''.join(told)}</div></article>"


def _opinions(candidate: Candidate) -> dict[str, str]:
    names = list(candidate.slots[0].opinions) if candidate.slots else []
    return {name: "".join(slot.opinions.get(name, "?") for slot in candidate.slots) for name in names}


def _marked(truth: str, text: str | None) -> str:
    if not text:
        return "nothing"
    if len(text) != len(truth):
        return escape(text)
    return "".join(
        escape(b) if a == b else f"<mark>{escape(b)}</mark>" for a, b in zip(truth, text, strict=True)
    )


def _picture(photo: Photo, label: LabelledPhoto, reading: Reading) -> str:
    scale = min(SIDE / max(photo.size), 2.0)
    width, height = (max(1, round(side * scale)) for side in photo.size)
    picture = cv2.resize(photo.pixels, (width, height), interpolation=cv2.INTER_AREA)
    if label.box:
        _draw(picture, Quad.from_box(label.box).scaled(scale), (60, 200, 90))
    for quad in reading.chosen.line.parts if reading.chosen else ():
        _draw(picture, quad.scaled(scale), (0, 190, 255))
    return _image(picture, "")


def _draw(picture: np.ndarray, quad: Quad, colour: tuple[int, int, int]) -> None:
    cv2.polylines(picture, [np.round(quad.corners).astype(np.int32)], True, colour, 1, cv2.LINE_AA)


def _strip(photo: Photo, candidate: Candidate) -> str:
    try:
        return _image(rectify(photo, Line(candidate.line.parts, 1.0)).render(*STRIP, 0.25), "strip")
    except EmptyQuad as error:
        return f"<p>{escape(str(error))}</p>"


def _image(picture: np.ndarray, kind: str) -> str:
    data = base64.b64encode(encode_jpeg(picture, 85)).decode("ascii")
    return f'<img class="{kind}" alt="" src="data:image/jpeg;base64,{data}">'


def _tags(judged: Sequence[Pair], wrong: Sequence[Pair]) -> list[tuple[str, int, int]]:
    every = Counter(tag for label, _ in judged for tag in label.tags)
    missed = Counter(tag for label, _ in wrong for tag in label.tags)
    return [(tag, missed[tag], count) for tag, count in every.most_common() if missed[tag]]


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    cells = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows[:40]
    )
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<h2>{escape(title)}</h2><table><tr>{names}</tr>{cells}</table>"
