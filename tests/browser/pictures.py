"""Pictures of the page for the documents. A test takes them; where `ATTRISCOPE_PICTURES` names a folder, they stay."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

_LEAST_COLOURS = 100
"""A page that has not drawn anything has fewer."""


def take(page: Page, name: str) -> None:
    """What is on screen, as `name`.png."""
    page.evaluate("document.fonts.ready")
    page.mouse.move(0, 0)
    content = page.screenshot(animations="disabled", caret="hide")
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    assert len(picture.getcolors(picture.width * picture.height) or ()) >= _LEAST_COLOURS, name
    if folder := os.environ.get("ATTRISCOPE_PICTURES"):
        file = Path(folder) / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture.save(file, optimize=True)
