"""Log lines for people or machines: each names its job, none holds a secret.

A line about a job is logged with `extra={"job": job.id}`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any
from urllib.parse import quote

from pythonjsonlogger.json import JsonFormatter

from attriscope.settings import Settings

_HIDDEN = "[hidden]"
_NO_JOB = {"job": "-"}
_HANDLER = "attriscope"
_OURS = ("attriscope", "uvicorn")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SECRET = re.compile(
    r"(?P<kept>[?&]token=|\battriscope_\d+(?:_framed)?=|\bbearer\s+|\b(?:set-)?cookie['\"]?\s*[:,=]\s*b?['\"]?)[^\s&;'\"\\]+",
    re.I,
)
"""Links with a token, session cookies, and the headers that carry either."""
_secrets: set[str] = set()


def configure(settings: Settings) -> None:
    """Sends all log lines to stderr in the format and from the severity of the settings; may be called again."""
    _send_from(logging.getLogger(), settings)
    _levels(settings)


def configure_guest(settings: Settings) -> None:
    """In somebody else's process: lines go where that sends its own, else to stderr, and only ours."""
    if not logging.getLogger().hasHandlers():
        for name in _OURS:
            _send_from(logging.getLogger(name), settings)
    _levels(settings)


def _send_from(logger: logging.Logger, settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(_HANDLER)
    handler.setFormatter(_Json() if settings.log_format == "json" else _Text())
    for old in [old for old in logger.handlers if old.get_name() == _HANDLER]:
        logger.removeHandler(old)
    logger.addHandler(handler)


def _levels(settings: Settings) -> None:
    level = settings.log_level.upper()
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    if settings.token:
        keep_secret(settings.token)


def keep_secret(text: str) -> None:
    """From now on, no line shows `text`, as it is or as a URL or JSON would write it."""
    if text:
        _secrets.update({text, quote(text, safe=""), json.dumps(text)[1:-1]})


def hide(line: str) -> str:
    """`line` without secrets."""
    for secret in _secrets:
        line = line.replace(secret, _HIDDEN)
    return _SECRET.sub(rf"\g<kept>{_HIDDEN}", line)


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(job)s] %(message)s", defaults=_NO_JOB)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        # A path in a message may hold a line break, and forge a line.
        return _CONTROL.sub(lambda found: repr(found[0])[1:-1], super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return hide(super().format(record))


class _Json(JsonFormatter):
    def __init__(self) -> None:
        names = {"asctime": "time", "levelname": "level", "name": "logger"}
        super().__init__("%(asctime)s %(levelname)s %(name)s %(job)s %(message)s", rename_fields=names)

    def format(self, record: logging.LogRecord) -> str:
        return hide(super().format(record))

    def process_log_record(self, log_record: dict[str, Any]) -> dict[str, Any]:
        # uvicorn repeats its messages with terminal colours.
        log_record.pop("color_message", None)
        log_record["job"] = log_record.get("job") or _NO_JOB["job"]
        return super().process_log_record(log_record)
