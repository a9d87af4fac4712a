"""What the tests of the learning loop share: a store full of drawn plates, labelled and approved."""

from __future__ import annotations

import uuid

import cv2
import numpy as np

from core.geometry import Quad
from core.images import encode_jpeg
from core.store.annotations import save
from core.store.connect import Store
from core.store.entries import Character, Content, Draft, corners_of
from core.store.people import add_person
from core.store.photos import Incoming, add_photo, photo
from core.store.review import approve
from core.store.snapshots import Snapshot, SnapshotConfig, freeze
from core.synth.vins import plausible_vin

PITCH, LEFT, TOP, HEIGHT = 16, 30, 84, 20


def drawn(vin: str, seed: int = 0) -> tuple[bytes, Quad]:
    """A plate whose characters stand at known places, as JPEG bytes, and its line.

    Of a size that the champion reads at first look, so that sixty of them take seconds.
    """
    rng = np.random.default_rng(seed)
    picture = np.full((180, 2 * LEFT + 17 * PITCH, 3), 80, np.uint8)
    # Shapes that tell one picture from another, so that no two plates count as one car.
    for top in (0, 136):
        for left in range(0, picture.shape[1], 42):
            cv2.rectangle(picture, (left, top), (left + 41, top + 43), (int(rng.integers(0, 255)),) * 3, -1)
    cv2.rectangle(picture, (10, 50), (picture.shape[1] - 10, 130), (240, 240, 240), -1)
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.6
    for place, character in enumerate(vin):
        (width, _), _ = cv2.getTextSize(character, font, size, 1)
        spot = (LEFT + place * PITCH + (PITCH - width) // 2, TOP + 16)
        cv2.putText(picture, character, spot, font, size, (25,) * 3, 1, cv2.LINE_AA)
    return encode_jpeg(picture), Quad.from_box((LEFT, TOP, 17 * PITCH, HEIGHT))


def approved_photo(store: Store, seed: int, side: str, kind: str = "label") -> int:
    """A photo that one person labelled and another approved."""
    ann = add_person(store, "Ann", ["labeller"]).id
    rev = add_person(store, "Rev", ["reviewer"]).id
    vin = plausible_vin(np.random.default_rng(seed))
    data, quad = drawn(vin, seed)
    key = add_photo(store, Incoming(data, f"{seed}.jpg", "drawn", side=side))
    characters = tuple(Character(c, 0, ((k + 0.1) / 17, 0.05, 0.8 / 17, 0.9)) for k, c in enumerate(vin))
    content = Content(vin, (corners_of(quad),), characters, kind)
    save(store, Draft(key, ann, 0, content))
    approve(store, key, rev, photo(store, key).version, uuid.uuid4().hex)
    return key


def filled(store: Store, train: int = 6, val: int = 2, gold: int = 0) -> Snapshot:
    """Approved photos on all sides, frozen."""
    seed = 1
    for side, count in (("train", train), ("val", val), ("gold", gold)):
        for _ in range(count):
            approved_photo(store, seed, side)
            seed += 1
    eve = add_person(store, "Eve", ["data scientist"]).id
    return freeze(store, eve, "drawn", SnapshotConfig(val=0, gold=0))
