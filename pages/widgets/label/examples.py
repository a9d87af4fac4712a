"""The same character on other photos of that maker, to hold a doubtful one against.

The cut-outs are made from the photos when they are wanted and kept in memory only; the store holds no strips.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import Any

from core.images import ImageError, decode, encode_jpeg
from core.records import Strip
from core.store import Store, StoreError
from core.store.examples import Confirmed, confirmed_of_maker
from core.store.files import read_photo
from core.vin import ALPHABET, LENGTH
from pages.widgets.label.held import Held

EACH = 3
"""Examples of a character; each from another photo."""

MOST_CHARACTERS = 10
"""Characters of one photo for which examples are shown, the most doubtful slots first."""

DOUBTFUL = 0.9
"""A slot that is read less surely than this wants examples; as in ``model.js``."""

LEAST = 0.01
"""Probability from which on an alternative wants examples too."""

AT_ONCE = 6
"""Photos that are decoded in one go; the rest come with the next call, so that nobody waits for many."""

FRESH = 60.0
"""Seconds for which it is remembered which photos of a maker are confirmed."""

MOST_PHOTOS = 300
"""Photos whose cut-outs are kept, about 15 kB each."""

HEIGHT = 56
"""Rows of a cut-out."""

AIR = 0.12
"""Shown around a character, as a share of the line's height."""


@dataclass(frozen=True)
class Example:
    """One character on another photo.

    Attributes:
        key: of the cut-out, for ``editor.js``.
        source: ``data:`` address of a JPEG.
        photo: id of the photo that it is from.
        approved: whether a reviewer has confirmed it.
    """

    key: str
    source: str
    photo: int
    approved: bool


class Shelf:
    """Cut-outs by maker, made when they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._makers: dict[str, tuple[float, list[Confirmed]]] = {}
        self._cut: dict[int, list[Example]] = {}

    def beside(self, held: Held) -> dict[str, list[Example]]:
        """Examples for the characters that a photo's doubtful slots may hold.

        Args:
            held: the photo; a blind one gets none.

        Returns:
            Character -> up to ``EACH`` examples, those of the same kind of plate first.
        """
        wmi = held.work.text[:3]
        wanted = [] if held.task.blind else wanted_characters(held.opinions)
        if not wanted or len(wmi) < 3 or not set(wmi) <= set(ALPHABET):
            return {}
        confirmed = [one for one in self._confirmed(wmi) if one.photo != held.photo]
        confirmed.sort(key=lambda one: one.content.kind != held.kind)
        found: dict[str, list[Example]] = {character: [] for character in wanted}
        fresh = 0
        for one in confirmed:
            lacking = [c for c in wanted if c in one.content.text and len(found[c]) < EACH]
            if not lacking:
                continue
            fresh += one.version not in self._cut
            if fresh > AT_ONCE:
                break
            cut = self._cut_outs(one)
            for character in lacking if cut else ():
                found[character].append(cut[one.content.text.index(character)])
        return {character: examples for character, examples in found.items() if examples}

    def _confirmed(self, wmi: str) -> list[Confirmed]:
        now = time.monotonic()
        at, known = self._makers.get(wmi, (-FRESH, []))
        if now - at >= FRESH:
            known = confirmed_of_maker(self._store, wmi)
            self._makers[wmi] = now, known
        return known

    def _cut_outs(self, one: Confirmed) -> list[Example]:
        """All characters of a photo, in order; none where it cannot be shown any more."""
        if one.version not in self._cut:
            try:
                self._cut[one.version] = _cut(self._store, one)
            except (StoreError, ImageError):
                self._cut[one.version] = []
            while len(self._cut) > MOST_PHOTOS:
                del self._cut[next(iter(self._cut))]
        return self._cut[one.version]


def wanted_characters(characters: list[dict[str, Any]]) -> list[str]:
    """What the doubtful slots of a reading may be, the most doubtful first.

    Args:
        characters: of ``Reading.to_json``.
    """
    doubtful = [
        entry
        for entry in characters
        if entry["confidence"] < DOUBTFUL or len(set(entry.get("opinions", {}).values())) > 1
    ]
    wanted: dict[str, None] = {}
    for entry in sorted(doubtful, key=lambda entry: entry["confidence"]):
        likely = [other for other, share in entry["alternatives"] if share >= LEAST]
        wanted |= dict.fromkeys([entry["character"], *entry.get("opinions", {}).values(), *likely[:2]])
    return [character for character in wanted if character in ALPHABET][:MOST_CHARACTERS]


def _cut(store: Store, one: Confirmed) -> list[Example]:
    photo = decode(read_photo(store, one.sha256))
    lines = one.content.lines()
    examples = []
    for slot, character in enumerate(one.content.characters[:LENGTH]):
        quad = lines[character.part]
        left, _, width, _ = character.box
        air = AIR * quad.height / quad.length
        glyph = quad.part(left - air, left + width + air, -AIR, 1 + AIR)
        columns = round(min(max(HEIGHT * glyph.length / max(glyph.height, 1e-6), 16), 1.5 * HEIGHT))
        pixels = Strip(photo, (glyph,)).render(columns, HEIGHT)
        source = "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(pixels, 80)).decode("ascii")
        examples.append(Example(f"g{one.version}.{slot}", source, one.photo, one.approved))
    return examples
