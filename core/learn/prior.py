"""Learn the prior of whole readings and write it as a champion."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path

from core.recognize.prior import learn_prior
from core.registry import Card, write_card


def export_prior(texts: Sequence[str], folder: Path, command: str, data: str) -> Card:
    """Write ``prior.txt`` and its card.

    Args:
        texts: transcribed VINs of training photos, ``?`` where a character is not known.
        folder: e.g. ``models/champion``.
        command: what repeats it.
        data: what it was learnt from, in words.
    """
    written = learn_prior(texts).to_json().encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prior.txt").write_bytes(written)
    card = Card(
        name="prior",
        sha256={"prior.txt": hashlib.sha256(written).hexdigest()},
        sizes={"prior.txt": len(written)},
        input_size=(0, 0),
        parameters=0,
        date=datetime.date.today().isoformat(),
        command=command,
        seed=0,
        data=data,
    )
    write_card(card, folder)
    return card
