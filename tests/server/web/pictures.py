"""Files to upload: pictures of every kind, and what pretends to be one."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def gradient(width: int = 40, height: int = 30) -> Image.Image:
    """Red grows to the right, green downwards."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, np.full_like(x, 64)], -1).round().astype(np.uint8))


def bomb() -> bytes:
    """81 megapixels of one colour: 10 kB as a PNG."""
    side = 9000

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((side // 8 + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def turned() -> bytes:
    """A JPEG whose EXIF data says that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(gradient(), "JPEG", exif=exif)


def animated() -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


ODD = {
    "1x16000": encoded(Image.new("RGB", (1, 16000), "red")),
    "16000x1": encoded(Image.new("RGB", (16000, 1), "red")),
    "cmyk": encoded(gradient().convert("CMYK"), "JPEG"),
    "grey16": encoded(Image.fromarray((np.arange(1200).reshape(30, 40) * 50).astype(np.uint16))),
    "alpha": encoded(Image.new("RGBA", (20, 20), (255, 0, 0, 0))),
    "palette": encoded(gradient().convert("P")),
    "one bit": encoded(gradient().convert("1")),
    "turned": turned(),
    "animated": animated(),
    "webp": encoded(gradient(), "WEBP"),
    "bmp": encoded(gradient(), "BMP"),
    "tiff": encoded(gradient(), "TIFF"),
}


class Canary:
    """Touches a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.file,))


def not_images(canary: Path) -> dict[str, bytes]:
    """By the suffix that they should have."""
    pickled = pickle.dumps(Canary(canary))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("archive/data.pkl", pickled)
    array = io.BytesIO()
    np.save(array, np.array([Canary(canary)], dtype=object), allow_pickle=True)
    return {
        "eps": encoded(gradient(), "EPS"),
        "psd": b"8BPS" + bytes(100),
        "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "zip": archive.getvalue(),
        "pt": archive.getvalue(),
        "pkl": pickled,
        "npy": array.getvalue(),
        "pdf": b"%PDF-1.7\n",
        "txt": b"http://127.0.0.1:1/picture.png",
    }
