"""Which detector finds the line: ``--detector`` of ``read`` and ``evaluate``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from core.cli.console import Refusal, note
from core.cli.photos import load_reader

if TYPE_CHECKING:
    from core.detect.detector import Detector
    from core.reader import VinReader

CHAMPION, ORIGINAL = "craft", "craft-original"
DETECTORS = (CHAMPION, ORIGINAL)


def add_detector(verb: argparse.ArgumentParser, several: bool = False) -> None:
    """Describe the option; ``several``: it may be given more than once."""
    verb.add_argument(
        "--detector",
        choices=DETECTORS,
        action="append" if several else "store",
        help="craft (default), or craft-original, the authors' network (docs/detectors.md)"
        + ("; give it twice to measure both on the same photos" if several else ""),
    )


def reader_with(name: str | None) -> VinReader:
    """The champions, with this detector in place of theirs; one that cannot be had is a :class:`Refusal`."""
    reader = load_reader()
    return replace(reader, detector=_original()) if name == ORIGINAL else reader


def _original() -> Detector:
    from core.detect.original import OriginalCraft, cache_folder, cached

    network = cached()
    if network is None:
        # Only here torch is needed.
        from core.learn.craft.original import OriginalError, checkpoint, convert

        try:
            path = checkpoint()
            note(f"converting {path.name} for ONNX Runtime; it is kept in {cache_folder()}")
            convert(path, cache_folder())
        except (OriginalError, OSError) as error:
            raise Refusal(str(error)) from error
        network = cached()
    if network is None:
        raise Refusal(f"the converted network in {cache_folder()} cannot be loaded; delete that folder")
    return OriginalCraft(network)
