from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from attriscope import logs
from attriscope.settings import Settings

SECRET = 'to"ken/with-everything'
COOKIE = "attriscope_8765=0123abcd.4567ef.anna"
FRAMED = "attriscope_8765_framed=89abcdef.cafe01.berta"


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`logs.configure`; afterwards logging is as it was."""
    root, names = logging.getLogger(), ("attriscope", "uvicorn")
    before, levels = list(root.handlers), [logging.getLogger(name).level for name in names]
    monkeypatch.setattr(logs, "_secrets", set())
    yield lambda **settings: logs.configure(Settings(**settings))
    root.handlers[:] = before
    for name, level in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(level)


def test_every_line_has_its_job_in_text(configured: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    configured(log_level="info")
    logging.getLogger("attriscope.jobs").info("Started.", extra={"job": "j17"})
    logging.getLogger("uvicorn.error").info("Something of uvicorn's.")
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("INFO attriscope.jobs [j17] Started.")
    assert second.endswith("INFO uvicorn.error [-] Something of uvicorn's.")


def test_every_line_is_an_object_in_json(configured: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    configured(log_format="json")
    logging.getLogger("attriscope.jobs").warning("Lost %s.", "cpu", extra={"job": "j17"})
    logging.getLogger("uvicorn.error").error("Bad.", extra={"color_message": "\x1b[1mBad.\x1b[0m"})
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("attriscope.web").exception("Failed.")
    first, second, third = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert {key: first[key] for key in ("level", "logger", "job", "message")} == {
        "level": "WARNING",
        "logger": "attriscope.jobs",
        "job": "j17",
        "message": "Lost cpu.",
    }
    assert first["time"]
    assert (second["job"], "color_message" in second) == ("-", False)
    assert "two\nlines" in third["exc_info"]


@pytest.mark.parametrize("format", ["text", "json"])
def test_a4_no_line_shows_a_secret(
    configured: Callable[..., None], capsys: pytest.CaptureFixture[str], format: str
) -> None:
    configured(log_format=format)
    logs.keep_secret(SECRET)
    logger = logging.getLogger("attriscope.web")
    logger.warning("GET /?token=of-somebody-else&x=1 and ?a=1&token=of-a-third HTTP/1.1")
    logger.warning("it is %s", SECRET)
    logger.warning("quoted as /?%s", "to%22ken%2Fwith-everything")
    logger.warning("headers: %s", {"cookie": COOKIE, "authorization": "Bearer abcdef"})
    logger.warning("headers: %s", [(b"cookie", COOKIE.encode()), (b"authorization", b"Bearer abcdef")])
    logger.warning("Cookie: other=1; %s; %s", COOKIE, FRAMED)
    try:
        raise ValueError(f"cannot read {SECRET} or Bearer abcdef")
    except ValueError:
        logger.exception("Failed with %s.", SECRET)
    shown = capsys.readouterr().err
    for hidden in (
        SECRET,
        json.dumps(SECRET)[1:-1],
        "somebody-else",
        "a-third",
        "ken%2F",
        "abcdef",
        "0123abcd",
        "anna",
        "89abcdef",
        "berta",
    ):
        assert hidden not in shown, hidden
    assert "cannot read" in shown
    assert "x=1" in shown


def test_a_message_cannot_forge_a_line(configured: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    logging.getLogger("attriscope.web").warning("GET %s failed", "/\n2026 ERROR attriscope [-] forged\x1b[2J")
    (line,) = capsys.readouterr().err.splitlines()
    assert "\\n2026" in line
    assert "\x1b" not in line


def test_configuring_again_replaces(configured: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    configured(log_format="json")
    logging.getLogger("attriscope").warning("once")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "once"


def test_the_level_is_that_of_the_settings(configured: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    configured(log_level="error")
    logging.getLogger("attriscope.jobs").warning("not this")
    logging.getLogger("attriscope.jobs").error("this")
    assert capsys.readouterr().err.count("this") == 1
