"""The built page: read once at start, so that no path from a request ever reaches the file system."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from attriscope.web import errors

STATIC = Path(__file__).parent.parent / "static"
_NONCE, _LANGUAGE = "__CSP_NONCE__", "__LANGUAGE__"
_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
_NOT_BUILT = """<!doctype html><html lang="en"><title>attriscope</title><main><h1>The page has not been built</h1>
<p>Install attriscope with <code>pip install .</code> or <code>make demo</code>; both build it.</p></main></html>"""


@dataclass(frozen=True)
class Asset:
    content: bytes
    compressed: bytes | None
    media_type: str


class Page:
    """The files under `static`, by their path in the URL."""

    def __init__(self, static: Path = STATIC) -> None:
        index = static / "index.html"
        self.index = index.read_text(encoding="utf-8") if index.is_file() else _NOT_BUILT
        files = [file for file in static.rglob("*") if file.is_file() and not file.is_symlink() and file != index]
        self._assets = {file.relative_to(static).as_posix(): _asset(file) for file in files}

    def __getitem__(self, path: str) -> Asset | None:
        return self._assets.get(path)


def _asset(file: Path) -> Asset:
    content = file.read_bytes()
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if file.suffix in (".js", ".mjs"):
        # Windows registries name other types, which browsers refuse for modules.
        media_type = "text/javascript"
    compressed = gzip.compress(content, mtime=0) if media_type.startswith(_COMPRESSIBLE) else None
    return Asset(content, compressed, media_type)


router = APIRouter(include_in_schema=False)


@router.get("/")
def index(request: Request) -> Response:
    page: Page = request.app.state.page
    language = request.app.state.services.settings.lang
    return HTMLResponse(page.index.replace(_NONCE, request.state.nonce).replace(_LANGUAGE, language))


@router.get("/{path:path}")
def asset(path: str, request: Request) -> Response:
    page: Page = request.app.state.page
    found = page[path]
    if found is None:
        return errors.standard(404)
    # Names under assets/ carry a hash of their content.
    headers = {"Cache-Control": "private, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"}
    headers["Vary"] = "Accept-Encoding"
    if found.compressed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.content, media_type=found.media_type, headers=headers)
