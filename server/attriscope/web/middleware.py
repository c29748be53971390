"""One ASGI middleware around everything, so that no route can be forgotten."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from urllib.parse import parse_qs

from anyio import BrokenResourceError, ClosedResourceError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from attriscope.jobs.errors import busy
from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.web import errors
from attriscope.web.quotas import Quotas
from attriscope.web.security import Access

logger = logging.getLogger("attriscope.web")

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OPEN_PATHS = ("/livez",)
_OPERATORS_PATHS = ("/metrics", "/readyz", "/api/openapi.json")
"""Not for visitors of an open demo."""
_STREAM = "/api/events"
_UPLOAD = re.compile(r"/api/explorers/[^/]+/samples")
_ENVELOPE = 1 << 16
"""What multipart adds to a file: boundaries, headers, a few fields."""
_REVOKED_SECONDS = 1.0
_CODES = {400: "host", 401: "unauthorized", 403: "forbidden", 413: "too_large", 429: "quota"}
"""What refusals made here are counted as."""

# No icon: browsers look for one at the host's root, which needs the token or belongs to somebody else.
_ENTER = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url=./"><title>attriscope</title><link rel="icon" href="data:,">
</head><body>Opening attriscope …</body></html>"""

_LOCKED = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>attriscope</title></head><body><main><h1>attriscope</h1>
<p>Open the link that attriscope printed in its terminal, or enter the token at its end.</p>
<form method="get" action="./"><label>Token <input name="token" type="password" autocomplete="off" required></label>
<button>Open</button></form></main></body></html>"""


class AccessMiddleware:
    """Refuses what may not come in; adds who it is to the scope and the security headers to every answer."""

    def __init__(self, app: ASGIApp, access: Access, settings: Settings, metrics: Metrics) -> None:
        self._app, self._access, self._settings, self._metrics = app, access, settings, metrics
        self._quotas = Quotas(settings.jobs_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers, nonce = Headers(scope=scope), secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                self._guard(answer, headers, nonce)
                if cookie := scope["state"].get("new_cookie"):
                    for one in self._access.set_cookies(cookie, headers, secure=scope["scheme"] == "https"):
                        answer.append("Set-Cookie", one)
            await send(message)

        # The routes and all checks know one set of paths, wherever a proxy has put it.
        path = self._access.inner_path(scope["path"])
        if path is not None:
            scope = {**scope, "path": path}
        refusal = self._refusal(scope, headers) if path is not None else self._to_prefix(headers)
        if refusal is not None and refusal.status_code >= 400:
            self._metrics.refused(_CODES.get(refusal.status_code, "refused"))
            client = (scope.get("client") or ("-",))[0]
            logger.info("%s %s from %s: %d", scope["method"], scope["path"], client, refusal.status_code)
        if refusal is None and path == _STREAM:
            await self._while_welcome(scope, headers, receive, send_guarded)
        else:
            await (refusal or self._app)(scope, self._limited(receive, self._most(scope)), send_guarded)

    async def _while_welcome(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """A stream lasts for hours, a token may be taken back meanwhile: it ends with its token."""
        running = asyncio.ensure_future(self._app(scope, receive, send))
        try:
            while not (await asyncio.wait({running}, timeout=_REVOKED_SECONDS))[0]:
                if self._access.identity(headers) is None:
                    running.cancel()
                    await asyncio.wait({running})
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    return
            running.result()
        except* (BrokenResourceError, ClosedResourceError):
            # FastAPI's heartbeat met a reader that was just leaving; nobody is there to be told.
            pass
        finally:
            running.cancel()

    def _limited(self, receive: Receive, most: int) -> Receive:
        """Bounds a body sent in chunks, without a length; the error reaches the handlers, unlike FastAPI's own."""
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)
            return message

        return limited

    def _most(self, scope: Scope) -> int:
        """Bytes of a body: an upload's, or any other's."""
        is_upload = scope["method"] == "POST" and _UPLOAD.fullmatch(scope["path"])
        if is_upload and self._settings.may_upload:
            return self._settings.max_upload_bytes + _ENVELOPE
        return self._settings.max_body_bytes

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Why this request goes no further; None once its session stands in the scope."""
        path, method = scope["path"], scope["method"]
        if not self._access.knows_host(headers.get("host", "")):
            return errors.standard(400, "This server does not answer to that host name.")
        if path in _OPEN_PATHS:
            return None
        if method not in _SAFE_METHODS and not self._access.trusts_origin(headers):
            return errors.standard(403)
        if method == "OPTIONS" and headers.get("origin") in self._access.origins:
            # A trusted page's browser asks first, and sends no cookie with that.
            return Response(status_code=204)
        if path == "/" and method == "GET" and (entrance := self._entrance(scope)):
            return entrance
        identity = self._access.identity(headers)
        if identity is None and path == "/" and self._access.open:
            scope["state"]["new_cookie"] = cookie = self._access.new_cookie()
            identity = self._access.identity_of(cookie)
        if identity is None or (identity.visitor and path in _OPERATORS_PATHS):
            if path == "/" and "text/html" in headers.get("accept", ""):
                return HTMLResponse(_LOCKED, 401)
            return errors.standard(401)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > self._most(scope):
            return errors.standard(413)
        client = identity.user or (scope.get("client") or ("",))[0]
        if wait := self._quotas.wait(method, path, identity.session, client):
            message = f"More than {self._quotas.jobs_per_minute} requests in a minute; wait {wait:.0f} s."
            return errors.refused(busy(429, "quota", message, wait, limit=self._quotas.jobs_per_minute))
        scope["state"].update(session=identity.session, user=identity.user)
        return None

    def _entrance(self, scope: Scope) -> Response | None:
        """Exchanges `?token=` for a cookie and a clean URL.

        The browser goes on from a page of ours, not by a redirect: after a link on another site, a redirected request
        would not carry the SameSite=Strict cookie that it has just been given.
        """
        given = parse_qs(scope["query_string"].decode("latin-1"), errors="surrogateescape").get("token")
        if not given:
            return None
        cookie = scope["state"]["new_cookie"] = self._access.enter(given[0])
        return HTMLResponse(_LOCKED, 401) if cookie is None else HTMLResponse(_ENTER)

    def _to_prefix(self, headers: Headers) -> Response:
        if not self._access.knows_host(headers.get("host", "")):
            return errors.standard(400, "This server does not answer to that host name.")
        return RedirectResponse(f"{self._access.prefix}/", 308)

    def _guard(self, answer: MutableHeaders, headers: Headers, nonce: str) -> None:
        answer["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
            f"style-src 'self' 'nonce-{nonce}'; font-src 'self'; base-uri 'none'; form-action 'self'; "
            f"frame-ancestors {self._access.frame_ancestors}"
        )
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Referrer-Policy"] = "no-referrer"
        answer["Cross-Origin-Opener-Policy"] = "same-origin"
        answer["Cross-Origin-Resource-Policy"] = "same-origin"
        answer["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        answer.setdefault("Cache-Control", "no-store")
        origin = headers.get("origin")
        if self._access.origins:
            answer.add_vary_header("Origin")
        if origin in self._access.origins:
            answer["Access-Control-Allow-Origin"] = str(origin)
            answer["Access-Control-Allow-Credentials"] = "true"
            answer["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            answer["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Last-Event-ID"
            answer["Access-Control-Expose-Headers"] = "ETag, Retry-After"
