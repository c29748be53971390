"""Access tokens: one, or a file of named ones that is read again when it changes."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from attriscope import logs

logger = logging.getLogger("attriscope.web")

_SHORTEST = 8
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_STAT_SECONDS = 1.0


def parse(text: str) -> dict[str, str]:
    """Tokens by name, from lines `name: token`; blank lines and comments (`#`) are passed over.

    A file may instead hold a single bare token; its name is "".

    Raises:
        ValueError: naming the line, never its token.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, colon, token = (part.strip() for part in line.partition(":"))
        if not colon:
            name, token = "", name
        elif not _NAME.fullmatch(name):
            raise ValueError(f"line {number}: a name is 1 to 64 letters, digits and _ . @ -, as in 'anna: token'")
        if len(token) < _SHORTEST or not token.isascii() or " " in token:
            raise ValueError(f"line {number}: a token is at least {_SHORTEST} ASCII characters without spaces")
        if name in found:
            raise ValueError(f"line {number}: there is a token of that name already")
        if token in found.values():
            raise ValueError(f"line {number}: another name has the same token")
        found[name] = token
    if not found:
        raise ValueError("it has no token; write lines such as 'anna: token'")
    if "" in found and len(found) > 1:
        raise ValueError("a token without a name stands alone; give every token a name")
    return found


class Tokens:
    """Tokens by the name of who holds them."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self._named = {name: token.encode() for name, token in named.items()}

    def holder(self, given: str) -> str | None:
        """Whose token this is; None if it is nobody's."""
        self.refresh()
        encoded, found = given.encode("utf-8", "surrogateescape"), None
        # All of them, whichever fits: the time taken tells nothing.
        for name, token in self._named.items():
            if hmac.compare_digest(encoded, token):
                found = name
        return found

    def sign(self, name: str, text: str) -> str | None:
        """The HMAC of `text` under the token of `name`; None where there is no such token (any more)."""
        self.refresh()
        token = self._named.get(name)
        return None if token is None else signature(token, text)

    def refresh(self) -> None:
        """Takes notice of changes; these tokens have none."""


class TokenFile(Tokens):
    """Tokens of a file, which is looked at when they are used, at most once a second.

    An edit that cannot be read, or a file that is gone, leaves the tokens as they were, and is logged once.

    Raises:
        ValueError: at the start, the file cannot be read, or others than its owner and group can.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__({})
        self._path, self._clock = path, clock
        self._looked = clock()
        self._seen = self._state()
        try:
            self._read()
        except (OSError, ValueError) as error:
            raise ValueError(f"--token-file {path} cannot be used: {_why(error)}.") from None

    def refresh(self) -> None:
        now = self._clock()
        if now < self._looked + _STAT_SECONDS:
            return
        self._looked, state = now, self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            self._read()
        except (OSError, ValueError) as error:
            logger.error("The token file has changed and cannot be used; the old tokens stay: %s.", _why(error))
        else:
            logger.warning("The token file has changed; it holds %d tokens.", len(self._named))

    def _state(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode

    def _read(self) -> None:
        with self._path.open(encoding="utf-8") as file:
            # Not the group's bits: services and containers are given secrets by a group.
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o007:
                raise ValueError("every user of this machine can use it; run chmod o-rwx on it")
            named = parse(file.read())
        for token in named.values():
            logs.keep_secret(token)
        self._named = {name: token.encode() for name, token in named.items()}


def signature(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
