"""The reader, loaded once, and what it read in this session, so that a click does not read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from core.images import decode
from core.reader import VinReader
from core.records import Reading
from core.registry import champion_folder
from core.several import CarReading
from pages.widgets import guided
from pages.widgets.sources import Source

MOST_READINGS = 2000
"""Readings remembered in one session; the oldest go first."""

MOST_MAPS = 16
"""Readings that keep their heat maps, about a megabyte each; others are read again when looked at."""


@dataclass(frozen=True)
class Read:
    """A photo and what was read on it."""

    source: Source
    reading: Reading


@dataclass(frozen=True)
class LoadedReader:
    """A reader and which networks it holds.

    Attributes:
        reader: ready to read.
        stamp: changes when the networks on disk do.
    """

    reader: VinReader
    stamp: tuple[str, ...]


def load_reader() -> LoadedReader:
    """The champion's reader; loaded again when another champion was promoted.

    Raises:
        ModelError: a network is missing or damaged.
    """
    folder = champion_folder().resolve()
    files = sorted([*folder.glob("*.json"), *folder.glob("*.onnx")])
    return _load(str(folder), tuple(f"{path.name} {path.stat().st_mtime_ns}" for path in files))


@st.cache_resource(show_spinner="Loading the networks", max_entries=2)
def _load(folder: str, stamp: tuple[str, ...]) -> LoadedReader:
    # From that folder: a promotion meanwhile must not mix two sets.
    return LoadedReader(VinReader.load(Path(folder)), (folder, *stamp))


class Readings:
    """The readings of this session, by the photo, its region and the networks that read it."""

    def __init__(self, loaded: LoadedReader) -> None:
        self._reader = loaded.reader
        stamp, known, without_maps = st.session_state.get("readings", (None, {}, set()))
        same = stamp == loaded.stamp
        self._known: dict[str, Reading] = known if same else {}
        self._without_maps: set[str] = without_maps if same else set()
        st.session_state["readings"] = (loaded.stamp, self._known, self._without_maps)

    def read(self, sources: Sequence[Source]) -> list[Read]:
        """Read what is new, with a progress bar, and return all in the order given."""
        new = list({source.key: source for source in sources if source.key not in self._known}.values())
        # Kept apart from the session's memory, which may be too short for all of them.
        fresh: dict[str, Reading] = {}
        if new:
            bar = st.progress(0.0, text=_progress(0, len(new)))
            for source in new:
                reading = guided.read(self._reader, source.data, source.region, source.pointed)
                fresh[source.key] = reading
                self._keep(source.key, reading)
                bar.progress(len(fresh) / len(new), text=_progress(len(fresh), len(new)))
            bar.empty()
        return [Read(source, self._known.get(source.key) or fresh[source.key]) for source in sources]

    def with_maps(self, read: Read) -> Read:
        """The same with its heat maps: read again if they were dropped to save memory."""
        source = read.source
        if source.key not in self._without_maps:
            return read
        reading = guided.read(self._reader, source.data, source.region, source.pointed)
        self._keep(source.key, reading)
        return Read(source, reading)

    def one_car(self, reads: Sequence[Read]) -> CarReading:
        """All photos read together; worked out once for the same photos."""
        keys = tuple(read.source.key for read in reads)
        kept = st.session_state.get("car")
        # The readings themselves are compared: other networks make others.
        if (
            kept is None
            or kept[0] != keys
            or any(a is not b.reading for a, b in zip(kept[1], reads, strict=True))
        ):
            readings = [read.reading for read in reads]
            kept = (keys, readings, self._reader.one_car(readings, lambda k: decode(reads[k].source.data)))
            st.session_state["car"] = kept
        car: CarReading = kept[2]
        return car

    def automatic(self, read: Read) -> Read:
        """What was read without a person pointing: the same, or the reading from before they did."""
        if not read.source.pointed:
            return read
        (found,) = self.read([replace(read.source, region=None, pointed=False)])
        return self.with_maps(found)

    def _keep(self, key: str, reading: Reading) -> None:
        self._known.pop(key, None)  # so that it becomes the newest
        self._known[key] = reading
        self._without_maps.discard(key)
        while len(self._known) > MOST_READINGS:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._without_maps.discard(oldest)
        mapped = [name for name, known in self._known.items() if known.maps is not None]
        for name in mapped[:-MOST_MAPS]:
            self._known[name] = replace(self._known[name], maps=None)
            self._without_maps.add(name)


def _progress(done: int, total: int) -> str:
    return f"Read {done} of {total} photo{'' if total == 1 else 's'}"
