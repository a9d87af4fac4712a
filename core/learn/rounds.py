"""The file of a labelling round, as training reads it (``core.learn.pseudo`` writes it)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from core.geometry import Quad


def load_round(path: Path) -> dict[str, tuple[str, Quad]]:
    """Photo name -> accepted text and line.

    Raises:
        ValueError: the file is not a round's.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["accepted"]
        return {entry["photo"]: (entry["text"], Quad(np.array(entry["quad"]))) for entry in entries}
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not the file of a labelling round ({error})") from error
