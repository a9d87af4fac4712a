"""What core.images promises: upright RGB out of any photo, one clear error out of anything else."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from core import images
from core.images import ImageError, decode

pillow_heif.register_heif_opener()

# pytest resets the filters that core.images sets: Pillow remarks on every odd tag of a damaged TIFF.
pytestmark = pytest.mark.filterwarnings(
    "ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning"
)

ROOT = Path(__file__).resolve().parents[1]
LOSSLESS = ("PNG", "BMP", "TIFF")


@pytest.mark.parametrize("kind", images.FORMATS)
def test_every_format_is_read(kind: str) -> None:
    picture = scene()
    data = saved(Image.fromarray(picture), kind)
    photo = decode(data)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.c_contiguous
    assert photo.scale == 1.0
    assert photo.size == (120, 80)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    assert alike(photo.pixels, picture, 0 if kind in LOSSLESS else 8)


class TestColour:
    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
    def test_png_modes_become_rgb(self, mode: str) -> None:
        picture = Image.fromarray(scene())
        grey = np.repeat(np.asarray(picture.convert("L"))[:, :, None], 3, axis=2)
        if mode == "I;16":
            image = Image.fromarray(grey[:, :, 0].astype(np.uint16) * 257)
        else:
            image = picture.convert(mode)
        pixels = decode(saved(image, "PNG")).pixels
        assert pixels.shape == (80, 120, 3)
        expected = {"P": image.convert("RGB"), "RGB": picture, "RGBA": picture, "1": image.convert("RGB")}
        assert alike(pixels, np.asarray(expected[mode]) if mode in expected else grey, 0)

    @pytest.mark.parametrize(
        ("factor", "dtype"), [(1 / 255, "float32"), (1, "float32"), (257, "float32"), (257, "int32")]
    )
    def test_deep_greyscale_tiffs_keep_their_tones(self, factor: float, dtype: str) -> None:
        grey = np.asarray(Image.fromarray(scene()).convert("L"))
        image = Image.fromarray((grey * np.float64(factor)).astype(dtype))
        assert alike(decode(saved(image, "TIFF")).pixels[:, :, 0], grey, 1)

    def test_values_that_are_no_numbers_do_not_matter(self) -> None:
        values = np.linspace(-1e38, 1e38, 6400, dtype=np.float32).reshape(80, 80)
        values[3, 3], values[4, 4] = np.nan, np.inf
        pixels = decode(saved(Image.fromarray(values), "TIFF")).pixels
        assert pixels.min() < 5
        assert pixels.max() > 250

    @pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
    def test_cmyk_is_not_inverted(self, kind: str) -> None:
        picture = scene()
        pixels = decode(saved(Image.fromarray(picture).convert("CMYK"), kind)).pixels
        assert alike(pixels, picture, 8)

    def test_lab_is_converted(self) -> None:
        lab = np.zeros((32, 48, 3), np.uint8)  # L of 0..255, a and b as signed bytes
        lab[:, 16:, 0] = 255
        lab[:, 32:] = (136, 80, 67)
        pixels = decode(saved(Image.fromarray(lab, "LAB"), "TIFF")).pixels
        assert alike(pixels[0, 0], [0, 0, 0], 2)
        assert alike(pixels[0, 20], [255, 255, 255], 2)
        assert alike(pixels[0, 40], [255, 0, 0], 12)

    def test_ycbcr_tiff(self) -> None:
        picture = scene()
        image = Image.fromarray(picture).convert("YCbCr")
        assert alike(decode(saved(image, "TIFF")).pixels, picture, 4)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
    def test_what_is_transparent_becomes_white(self, kind: str) -> None:
        rgba = np.zeros((32, 32, 4), np.uint8)
        rgba[:, 16:, 3] = 255
        pixels = decode(saved(Image.fromarray(rgba), kind, lossless=True)).pixels
        assert (pixels[:, :16] == 255).all()
        assert (pixels[:, 16:] == 0).all()

    def test_a_transparent_palette_colour_becomes_white(self) -> None:
        image = Image.new("P", (32, 32))
        image.putpalette([0, 0, 0, 200, 0, 0])
        image.paste(1, (16, 0, 32, 32))
        pixels = decode(saved(image, "PNG", transparency=0)).pixels
        assert pixels[0, 0].tolist() == [255, 255, 255]
        assert pixels[0, 31].tolist() == [200, 0, 0]


class TestOrientationAndMetadata:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
    def test_every_orientation_comes_out_upright(self, kind: str, orientation: int) -> None:
        upright = scene()
        turned = Image.fromarray(laid_down(upright, orientation))
        photo = decode(saved(turned, kind, exif=exif(orientation)))
        assert photo.size == (120, 80)
        assert alike(photo.pixels, upright, 10)

    def test_turned_and_shrunk_at_once(self) -> None:
        upright = np.asarray(Image.fromarray(scene()).resize((1200, 800)))
        photo = decode(saved(Image.fromarray(laid_down(upright, 6)), "JPEG", exif=exif(6)), working_side=300)
        assert photo.pixels.shape == (200, 300, 3)
        assert photo.scale == 0.25
        assert photo.size == (1200, 800)

    @pytest.mark.parametrize("bad", [0, 9, 77])
    def test_a_senseless_orientation_is_ignored(self, bad: int) -> None:
        assert decode(saved(Image.fromarray(scene()), "JPEG", exif=exif(bad))).size == (120, 80)

    def test_broken_exif_does_not_spoil_the_picture(self) -> None:
        broken = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03\xff\xff\xff\xff" * 3
        assert decode(saved(Image.fromarray(scene()), "JPEG", exif=broken)).size == (120, 80)

    def test_the_place_is_gone_from_what_is_written_again(self) -> None:
        data = saved(Image.fromarray(scene()), "JPEG", exif=exif(1))
        assert Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)
        photo = decode(data)
        for again in (images.encode_jpeg(photo.pixels), images.encode_png(photo.pixels)):
            reopened = Image.open(io.BytesIO(again))
            assert not reopened.getexif()
            assert not {"exif", "icc_profile", "comment", "xmp"} & set(reopened.info)
            assert alike(decode(again).pixels, photo.pixels, 8)


class TestSize:
    def test_nothing_is_lost_up_to_the_working_side(self) -> None:
        assert decode(images.encode_jpeg(np.zeros((300, 400, 3), np.uint8)), 400).scale == 1.0

    @pytest.mark.parametrize("kind", images.FORMATS)
    @pytest.mark.parametrize("side", [700, 1001, 2600])
    def test_giants_are_shrunk_to_about_the_working_side(self, kind: str, side: int) -> None:
        if kind == "HEIF" and side > 1001:
            pytest.skip("encoding it takes seconds")
        picture = Image.fromarray(scene()).resize((side // 2, side))
        photo = decode(saved(picture, kind), working_side=320)
        assert 300 <= max(photo.pixels.shape) < 600
        assert photo.scale == max(photo.pixels.shape) / side
        assert photo.size[1] == side
        assert abs(photo.size[0] - side // 2) <= 1 / photo.scale
        expected = np.asarray(picture.resize(photo.pixels.shape[1::-1], Image.Resampling.BOX))
        assert alike(photo.pixels, expected, 8)

    @pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
    @pytest.mark.parametrize("form", ["PNG", "TIFF"])
    def test_what_a_sensor_gives_in_a_file_of_16_bits_is_as_bright_as_it_was(
        self, bits: int, form: str
    ) -> None:
        grey = np.tile(np.linspace(0, 1, 64), (32, 1))
        deep = Image.fromarray((grey * (2**bits - 1)).astype(np.uint16))
        pixels = decode(saved(deep, form)).pixels[..., 0]
        assert np.abs(pixels - grey * 255).max() <= 1.5

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F", "LAB", "YCbCr"])
    def test_every_mode_can_be_shrunk(self, mode: str) -> None:
        grey = np.full((200, 400), 200, np.uint8)
        special: dict[str, np.ndarray] = {"I;16": grey.astype(np.uint16) * 257, "F": grey / np.float32(255)}
        image = Image.fromarray(special.get(mode, grey))
        if mode == "LAB":
            image = Image.fromarray(np.dstack([grey, grey * 0, grey * 0]), "LAB")
        elif mode not in special:
            image = image.convert("RGB").convert(mode)
        photo = decode(saved(image, "TIFF"), working_side=100)
        assert photo.pixels.shape == (50, 100, 3)

    def test_a_strip_keeps_its_height(self) -> None:
        assert decode(saved(Image.new("L", (3000, 20)), "PNG"), 300).pixels.shape == (20, 3000, 3)

    @pytest.mark.parametrize("size", [(15, 200), (200, 1), (1, 1)])
    def test_the_tiny_are_refused(self, size: tuple[int, int]) -> None:
        with pytest.raises(ImageError, match=f"{size[0]} x {size[1]} pixels, too small"):
            decode(saved(Image.new("RGB", size), "PNG"))

    def test_twelve_megapixels_from_a_phone_are_quick(self) -> None:
        data = saved(Image.fromarray(scene()).resize((4032, 3024)), "JPEG", quality=90)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            photo = decode(data)
            times.append(time.perf_counter() - start)
        assert photo.size == (4032, 3024)
        assert photo.scale == 0.5
        assert min(times) < 0.15

    @pytest.mark.parametrize(
        ("kind", "size", "verdict"),
        [
            ("bomb", (20_000, 10_000), "200 megapixels, more than the 51 allowed"),
            ("photo", (5472, 3648), ""),
        ],
    )
    def test_memory_stays_small(self, tmp_path: Path, kind: str, size: tuple[int, int], verdict: str) -> None:
        """In processes of their own: 600 kB that unfold to 200 megapixels, and an honest photo of 20."""
        path = tmp_path / f"{kind}.png"
        path.write_bytes(flat_png(*size))
        code = (
            "import json, resource, sys, time; from core import images\n"
            "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "before, start, said = peak(), time.perf_counter(), ''\n"
            "try: images.decode(images.read_file(sys.argv[1]))\n"
            "except images.ImageError as error: said = str(error)\n"
            "print(json.dumps([said, (peak() - before) / 1024, time.perf_counter() - start]))"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, str(path)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        said, grown, seconds = json.loads(done.stdout)
        assert verdict in said
        assert bool(said) == bool(verdict)
        assert done.stderr == ""
        assert grown < (20 if verdict else 300)
        assert seconds < (0.5 if verdict else 5)


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"),
            (b"photo,vin\na.jpg,XW8ZZZ1KZAG501915\n", "is text"),
            ("ВИН автомобиля".encode(), "is text"),
            (b"BMW X5, see attachment", "is text"),
            (b"GIF89a" + bytes(50), "is a GIF"),
            (b"%PDF-1.7 ...", "PDF"),
            (b"\0\0\0\x20ftypisom" + bytes(20), "film"),
            (b"\0\0\0\x20ftypavif" + bytes(20), "AVIF"),
            (bytes(100), "known format"),
            (b"\xff\xd8\xff", "JPEG file"),
        ],
    )
    def test_what_is_no_photo_is_named(self, data: bytes, words: str) -> None:
        with pytest.raises(ImageError, match=words):
            decode(data)

    @pytest.mark.parametrize("kind", images.FORMATS)
    def test_a_file_that_ends_early(self, kind: str) -> None:
        data = saved(noise(), kind)
        with pytest.raises(ImageError, match="ends early" if kind != "HEIF" else "HEIF file"):
            decode(data[: len(data) * 2 // 3])

    def test_too_many_bytes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(images.gate, "MAX_BYTES", 2**20)
        with pytest.raises(ImageError, match="has 2 MiB, more than the 1 allowed"):
            decode(b"\xff\xd8\xff" + bytes(2**21))

    def test_a_jpeg_with_endless_scans(self) -> None:
        data = saved(noise(), "JPEG", progressive=True)
        scan = data.rindex(b"\xff\xda")
        with pytest.raises(ImageError, match="scans"):
            decode(data[:-2] + data[scan:-2] * 200 + data[-2:])

    @pytest.mark.parametrize("kind", ["zTXt", "iTXt", "iCCP"])
    def test_a_png_with_a_bomb_in_its_texts_is_read_without_it(self, kind: str) -> None:
        data = saved(Image.fromarray(scene()), "PNG")
        flag = b"\1\0\0\0" if kind == "iTXt" else b""
        bomb = chunk(kind.encode(), b"name\0" + flag + b"\0" + zlib.compress(bytes(50_000_000)))
        assert alike(decode(data[:33] + bomb + data[33:]).pixels, scene(), 0)

    @pytest.mark.parametrize("kind", ["WEBP", "PNG", "TIFF"])
    def test_of_several_frames_the_first_is_taken(self, kind: str) -> None:
        more = [Image.new("RGB", (120, 80), colour) for colour in ("red", "blue")]
        data = saved(Image.fromarray(scene()), kind, save_all=True, append_images=more, lossless=True)
        assert alike(decode(data).pixels, scene(), 0)

    @pytest.mark.parametrize("kind", images.FORMATS)
    def test_damaged_bytes_give_a_photo_or_an_image_error_and_nothing_else(self, kind: str) -> None:
        rng = random.Random(7)
        originals = [saved(Image.fromarray(scene()), kind, exif=exif(6)), saved(noise(), kind)]
        for turn in range(150):
            data = bytearray(originals[turn % 2])
            for _ in range(rng.choice((1, 3, 20))):
                # Half of the damage goes to the header, where it does most.
                reach = min(len(data), 200) if rng.random() < 0.5 else len(data)
                data[rng.randrange(reach)] = rng.randrange(256)
            if turn % 3 == 0:
                del data[rng.randrange(len(data)) :]
            try:
                photo = decode(bytes(data))
            except ImageError:
                continue
            assert photo.pixels.ndim == 3


class TestArrays:
    def test_rgb_and_greyscale_are_taken(self) -> None:
        photo = images.from_array(scene())
        assert np.array_equal(photo.pixels, scene())
        assert photo.scale == 1.0
        assert photo.sha256 == hashlib.sha256(scene().tobytes()).hexdigest()
        assert images.from_array(scene()[:, :, 0]).pixels.shape == (80, 120, 3)

    def test_a_view_becomes_contiguous(self) -> None:
        assert images.from_array(scene()[::-1, ::-1]).pixels.flags.c_contiguous

    @pytest.mark.parametrize(
        ("array", "words"),
        [
            (np.zeros((20, 20, 3), np.float32), "uint8 array, got float32"),
            (np.zeros((20, 20, 4), np.uint8), r"got \(20, 20, 4\)"),
            (np.zeros(20, np.uint8), r"got \(20,\)"),
            (np.zeros((0, 20, 3), np.uint8), "too small"),
            ([[1, 2]], "got list"),
        ],
    )
    def test_others_are_refused(self, array: np.ndarray, words: str) -> None:
        with pytest.raises(ImageError, match=words):
            images.from_array(array)


class TestFiles:
    def test_bytes_come_as_they_are(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(b"abc")
        assert images.read_file(tmp_path / "a.jpg") == b"abc"

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ImageError, match="is a folder"):
            images.read_file(tmp_path)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(ImageError, match=r"b\.jpg does not exist"):
            images.read_file(tmp_path / "b.jpg")

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "c.jpg").touch()
        with pytest.raises(ImageError, match=r"c\.jpg is empty"):
            images.read_file(tmp_path / "c.jpg")

    def test_a_giant_is_refused_unread(self, tmp_path: Path) -> None:
        with (tmp_path / "d.jpg").open("wb") as file:
            file.truncate(10 * 2**30)  # sparse: takes no room
        with pytest.raises(ImageError, match="10240 MiB, more than the 64 allowed"):
            images.read_file(tmp_path / "d.jpg")

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ImageError, match="not a regular file"):
            images.read_file(tmp_path / "pipe")

    @pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
    def test_impossible_names(self, name: str) -> None:
        with pytest.raises(ImageError, match="cannot be read"):
            images.read_file(name)


def scene() -> np.ndarray:
    """A smooth picture without symmetry, uint8 (80, 120, 3), that survives lossy formats."""
    y, x = np.mgrid[0:80, 0:120]
    return np.dstack([40 + x, 20 + y * 2, 30 + (x + y) // 2]).astype(np.uint8)


def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 96, 3), dtype=np.uint8))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    defaults: dict[str, object] = {"quality": 95} if kind in ("JPEG", "WEBP", "HEIF") else {}
    image.save(file, kind, **{**defaults, **options})
    return file.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "a phone"
    tags.get_ifd(0x8825).update({1: "N", 2: (55.0, 45.0, 0.0), 3: "E", 4: (37.0, 37.0, 0.0)})
    return tags.tobytes()


def laid_down(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The stored picture from which ``orientation`` makes ``upright`` (EXIF 2.32, tag 274)."""
    rows = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    return np.ascontiguousarray(rows)


def alike(found: np.ndarray, expected: object, most: float) -> bool:
    """Whether 99 % of the values differ by no more than ``most``."""
    difference = np.abs(np.asarray(found).astype(int) - np.asarray(expected).astype(int))
    return float(np.quantile(difference, 0.99)) <= most


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def flat_png(width: int, height: int) -> bytes:
    """A PNG of one colour: 600 kB for 200 megapixels."""
    rows = b"\0" + bytes(3 * width)
    # Deflate blocks that end on a byte can be repeated; only the sum has to be made over everything.
    packer, total = zlib.compressobj(9, wbits=-15), 1
    block = packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(height):
        total = zlib.adler32(rows, total)
    packed = b"\x78\x9c" + block * height + b"\x03\0" + struct.pack(">I", total)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
