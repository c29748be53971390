"""Image files, opened with care: known formats only, size limited by the header, upright, 8-bit RGB."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from attriscope.errors import ExplorerError

MAX_PIXELS = 64_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def open_picture(file: Path | BinaryIO, name: str) -> Image.Image:
    """The picture as RGB, turned as its EXIF says; of an animation the first frame; transparent parts on white.

    `name` is for messages. Raises ExplorerError: image_too_large by what the header says, before anything is decoded;
    image_broken for what is no image of a known format, or is truncated.
    """
    try:
        with Image.open(file, formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise _too_large(name, f"{width}×{height} pixels")
            picture.load()
            return _rgb(ImageOps.exif_transpose(picture))
    except ExplorerError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(name, "too many pixels") from None
    except UnidentifiedImageError:
        raise ExplorerError(
            "image_broken", f"{name} is no image of a known format ({', '.join(FORMATS)}).", name=name
        ) from None
    except Exception as error:  # Pillow's decoders raise almost anything
        raise ExplorerError("image_broken", f"{name} cannot be read: {error}", name=name) from error


def _too_large(name: str, size: str) -> ExplorerError:
    return ExplorerError(
        "image_too_large",
        f"{name} has {size}; at most {MAX_PIXELS // 1_000_000} million pixels are read.",
        name=name,
        limit=MAX_PIXELS,
    )


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16-bit grey: Pillow's own conversion clips it at 255
        values = np.asarray(picture).astype(np.float64) / 257
        return Image.fromarray(values.round().clip(0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        page = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(page, picture).convert("RGB")
    return picture.convert("RGB")
