"""The models' registry: cards, hashes, and networks that are loaded only when both agree.

Each network is three files in ``models/champion/``: ``<network>.onnx`` (serving), ``<network>.safetensors``
(training, EMA) and ``<network>.json`` (card).
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path

import numpy as np
import onnxruntime

from core.disk import written_whole

CHAMPION = Path(__file__).resolve().parent.parent / "models" / "champion"
"""Where the networks that serve lie; ``VIN_DESK_MODELS`` points elsewhere."""

RELEASES = "releases"
"""Folder of the promoted sets, see :mod:`core.champions`."""
CURRENT = "current"
"""File that names the release that serves."""
SHIPPED = "shipped"
"""The networks beside that file."""


class ModelError(RuntimeError):
    """A network is missing or is not what its card says."""


@dataclass(frozen=True)
class Card:
    """What a network is and how it came about.

    Attributes:
        name: ``craft``, ``ctc`` or ``yolo``.
        sha256: hex digest per file name.
        sizes: bytes per file name.
        input_size: ``(height, width)`` of the network's input in pixels, 0 where it is free.
        parameters: number of weights.
        date: day of export, ISO 8601.
        command: what repeats the run.
        seed: of the run.
        data: what it was trained on, in words and counts.
        metrics: name -> figure, on ``val`` unless the name says otherwise.
        settings: thresholds that serving needs.
        origin: of a warm start, with its licence; empty where trained from nothing.
    """

    name: str
    sha256: dict[str, str]
    sizes: dict[str, int]
    input_size: tuple[int, int]
    parameters: int
    date: str
    command: str
    seed: int
    data: str
    metrics: dict[str, float] = field(default_factory=dict)
    settings: dict[str, float] = field(default_factory=dict)
    origin: str = ""

    @property
    def fingerprint(self) -> str:
        """First eight digits of the serving file's sha256."""
        return (self.sha256.get(f"{self.name}.onnx") or self.sha256[f"{self.name}.txt"])[:8]


@dataclass(frozen=True, eq=False)
class Network:
    """A network ready to run.

    Attributes:
        card: where it comes from.
        session: ONNX Runtime session with one input.
    """

    card: Card
    session: onnxruntime.InferenceSession

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """All outputs for one float32 batch."""
        return self.session.run(None, {self.input: batch})

    @cached_property
    def input(self) -> str:
        """Name of the one input."""
        return self.session.get_inputs()[0].name


def home_of_champions() -> Path:
    """``models/champion``, or where ``VIN_DESK_MODELS`` points: the shipped networks, and the releases."""
    return Path(os.environ.get("VIN_DESK_MODELS", CHAMPION))


def champion_folder() -> Path:
    """The folder of the networks that serve: a release's where one was promoted, else the shipped ones'.

    Raises:
        ModelError: the release that shall serve is not there.
    """
    name = current_release()
    if name == SHIPPED:
        return home_of_champions()
    folder = home_of_champions() / RELEASES / name
    if not folder.is_dir():
        raise ModelError(f"the release {name[:80]} is not there; `python -m core models rollback` goes back")
    return folder


