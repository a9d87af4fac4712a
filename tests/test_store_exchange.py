"""Every format is read back; sets of others and broken ones are taken as far as they go."""

from __future__ import annotations

import csv
import json
import tarfile
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_store_kit import VINS, Desk, picture, uid

from core.geometry import Quad
from core.images import decode, encode_jpeg
from core.learn.crops import read_labels
from core.store.annotations import save
from core.store.content import Character, Content, Draft, corners_of
from core.store.errors import Refused
from core.store.exchange import bring_in, export, read_set
from core.store.exchange.common import texts_by_part
from core.store.files import perceptual_hash, read_photo, shareable
from core.store.history import history
from core.store.items import Item, labelled_items
from core.store.photos import Wanted, count, counts, find, photo
from core.store.review import approve

TURNED = corners_of(Quad.from_line((24.0, 16.0), 30.0, 6.0, 0.4))
UPRIGHT = corners_of(Quad.from_box((4.0, 6.0, 40.0, 8.0)))
ROWS = (corners_of(Quad.from_box((4, 4, 30, 6))), corners_of(Quad.from_box((4, 14, 26, 6))))


def characters(text: str, rows: int = 1) -> tuple[Character, ...]:
    per = 17 if rows == 1 else 9
    return tuple(
        Character(one, i // per, (round(i % per / per + 0.01, 4), 0.05, round(0.8 / per, 4), 0.9))
        for i, one in enumerate(text)
    )


CONTENTS = (
    Content(VINS[0], (UPRIGHT,), characters(VINS[0]), "label", ("blur", "glare")),
    Content(VINS[1], (TURNED,), characters(VINS[1]), "windshield", ()),
    Content(VINS[2][:5] + "??" + VINS[2][7:], (TURNED,), characters(VINS[2][:5] + "??" + VINS[2][7:])),
    Content(VINS[3], ROWS, characters(VINS[3], 2), "stamped", ("+1", "<b>", "=cmd()")),
    Content(VINS[4], (UPRIGHT,)),
    Content(VINS[5]),
)
PLACED = CONTENTS[:4]
"""Labels with everything: what YOLO can say."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.open(tmp_path, photos=len(CONTENTS))
    for key, content in zip(desk.photos, CONTENTS, strict=True):
        saved = save(desk.store, Draft(key, desk.ann, 0, content))
        if content is not CONTENTS[4]:
            approve(desk.store, key, desk.rev, saved.id, uid())
    return desk


@pytest.fixture
def items(desk: Desk) -> list[Item]:
    return list(labelled_items(desk.store, ("approved", "labelled")))


def load(desk: Desk):  # type: ignore[no-untyped-def]
    return lambda item: read_photo(desk.store, item.sha256)


def read_back(desk: Desk, items: list[Item], form: str, target: Path, reader: str = "") -> list[Content]:
    assert export(items, form, target, load(desk)) == len(items)
    found = sorted(read_set(target, reader), key=lambda one: Path(one.item.name).name)
    order = sorted(items, key=lambda item: item.name)
    for one, item in zip(found, order, strict=True):
        assert decode(one.load()).size == item.size
        assert Path(one.item.name).stem == item.sha256
    by_name = {Path(one.item.name).stem: one.item.content for one in found}
    return [by_name[item.sha256] for item in items]


class TestRoundTrips:
    @pytest.mark.parametrize("form", ["csv", "coco", "webdataset"])
    def test_formats_that_keep_everything(
        self, desk: Desk, items: list[Item], tmp_path: Path, form: str
    ) -> None:
        target = tmp_path / ("out/labels.csv" if form == "csv" else "out")
        assert read_back(desk, items, form, target) == list(CONTENTS)
        back = {one.item.sha256: one.item for one in read_set(target)}
        assert {sha256: item.state for sha256, item in back.items()} == {i.sha256: i.state for i in items}
        assert all(back[item.sha256].size == item.size for item in items)

    def test_yolo_rotated(self, desk: Desk, items: list[Item], tmp_path: Path) -> None:
        for found, content in zip(
            read_back(desk, items[:4], "yolo-obb", tmp_path / "out"), PLACED, strict=True
        ):
            assert found.text == content.text
            assert_quads(found, content, 0.02)
            assert [one.part for one in found.characters] == [one.part for one in content.characters]
            boxes = np.array([one.box for one in found.characters])
            assert np.abs(boxes - [one.box for one in content.characters]).max() < 0.005

    def test_yolo_upright_keeps_bounds_and_text(self, desk: Desk, items: list[Item], tmp_path: Path) -> None:
        for found, content in zip(read_back(desk, items[:4], "yolo", tmp_path / "out"), PLACED, strict=True):
            assert found.text == content.text
            for one, other in zip(found.lines(), content.lines(), strict=True):
                assert np.abs(np.subtract(one.bounds(), other.bounds())).max() < 0.02

    @pytest.mark.parametrize(("form", "within"), [("icdar", 0.51), ("paddleocr", 0.001)])
    def test_text_lines(
        self, desk: Desk, items: list[Item], tmp_path: Path, form: str, within: float
    ) -> None:
        found = read_back(desk, items[:5], form, tmp_path / "out")
        for one, content in zip(found, CONTENTS, strict=False):
            assert one.text == content.text
            assert_quads(one, content, within)

    def test_paddleocr_crops_are_straight_and_listed(
        self, desk: Desk, items: list[Item], tmp_path: Path
    ) -> None:
        export(items, "paddleocr", tmp_path / "out", load(desk))
        lines = [line.split("\t") for line in (tmp_path / "out/rec_gt.txt").read_text().splitlines()]
        # Not those with a character that cannot be read, and not those without a place.
        assert [text for _, text in lines] == [VINS[0], VINS[1], VINS[3], VINS[4]]
        for name, _ in lines:
            assert Image.open(tmp_path / "out" / name).size == (320, 48)

    def test_csv_feeds_training_and_evaluation(self, desk: Desk, items: list[Item], tmp_path: Path) -> None:
        export(items, "csv", tmp_path / "labels.csv", load(desk))
        labels = read_labels(tmp_path / "labels.csv")
        assert [label.vin for label in labels] == [content.text for content in CONTENTS]
        assert labels[0].box == (4.0, 6.0, 40.0, 8.0)
        assert [label.read for label in labels] == ["twice"] * 4 + ["once", "twice"]
        assert all(label.path.is_file() for label in labels)

    def test_no_cell_is_a_formula(self, desk: Desk, items: list[Item], tmp_path: Path) -> None:
        export(items, "csv", tmp_path / "labels.csv", None)
        with (tmp_path / "labels.csv").open(newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert "'+1,<b>,=cmd()" in cells
        assert not any(cell.startswith(("=", "+", "@", "-")) for cell in cells)

    def test_the_same_items_give_the_same_shards(self, desk: Desk, items: list[Item], tmp_path: Path) -> None:
        for name in ("one", "two"):
            export(items, "webdataset", tmp_path / name, load(desk))
        assert [path.read_bytes() for path in sorted((tmp_path / "one").iterdir())] == [
            path.read_bytes() for path in sorted((tmp_path / "two").iterdir())
        ]

    def test_an_export_comes_back_into_another_store(
        self, desk: Desk, items: list[Item], tmp_path: Path
    ) -> None:
        export(items, "webdataset", tmp_path / "out", load(desk))
        other = Desk.open(tmp_path / "other", photos=0)
        told = [outcome.what for outcome in bring_in(other.store, read_set(tmp_path / "out"), other.adm, "x")]
        assert told == ["labelled"] * len(CONTENTS)
        assert list(labelled_items(other.store, ("approved", "labelled"))) == items
        again = [o.what for o in bring_in(other.store, read_set(tmp_path / "out"), other.adm, "x")]
        assert again == ["known"] * len(CONTENTS)
        assert other.rows("events") == len(CONTENTS)


class TestImport:
    def labels(self, folder: Path, rows: str) -> Path:
        for seed in range(6):
            (folder / f"{seed}.png").write_bytes(picture(seed))
        path = folder / "train.csv"
        path.write_text("photo,use,left,top,width,height,vin,read,tags\n" + rows)
        return path

    def test_an_annotation_set_gives_a_working_queue(self, tmp_path: Path) -> None:
        desk = Desk.open(tmp_path, photos=0)
        path = self.labels(
            tmp_path,
            f'0.png,val,4,6,40,8,{VINS[0]},twice,"clear,windshield"\n'
            f"1.png,labelled,4,6,40,8,{VINS[1][:-1]}?,doubtful,blur\n"
            "2.png,labelled,4,6,40,8,,illegible,blur\n"
            "3.png,pool,4,6,40,8,,,\n"
            f"4.png,labelled,4,6,40,8,TOO SHORT,twice,\n"
            f"missing.png,labelled,4,6,40,8,{VINS[1]},twice,\n"
            f"../../{tmp_path.name}.png,labelled,4,6,40,8,{VINS[1]},twice,\n",
        )
        told = [(o.what, o.problem) for o in bring_in(desk.store, read_set(path), desk.adm, "train")]
        assert [what for what, _ in told] == ["labelled"] * 3 + ["photo"] + ["refused"] * 3
        assert "is not a VIN" in told[4][1]
        assert "does not exist" in told[5][1]
        assert "outside of the set's folder" in told[6][1]
        assert counts(desk.store) == {"approved": 1, "labelled": 1, "open": 1, "rejected": 1}
        (done,) = find(desk.store, Wanted(states=("approved",)))
        assert (done.vin, done.kind, done.tags, done.side) == (VINS[0], "windshield", ("clear",), "val")
        (waiting,) = find(desk.store, Wanted(states=("open",)))
        assert waiting.region == (UPRIGHT,)
        (event,) = history(desk.store, done.id)
        assert (event.by, event.role) == ("Adm", "admin")

    def test_an_import_never_overwrites_a_persons_label(self, tmp_path: Path) -> None:
        desk = Desk.open(tmp_path, photos=1)
        desk.label(0, desk.ann, VINS[0])
        path = self.labels(tmp_path, f"0.png,val,4,6,40,8,{VINS[1]},twice,\n")
        (outcome,) = bring_in(desk.store, read_set(path), desk.adm, "train")
        assert (outcome.what, outcome.photo) == ("kept", desk.photos[0])
        assert photo(desk.store, desk.photos[0]).vin == VINS[0]

    def test_coco_and_yolo_of_others_give_places(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(picture(1))
        (tmp_path / "a.json").write_text(json.dumps({
            "images": [{"id": 7, "file_name": "a.png", "width": 48, "height": 32}],
            "annotations": [
                {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 30, 8]},
                {"id": 2, "image_id": 7, "category_id": 4, "bbox": [0, 0, 3, 3]},
            ],
            "categories": [{"id": 3, "name": "Vin-Number"}, {"id": 4, "name": "logo"}],
        }))  # fmt: skip
        (found,) = read_set(tmp_path / "a.json")
        assert found.item.content == Content("", (corners_of(Quad.from_box((1, 2, 30, 8))),))
        root = tmp_path / "yolo"
        (root / "train/labels").mkdir(parents=True)
        (root / "train/images").mkdir()
        (root / "train/images/b.png").write_bytes(picture(2))
        (root / "train/labels/b.txt").write_text("0 0.5 0.5 0.5 0.25\n")
        (root / "data.yaml").write_text("train: train/images\nnc: 1\nnames:\n  0: plate\n")
        (found,) = read_set(root)
        assert found.item.content == Content("", (corners_of(Quad.from_box((12, 12, 24, 8))),))
        assert (found.item.side, found.load()) == ("train", picture(2))

    def test_a_folder_of_photos_with_bad_ones_in_it(self, tmp_path: Path) -> None:
        desk = Desk.open(tmp_path / "desk", photos=0)
        root = tmp_path / "photos"
        (root / "below").mkdir(parents=True)
        (root / "a.png").write_bytes(picture(1))
        (root / "below" / "b.png").write_bytes(picture(2))
        (root / "text.jpg").write_text("not a photo")
        (root / ".hidden.png").write_bytes(picture(3))
        (root / "link.png").symlink_to("/etc/passwd")
        told = {o.name: o.what for o in bring_in(desk.store, read_set(root), desk.adm, "folder")}
        assert told == {
            "a.png": "photo", "below/b.png": "photo", "text.jpg": "refused", "link.png": "refused"
        }  # fmt: skip
        assert count(desk.store, Wanted()) == 2

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("a.csv", "name,text\nx,y\n"),
            ("a.csv", "photo,vin,left,top,width,height\na.png,,1,2,three,4\n"),
            ("a.csv", "photo,vin\n" + "x" * 200_000 + ",\n"),
            ("a.csv", "photo,vin,quads\na.png,X,[[1]]\n"),
            ("a.json", "{}"),
            ("a.json", "[" * 100_000),
            ("a.json", '{"images": [{"id": 1}], "annotations": [], "categories": []}'),
            ("Label.txt", "a.png no tab\n"),
            ("gt_a.txt", "1,2,3,VIN\n"),
            ("data.yaml", "nothing: here\n"),
            ("a.tar", "no tar at all"),
        ],
    )
    def test_broken_sets_are_refused_with_a_reason(self, tmp_path: Path, name: str, text: str) -> None:
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(Refused, match=r"."):
            list(read_set(tmp_path if name in ("gt_a.txt", "data.yaml") else path))

    def test_shards_of_others_cannot_leave_their_place(self, tmp_path: Path) -> None:
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            for name, data in (("../../a.png", picture(1)), ("../../a.txt", VINS[0].encode())):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, BytesIO(data))
            link = tarfile.TarInfo("b.png")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        (found,) = read_set(tmp_path / "x.tar")
        assert (found.item.name, found.item.content.text) == ("a.png", VINS[0])

    def test_unknown_formats_and_full_folders_are_refused(self, tmp_path: Path, items: list[Item]) -> None:
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "x").touch()
        for form, target in (("voc", tmp_path / "new"), ("coco", tmp_path / "full")):
            with pytest.raises(Refused):
                export(items, form, target, None)
        with pytest.raises(Refused, match="holds its photos"):
            export(items, "webdataset", tmp_path / "new", None)
        with pytest.raises(Refused, match="does not exist"):
            read_set(tmp_path / "nowhere")


class TestPhotosThatLeave:
    def test_place_time_and_owner_stay_here_and_the_photo_is_upright(self) -> None:
        image = Image.fromarray(decode(picture(1)).pixels)
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, "Owner's phone"
        file = BytesIO()
        image.save(file, "JPEG", exif=exif, quality=95)
        data, suffix = shareable(file.getvalue())
        assert suffix == ".jpg"
        assert b"Owner" not in data
        assert Image.open(BytesIO(data)).size == (32, 48)

    def test_a_photo_without_metadata_leaves_as_it_is(self) -> None:
        assert shareable(picture(1)) == (picture(1), ".png")
        jpeg = encode_jpeg(decode(picture(1)).pixels, 90)
        assert shareable(jpeg) == (jpeg, ".jpg")

    @pytest.mark.parametrize(
        "where", ["text", "late exif", "segment", "comment", "thumbnail", "tail", "png tail"]
    )
    def test_words_hidden_anywhere_in_a_file_stay_here(self, where: str) -> None:
        secret = b"Ann Owner, 52.52 N 13.40 E"
        png, jpeg = picture(1), encode_jpeg(decode(picture(1)).pixels, 90)
        end = png.index(b"IEND") - 4

        def chunk(name: bytes, body: bytes) -> bytes:
            return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

        def segment(marker: int, body: bytes) -> bytes:
            return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body

        head = 4 + int.from_bytes(jpeg[4:6], "big")  # behind JFIF's own
        told = {
            "text": png[:33] + chunk(b"tEXt", b"Author\0" + secret) + png[33:],
            "late exif": png[:end] + chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0" + secret) + png[end:],
            "segment": jpeg[:head] + segment(0xEB, secret) + jpeg[head:],
            "comment": jpeg[:head] + segment(0xFE, secret) + jpeg[head:],
            "thumbnail": jpeg[:head] + segment(0xE0, b"JFXX\0\x13" + secret) + jpeg[head:],
            "tail": jpeg + secret,
            "png tail": png + secret,
        }[where]
        assert secret not in shareable(told)[0]

    def test_near_copies_hash_alike_and_others_do_not(self) -> None:
        pixels = decode(picture(1, 256, 192)).pixels
        file = BytesIO()
        Image.fromarray(pixels).resize((200, 150)).save(file, "JPEG", quality=60)
        one, copy = perceptual_hash(pixels), perceptual_hash(decode(file.getvalue()).pixels)
        other = perceptual_hash(decode(picture(2, 256, 192)).pixels)
        assert (int(one, 16) ^ int(copy, 16)).bit_count() <= 6
        assert (int(one, 16) ^ int(other, 16)).bit_count() > 12


def test_two_rows_without_boxes_share_the_text_by_length() -> None:
    parts = texts_by_part(replace(CONTENTS[3], characters=()))
    assert "".join(parts) == VINS[3]
    assert [len(part) for part in parts] == [9, 8]


def assert_quads(found: Content, content: Content, within: float) -> None:
    assert len(found.quads) == len(content.quads)
    for one, other in zip(found.quads, content.quads, strict=True):
        assert np.abs(np.subtract(one, other)).max() <= within
