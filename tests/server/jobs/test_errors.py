"""What of an owner's error the users of a shared server see."""

from __future__ import annotations

import logging

import pytest

from attriscope.jobs.errors import received, without_folders
from attriscope.settings import Settings

BODY = {
    "code": "file_missing",
    "message": "No file '/srv/owner/my models/net.pt'.",
    "params": {"path": "/srv/owner/my models/net.pt", "known": ["/srv/owner/a.csv", 3]},
    "field": "path",
    "detail": "Traceback of /srv/owner/flowers.py",
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No file /srv/owner/flowers.py.", "No file flowers.py."),
        ("--images: no folder '/srv/my data/images'.", "--images: no folder 'images'."),
        (
            "[Errno 2] No such file or directory: '/home/anna/a b/c d.csv'",
            "[Errno 2] No such file or directory: 'c d.csv'",
        ),
        ("(/data/x/y.pt) or ~/models/bert", "(y.pt) or bert"),
        (r"no file C:\Users\anna\net.pt", "no file net.pt"),
        ("PosixPath('/srv/owner/x')", "PosixPath('x')"),
        (
            "see https://huggingface.co/docs/hub and 'http://a.b/c/d'",
            "see https://huggingface.co/docs/hub and 'http://a.b/c/d'",
        ),
        (
            "'nobody/no-such-model' is 3 / 4 or train/test, it's a/b",
            "'nobody/no-such-model' is 3 / 4 or train/test, it's a/b",
        ),
    ],
)
def test_of_paths_the_last_part_is_left(text: str, shown: str) -> None:
    assert without_folders(text) == shown


def test_a_shared_server_shows_no_traceback_and_no_folders_but_logs_them(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "attriscope.jobs"):
        error = received(BODY, Settings(mode="team"))
    assert "/srv" not in error.model_dump_json()
    assert error.message == "No file 'net.pt'."
    assert (error.code, error.field, error.detail) == ("file_missing", "path", None)
    assert "/srv/owner/my models/net.pt" in caplog.text
    assert "Traceback of /srv/owner/flowers.py" in caplog.text


def test_the_owner_sees_all_of_it() -> None:
    for settings in (Settings(), Settings(mode="team", show_details=True)):
        assert received(BODY, settings).model_dump(exclude={"job"}) == BODY
