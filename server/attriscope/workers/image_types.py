"""What kind of image some bytes are, by their content; a name tells nothing. Knows neither torch nor a decoder."""

from __future__ import annotations

NAMES = ("JPEG", "PNG", "WebP", "BMP", "GIF", "TIFF")
_STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"BM": "BMP",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}


def image_type(content: bytes) -> str | None:
    """One of `NAMES`, None for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WebP"
    return next((name for start, name in _STARTS.items() if content.startswith(start)), None)
