"""Who may talk to this server: names it answers to, origins it trusts, tokens and session cookies."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response

from attriscope.web.tokens import Tokens, signature

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]/@]+)(:[0-9]{1,5})?")
_ORIGIN = re.compile(r"https?://[^/\s]+")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~@%+-]+)+")
_OWN_FRAMES = ("'none'", "'self'")
_COOKIE_AGE = 30 * 24 * 3600
_VISITOR = "~"
"""Stands for a token's name in cookies of an open demo; no name has it."""
_OWN_FIRST_SEGMENTS = ("api", "assets", "livez", "readyz", "metrics")


@dataclass(frozen=True)
class Identity:
    """Who sends a request. `user` is the token's name, "" for an unnamed token and for visitors of an open demo."""

    session: str
    user: str
    visitor: bool = False


class Access:
    """The tokens, and the cookies made from them: `<session>.<HMAC under the token>.<the token's name>`.

    tokens: one token as text, or several. port: of the listener. hosts: names this server answers to beyond the local
    ones; '*' for any. origins: whose pages may use it beyond its own. prefix: path under which a proxy serves it, ""
    or "/name". open: everyone may come in without a token, each with a session of their own.

    Raises:
        ValueError: a host, an origin or the prefix is none.
    """

    def __init__(
        self,
        tokens: Tokens | str,
        port: int,
        *,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        frame_ancestors: str = "'none'",
        prefix: str = "",
        open: bool = False,
    ) -> None:
        self._tokens = Tokens({"": tokens}) if isinstance(tokens, str) else tokens
        self._visitors_key = secrets.token_bytes(32)
        # Browsers send one host's cookies to all its ports: the port keeps two servers apart.
        self.cookie, self._framed = f"attriscope_{port}", f"attriscope_{port}_framed"
        self.hosts = {_host(name) for name in (*_LOCAL_NAMES, *hosts)}
        self.origins = {_origin(name) for name in origins}
        self.frame_ancestors, self.prefix, self.open = frame_ancestors, prefix, open
        if prefix[1:].partition("/")[0] in _OWN_FIRST_SEGMENTS:
            raise ValueError(f"--path-prefix is {prefix!r}; it must not begin with a path of the server's own.")

    def enter(self, token: str) -> str | None:
        """A cookie for a new session of the token's holder; None for a wrong token."""
        name = self._tokens.holder(token)
        return None if name is None else self._cookie(name)

    def new_cookie(self) -> str:
        """A cookie for a new session: of a visitor where the server is open, else of the one unnamed token."""
        cookie = self._cookie(_VISITOR if self.open else "")
        if cookie is None:
            raise ValueError("There is no unnamed token.")
        return cookie

    def set_cookies(self, cookie: str, headers: Headers, *, secure: bool) -> list[str]:
        """The Set-Cookie headers. Strict: no other site's link or form acts in this session; but a visitor who follows
        the link to an open demo again should find the session of before, which a Strict cookie would not bring along.

        Where pages of other sites may frame this one, browsers send it no such cookie there: it gets a second one,
        which they keep apart for each of those sites. They take it by https and on their own machine only.
        """
        samesite: Literal["lax", "strict"] = "lax" if cookie.endswith(f".{_VISITOR}") else "strict"
        found = [self._set_cookie(self.cookie, cookie, headers, secure, samesite)]
        local = bool((host := _HOST.fullmatch(headers.get("host", ""))) and host["name"].lower() in _LOCAL_NAMES)
        if self.frame_ancestors not in _OWN_FRAMES and (secure or local):
            # Partitioned by hand: Python's own cookies know the word from 3.14 on.
            found.append(f"{self._set_cookie(self._framed, cookie, headers, True, 'none')}; Partitioned")
        return found

    def _set_cookie(
        self, name: str, cookie: str, headers: Headers, secure: bool, samesite: Literal["lax", "strict", "none"]
    ) -> str:
        response = Response()
        forwarded = headers.get("x-forwarded-prefix", "").rstrip("/")
        # A notebook server's proxy tells where it has put us: other users of that host should not be sent our cookie.
        prefix = self.prefix or (forwarded if _PREFIX.fullmatch(forwarded) else "")
        response.set_cookie(
            name, cookie, max_age=_COOKIE_AGE, path=f"{prefix}/", httponly=True, secure=secure, samesite=samesite
        )
        return response.headers["set-cookie"]

    def identity_of(self, cookie: str) -> Identity | None:
        """Whom the cookie was made for; None if it was not made with a token that is still valid."""
        session, _, rest = cookie.partition(".")
        given, _, name = rest.partition(".")
        expected = self._sign(name, session)
        if expected is None or not secrets.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode()):
            return None
        visitor = name == _VISITOR
        return Identity(session, "" if visitor else name, visitor)

    def identity(self, headers: Headers) -> Identity | None:
        """The caller, by bearer token or cookie; None for a stranger."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            name = self._tokens.holder(given.strip())
            return None if name is None else Identity(f"bearer:{name}" if name else "bearer", name)
        for value in headers.getlist("cookie"):
            # Not http.cookies: it drops all cookies for one that it does not like, and browsers send us those of every
            # other server on this machine.
            given_ones = cookie_parser(value)
            for name in (self.cookie, self._framed):
                if found := self.identity_of(given_ones.get(name, "")):
                    return found
        return None

    def knows_host(self, host: str) -> bool:
        """Whether `host`, a Host header with or without port, is a name of this server."""
        found = _HOST.fullmatch(host)
        return found is not None and ("*" in self.hosts or found["name"].lower() in self.hosts)

    def trusts_origin(self, headers: Headers) -> bool:
        """Whether a mutating request comes from this server's own page, a trusted one, or from no page at all."""
        origin = headers.get("origin")
        if origin is not None:
            host = headers.get("host", "")
            return origin in (f"http://{host}", f"https://{host}") or origin in self.origins
        return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")

    def inner_path(self, path: str) -> str | None:
        """`path` without the prefix, whether the proxy has taken it off or not; None for the prefix without a slash."""
        if self.prefix and path == self.prefix:
            return None
        return path.removeprefix(self.prefix) if path.startswith(f"{self.prefix}/") else path

    def _cookie(self, name: str) -> str | None:
        session = secrets.token_hex(16)
        signed = self._sign(name, session)
        return None if signed is None else f"{session}.{signed}.{name}"

    def _sign(self, name: str, session: str) -> str | None:
        if name == _VISITOR:
            return signature(self._visitors_key, session) if self.open else None
        return self._tokens.sign(name, f"{session}.{name}")


def _host(name: str) -> str:
    if name == "*":
        return name
    name = f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name.lower()
    found = _HOST.fullmatch(name)
    if found is None or found["name"] != name:
        raise ValueError(f"--allowed-hosts has {name!r}; it must be a name or address without scheme, port and path.")
    return name


def _origin(name: str) -> str:
    if not _ORIGIN.fullmatch(name):
        raise ValueError(f"--allowed-origins has {name!r}; it must be an origin such as https://portal.example.")
    return name
