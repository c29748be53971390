from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from attriscope.web.page import Page
from tests.server.web.conftest import BareServer

CLIMBING = [
    "../settings.py",
    "assets/../../settings.py",
    "%2e%2e/settings.py",
    "%2e%2e%2fsettings.py",
    "%252e%252e/settings.py",
    "..%5csettings.py",
    "%5c..%5csettings.py",
    "/etc/passwd",
    "//etc/passwd",
    "etc/passwd%00.js",
    "index.html%00",
    ";/index.html",
    "..;/settings.py",
    "../static-sibling/secret.js",
    "../static../secret.js",
]


@pytest.mark.parametrize("path", CLIMBING)
def test_p1_no_path_leaves_the_page(bare: BareServer, path: str) -> None:
    for prefix in ("/", "/assets/", "/api/results/", "/api/explorers/x/samples/0/image/"):
        assert bare.ask(prefix + path).status == 404, prefix + path


def test_p1_siblings_and_links_are_not_assets(tmp_path: Path) -> None:
    static, secret = tmp_path / "static", tmp_path / "static-secret"
    (static / "assets").mkdir(parents=True)
    secret.mkdir()
    (secret / "key.js").write_text("secret")
    (static / "index.html").write_text("__CSP_NONCE__")
    (static / "assets" / "app.js").write_text("let a = 1;" * 100)
    (static / "assets" / "link.js").symlink_to(secret / "key.js")
    page = Page(static)
    found = page["assets/app.js"]
    assert found is not None
    assert found.media_type == "text/javascript"
    assert found.compressed is not None
    assert gzip.decompress(found.compressed) == found.content
    for path in ("index.html", "../static-secret/key.js", "assets/link.js", "assets", ""):
        assert page[path] is None, path


def test_a_page_that_was_not_built_says_so(tmp_path: Path) -> None:
    assert "not been built" in Page(tmp_path).index