def current_release() -> str:
    """Name of the release that serves, ``shipped`` where none was promoted."""
    try:
        name = (home_of_champions() / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return SHIPPED
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{home_of_champions() / CURRENT} cannot be read ({error}); delete it") from error
    # A name, never a path: whoever can write the file could otherwise point anywhere.
    if not name or name != Path(name).name or name.startswith("."):
        raise ModelError(f"{home_of_champions() / CURRENT} names no release; delete it")
    return name


def load(name: str, folder: Path | None = None) -> Network:
    """Load a champion network.

    Args:
        name: ``craft``, ``ctc`` or ``yolo``.
        folder: default :func:`champion_folder`.

    Raises:
        ModelError: card or file is missing, damaged, or of another hash than the card's.
    """
    folder = (folder or champion_folder()).resolve()
    # Weights or settings written anew are another network, also for a program that runs on.
    paths = [folder / f"{name}.onnx", folder / f"{name}.json"]
    stamp = tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
    return _load(name, folder, stamp)


def load_or_shipped(name: str, folder: Path | None = None) -> Network:
    """Load a champion that a set need not hold: the shipped one serves beside a set without one.

    Args:
        name: ``quality``, ``overview`` or ``glyphs``.
        folder: default :func:`champion_folder`.

    Raises:
        ModelError: it is missing or damaged.
    """
    folder = folder or champion_folder()
    return load(name, folder if (folder / f"{name}.json").exists() else CHAMPION)


def load_text(name: str, folder: Path | None = None) -> str:
    """A champion that is a text and no network, such as the counts of a prior: ``<name>.txt``.

    Raises:
        ModelError: card or file is missing, damaged, or of another hash than the card's.
    """
    folder = (folder or champion_folder()).resolve()
    return checked_bytes(folder / f"{name}.txt", load_card(name, folder)).decode("utf-8")


def load_card(name: str, folder: Path | None = None) -> Card:
    """Read a card.

    Raises:
        ModelError: it is missing or not a card.
    """
    path = (folder or champion_folder()) / f"{name}.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return Card(**{**entries, "input_size": tuple(entries["input_size"])})
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing; {_way_back(path)}") from error
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError, KeyError) as error:
        raise ModelError(f"{path} is not a model card ({error}); {_way_back(path)}") from error


def session(model: bytes | Path) -> onnxruntime.InferenceSession:
    """A network on the threads that all networks of this process share: no other kind works beside them.

    Raises:
        Exception: ONNX Runtime's own, where it is no network that can be run.
    """
    _share_threads()
    options = onnxruntime.SessionOptions()
    options.use_per_session_threads = False
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def write_card(card: Card, folder: Path) -> None:
    """Write ``<name>.json`` beside the files it describes."""
    text = json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n"
    # Whole or not at all: without its card a network serves nobody.
    written_whole(folder / f"{card.name}.json", text.encode(), 0o644)


def checked_bytes(path: Path, card: Card) -> bytes:
    """A file's bytes, after its hash was compared with the card's.

    Raises:
        ModelError: the file is missing, damaged or not named by the card.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); {_way_back(path)}") from error
    expected, found = card.sha256.get(path.name), hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ModelError(
            f"{path} is damaged or exchanged: sha256 {found[:16]}... where the card says "
            f"{(expected or 'nothing')[:16]}...; {_way_back(path)}"
        )
    return data


@lru_cache(maxsize=8)
def _load(name: str, folder: Path, _stamp: tuple[int, ...]) -> Network:
    card = load_card(name, folder)
    data = checked_bytes(folder / f"{name}.onnx", card)
    try:
        return Network(card, session(data))
    except ModelError:
        raise
    except Exception as error:  # ONNX Runtime raises several types of its own
        raise ModelError(f"{folder / name}.onnx cannot be run ({error}); {_way_back(folder)}") from error


@cache
def _share_threads() -> None:
    """One pool of threads for all networks of this process, as large as ``VIN_DESK_THREADS`` says.

    Networks take turns on the same cores. With a pool each, threads that wait awake after their work slow the
    next network down; threads that sleep have to be woken for every layer, which costs a quarter of the time
    of a photo that comes alone.
    """
    told = os.environ.get("VIN_DESK_THREADS", "").strip() or "0"
    if not told.isdecimal():
        raise ModelError(f"VIN_DESK_THREADS is {told[:20]!r}; give a whole number from 1 up, or unset it")
    count = int(told) or min(4, os.cpu_count() or 1)
    try:
        onnxruntime.set_global_thread_pool_sizes(count, 1)
    except onnxruntime.capi.onnxruntime_pybind11_state.Fail:
        return  # there is one already: this module was imported anew


def _way_back(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    if folder.parent.name == RELEASES:
        return "go back with `python -m core models rollback`, or train it again"
    if folder.resolve() == CHAMPION.resolve():
        return "get it back with `git checkout -- models/champion`, or train it again"
    return "point VIN_DESK_MODELS at a folder with all networks, or unset it to use models/champion"
