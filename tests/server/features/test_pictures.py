"""Image files, the awkward ones of cases P8 to P11."""

from __future__ import annotations

import io
import pickle
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from attriscope import ExplorerError
from attriscope.features.pictures import MAX_PIXELS, open_picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    file.seek(0)
    return file


def gradient(width: int = 6, height: int = 4) -> Image.Image:
    rows = np.linspace(0, 255, width * height * 3).reshape(height, width, 3)
    return Image.fromarray(rows.astype(np.uint8))


def header_only(width: int, height: int) -> io.BytesIO:
    """A PNG of a few bytes that claims to be large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def refused(file: Any) -> ExplorerError:
    with pytest.raises(ExplorerError) as caught:
        open_picture(file, "mine.png")
    assert caught.value.message.startswith("mine.png")
    return caught.value


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_known_formats_open(kind: str) -> None:
    assert np.array_equal(np.asarray(open_picture(encoded(gradient(), kind), "x")), np.asarray(gradient()))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_formats_open(kind: str) -> None:
    found = np.asarray(open_picture(encoded(gradient(60, 40), kind, quality=95), "x")).astype(int)
    assert np.abs(found - np.asarray(gradient(60, 40))).mean() < 6


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (2**30, 2**30), (MAX_PIXELS + 1, 1)])
def test_p8_a_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    assert refused(header_only(width, height)).code == "image_too_large"


def test_p9_a_truncated_image_is_refused() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    for kind in ("JPEG", "PNG"):
        data = encoded(noise, kind).getvalue()
        assert refused(io.BytesIO(data[: len(data) // 2])).code == "image_broken"


class Canary:
    def __reduce__(self) -> Any:
        return (print, ("the canary sang",))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain text",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04" + bytes(30),
        pickle.dumps(Canary()),
    ],
    ids=["empty", "text", "eps", "svg", "zip", "pickle"],
)
def test_p10_other_files_are_refused_and_never_run(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(io.BytesIO(data)).code == "image_broken"
    assert capsys.readouterr().out == ""


def test_p11_a_thin_image_opens() -> None:
    assert open_picture(encoded(Image.new("RGB", (1, 16000), "red")), "x").size == (1, 16000)


def test_p11_cmyk_is_rgb() -> None:
    assert open_picture(encoded(Image.new("CMYK", (2, 2), (0, 255, 255, 0)), "TIFF"), "x").getpixel((0, 0)) == (
        255,
        0,
        0,
    )


def test_p11_sixteen_bits_of_grey_keep_their_brightness() -> None:
    values = np.array([[0, 32896, 65535]], dtype=np.uint16)
    found = np.asarray(open_picture(encoded(Image.fromarray(values)), "x"))
    assert found.tolist() == [[[0] * 3, [128] * 3, [255] * 3]]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_p11_transparent_parts_are_white(mode: str) -> None:
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((1, 0), (0, 0, 0, 255))
    found = open_picture(encoded(picture.convert(mode)), "x")
    assert [found.getpixel((x, 0)) for x in range(2)] == [(255, 255, 255), (0, 0, 0)]


def test_p11_a_photograph_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90° clockwise to see it upright
    found = open_picture(encoded(gradient(), "PNG", exif=exif), "x")
    assert np.array_equal(np.asarray(found), np.rot90(np.asarray(gradient()), -1))


def test_p11_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (3, 3), colour) for colour in ("red", "blue")]
    found = open_picture(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), "x")
    assert found.getpixel((1, 1)) == (255, 0, 0)


def test_a_path_is_opened_and_a_missing_one_named(tmp_path: Path) -> None:
    gradient().save(tmp_path / "a.png")
    assert open_picture(tmp_path / "a.png", "a.png").size == (6, 4)
    assert refused(tmp_path / "none.png").code == "image_broken"
