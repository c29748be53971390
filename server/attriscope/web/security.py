"""Who may talk to this server: names it answers to, origins it trusts, tokens and session cookies.

One ASGI middleware around everything, so that no route can be forgotten.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from attriscope.web import errors

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OPEN_PATHS = ("/livez",)
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]/@]+)(:[0-9]{1,5})?")
_COOKIE_AGE = 30 * 24 * 3600

_ENTER = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url=./"><title>attriscope</title></head>
<body>Opening attriscope …</body></html>"""

_LOCKED = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>attriscope</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>attriscope</h1>
<p>Open the link that attriscope printed in its terminal, or enter the token at its end.</p>
<form method="get" action="./"><label>Token <input name="token" type="password" autocomplete="off" required></label>
<button>Open</button></form></main></body></html>"""


class Access:
    """The token, and the cookies made from it: `<session>.<HMAC of session under the token>`."""

    def __init__(self, token: str, port: int, *, hosts: Iterable[str] = (), frame_ancestors: str = "'none'") -> None:
        self._token = token.encode()
        # Browsers send one host's cookies to all its ports: the port keeps two servers apart.
        self.cookie = f"attriscope_{port}"
        self.hosts = {name.lower() for name in (*_LOCAL_NAMES, *hosts)}
        self.frame_ancestors = frame_ancestors

    def is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._token)

    def new_cookie(self) -> str:
        session = secrets.token_hex(16)
        return f"{session}.{self._sign(session)}"

    def session_of(self, cookie: str) -> str | None:
        """The cookie's session; None if it was not made with this token."""
        session, _, signature = cookie.partition(".")
        return session if hmac.compare_digest(signature.encode(), self._sign(session).encode()) else None

    def session(self, headers: Headers) -> str | None:
        """The caller's session, by bearer token or cookie; None for a stranger."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return "bearer" if self.is_token(given.strip()) else None
        for value in headers.getlist("cookie"):
            # Not http.cookies: it drops all cookies for one that it does not like, and browsers send us those of every
            # other server on this machine.
            if session := self.session_of(cookie_parser(value).get(self.cookie, "")):
                return session
        return None

    def knows_host(self, host: str) -> bool:
        """Whether `host`, a Host header with or without port, is a name of this server."""
        found = _HOST.fullmatch(host)
        return found is not None and found["name"].lower() in self.hosts

    def trusts_origin(self, headers: Headers) -> bool:
        """Whether a mutating request comes from this server's own page, or from no page at all."""
        origin = headers.get("origin")
        if origin is not None:
            host = headers.get("host", "")
            return origin in (f"http://{host}", f"https://{host}")
        return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")

    def _sign(self, session: str) -> str:
        return hmac.new(self._token, session.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


class AccessMiddleware:
    """Refuses what may not come in, adds the session to the scope and the security headers to every answer."""

    def __init__(self, app: ASGIApp, access: Access, max_body_bytes: int) -> None:
        self._app, self._access, self._max_body_bytes = app, access, max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        state = scope.setdefault("state", {})
        state["nonce"] = nonce

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._guard(MutableHeaders(scope=message), nonce)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, self._limited(receive), send_guarded)

    def _limited(self, receive: Receive) -> Receive:
        """Bounds a body sent in chunks, without a length; the error reaches the handlers, unlike FastAPI's own."""
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                raise HTTPException(413)
            return message

        return limited

    def _refusal(self, scope: Scope) -> Response | None:
        """Why this request goes no further; None once its session stands in the scope."""
        headers, path, method = Headers(scope=scope), scope["path"], scope["method"]
        if not self._access.knows_host(headers.get("host", "")):
            return errors.standard(400, "This server does not answer to that host name.")
        if path in _OPEN_PATHS:
            return None
        if method not in _SAFE_METHODS and not self._access.trusts_origin(headers):
            return errors.standard(403)
        if path == "/" and method == "GET" and (entrance := self._entrance(scope)):
            return entrance
        session = self._access.session(headers)
        if session is None:
            if path == "/" and "text/html" in headers.get("accept", ""):
                return HTMLResponse(_LOCKED, 401)
            return errors.standard(401)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > self._max_body_bytes:
            return errors.standard(413)
        scope["state"]["session"] = session
        return None

    def _entrance(self, scope: Scope) -> Response | None:
        """Exchanges `?token=` for a cookie and a clean URL.

        The browser goes on from a page of ours, not by a redirect: after a link on another site, a redirected request
        would not carry the SameSite=Strict cookie that it has just been given.
        """
        given = parse_qs(scope["query_string"].decode("latin-1"), errors="surrogateescape").get("token")
        if not given:
            return None
        if not self._access.is_token(given[0]):
            return HTMLResponse(_LOCKED, 401)
        response = HTMLResponse(_ENTER)
        response.set_cookie(
            self._access.cookie, self._access.new_cookie(), max_age=_COOKIE_AGE, httponly=True, samesite="strict"
        )
        return response

    def _guard(self, headers: MutableHeaders, nonce: str) -> None:
        headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
            f"style-src 'self' 'nonce-{nonce}'; font-src 'self'; base-uri 'none'; form-action 'self'; "
            f"frame-ancestors {self._access.frame_ancestors}"
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        headers.setdefault("Cache-Control", "no-store")
