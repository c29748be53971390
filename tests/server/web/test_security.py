from __future__ import annotations

import json
import re

import pytest
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.routing import BaseRoute

from attriscope.web.security import Access
from tests.server.web.conftest import TOKEN, BareServer


def paths(app: object) -> list[tuple[str, str]]:
    """Every (method, path) of the app, with path parameters filled in."""
    assert isinstance(app, FastAPI)
    schema = app.openapi()["paths"]
    documented = [(method.upper(), path) for path, methods in schema.items() for method in methods]
    hidden: list[BaseRoute] = [route for route in app.routes if not getattr(route, "include_in_schema", True)]
    others = [("GET", getattr(route, "path", "/")) for route in hidden]
    found = [*documented, *others, ("GET", "/"), ("GET", "/assets/index.js"), ("GET", "/api/nothing")]
    return [(method, re.sub(r"\{[^}]*\}", "1", path)) for method, path in found]


def test_a1_every_route_but_livez_needs_the_token(bare: BareServer) -> None:
    tried = paths(bare.app)
    assert len(tried) > 12
    strangers: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer tökén-ÿ"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": f"{bare.access.cookie}=0.0"},
        {"Cookie": f"{bare.access.cookie}=ÿ.ÿ"},
        {"Cookie": f"{bare.access.cookie}={TOKEN}"},
    ]
    for method, path in tried:
        for headers in strangers:
            answer = bare.ask(path, method, headers, known=False)
            expected = 200 if path == "/livez" else 401
            assert answer.status == expected, (method, path, headers)


def test_a1_a_wrong_token_in_the_link_opens_nothing(bare: BareServer) -> None:
    for query in ("token=wrong", "token=%C3%BF", "token=%FF", "token=", f"Token={TOKEN}"):
        answer = bare.ask(f"/?{query}", known=False)
        assert answer.status == 401, query
        assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example", "", "file://"])
@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_a2_foreign_origins_may_not_change_anything(bare: BareServer, origin: str, content_type: str) -> None:
    cookie = f"{bare.access.cookie}={bare.access.new_cookie()}"
    for method, path in paths(bare.app):
        if method in ("POST", "PUT", "PATCH", "DELETE"):
            headers = {"Origin": origin, "Content-Type": content_type, "Cookie": cookie}
            assert bare.ask(path, method, headers, b"{}", known=False).status == 403, (method, path)


def test_a2_other_sites_are_refused_without_an_origin_header_too(bare: BareServer) -> None:
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 404)):
        assert bare.ask("/api/jobs/1", "DELETE", {"Sec-Fetch-Site": site}).status == status


def test_a2_the_own_origin_passes(bare: BareServer) -> None:
    answer = bare.ask("/api/jobs/1", "DELETE", {"Origin": f"http://{bare.host}"})
    assert answer.status == 404


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "0.0.0.0", "", "127.0.0.1@evil.example", "localhost:80:80", "::1"],
)
def test_a3_foreign_hosts_are_refused(bare: BareServer, host: str) -> None:
    assert bare.ask("/livez", headers={"Host": host}).status == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_a3_local_names_are_served_with_and_without_port(bare: BareServer, host: str) -> None:
    for name in (host, f"{host}:{bare.port}"):
        assert bare.ask("/livez", headers={"Host": name}).status == 200


def test_a4_the_link_is_exchanged_for_a_cookie_and_a_clean_url(bare: BareServer) -> None:
    entered = bare.ask(f"/?token={TOKEN}", known=False)
    cookie = entered.headers["Set-Cookie"]
    assert entered.status == 200
    assert str(bare.port) in cookie.split("=")[0]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN.encode() not in entered.body
    assert TOKEN not in str(entered.headers)
    assert b'content="0;url=./"' in entered.body
    assert entered.headers["Referrer-Policy"] == "no-referrer"
    page = bare.ask("/", headers={"Cookie": cookie.split(";")[0]}, known=False)
    assert page.status == 200


def test_a6_cookies_of_another_token_are_worthless() -> None:
    old, new = Access("the-old-token", 1), Access("the-new-token", 1)
    assert old.identity_of(old.new_cookie()) is not None
    assert new.identity_of(old.new_cookie()) is None


def test_cookies_are_sessions_of_their_own() -> None:
    access = Access(TOKEN, 1)
    sessions = {access.identity_of(access.new_cookie()) for _ in range(10)}
    assert len(sessions) == 10
    assert None not in sessions


def test_a9_the_api_document_is_behind_the_token(bare: BareServer) -> None:
    assert bare.ask("/api/openapi.json", known=False).status == 401
    assert "/api/jobs" in json.loads(bare.ask("/api/openapi.json").body)["paths"]


def test_a9_every_answer_carries_the_security_headers(bare: BareServer) -> None:
    for path, known in (("/", True), ("/", False), ("/livez", True), ("/api/nothing", True)):
        headers = bare.ask(path, known=known).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_gets_a_fresh_nonce_that_the_policy_names(bare: BareServer) -> None:
    nonces = []
    for _ in range(2):
        answer = bare.ask("/")
        found = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert found
        assert b"__CSP_NONCE__" not in answer.body
        nonces.append(found[1])
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize(
    "other", ['a={"b":1,"c":"d e"}', "a[0]=1", "json=[1, 2]", "x=é", "a=1;;", "path=/x", "secure", "a b"]
)
def test_cookies_of_other_servers_on_this_machine_do_not_lock_us_out(bare: BareServer, other: str) -> None:
    own = f"{bare.access.cookie}={bare.access.new_cookie()}"
    for cookies in (f"{other}; {own}", f"{own}; {other}"):
        assert bare.ask("/", headers={"Cookie": cookies}, known=False).status == 200, cookies


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://[x]"])
def test_a2_origins_that_are_no_addresses_are_refused(bare: BareServer, origin: str) -> None:
    assert bare.ask("/api/jobs/1", "DELETE", {"Origin": origin}).status == 403


# --- frames and proxies of notebooks ---------------------------------------------------------------------


def _cookies(access: Access, *, secure: bool = False, **headers: str) -> list[str]:
    given = Headers({"host": "127.0.0.1:9", **{name.replace("_", "-"): value for name, value in headers.items()}})
    return access.set_cookies(access.new_cookie(), given, secure=secure)


@pytest.mark.parametrize("ancestors", ["'none'", "'self'"])
def test_who_lets_no_other_site_frame_it_sets_one_strict_cookie(ancestors: str) -> None:
    (cookie,) = _cookies(Access(TOKEN, 9, frame_ancestors=ancestors))
    assert "SameSite=strict" in cookie
    assert "Partitioned" not in cookie


def test_a_frame_of_another_site_gets_a_cookie_of_its_own() -> None:
    access = Access(TOKEN, 9, hosts=["gpu7.lab"], frame_ancestors="https://portal.example")
    strict, framed = _cookies(access)
    assert "SameSite=strict" in strict
    for part in ("SameSite=none", "Secure", "Partitioned", "HttpOnly"):
        assert part in framed
    name, _, rest = framed.partition("=")
    identity = access.identity(Headers({"cookie": f"{name}={rest.partition(';')[0]}"}))
    other = access.identity(Headers({"cookie": strict.partition(";")[0]}))
    assert identity is not None
    assert identity == other
    # Over http from elsewhere browsers would refuse it.
    assert len(_cookies(access, host="gpu7.lab:9")) == 1
    assert len(_cookies(access, host="gpu7.lab:9", secure=True)) == 2


@pytest.mark.parametrize(
    ("forwarded", "path"),
    [
        ("/user/anna/proxy/9", "/user/anna/proxy/9/"),
        ("/user/a%40b/proxy/9/", "/user/a%40b/proxy/9/"),
        ("/x; Domain=evil.example", "/"),
        ("evil", "/"),
        ("//", "/"),
    ],
)
def test_a_cookie_stays_where_the_notebooks_proxy_has_put_us(forwarded: str, path: str) -> None:
    for cookie in _cookies(Access(TOKEN, 9, frame_ancestors="https://x.example"), x_forwarded_prefix=forwarded):
        assert f"; Path={path};" in cookie
        assert "Domain" not in cookie
    (own,) = _cookies(Access(TOKEN, 9, prefix="/attriscope"), x_forwarded_prefix=forwarded)
    assert "; Path=/attriscope/;" in own


def test_any_host_name_where_the_setting_says_so() -> None:
    assert not Access(TOKEN, 9).knows_host("hub.example:8000")
    access = Access(TOKEN, 9, hosts=["*"])
    assert access.knows_host("hub.example:8000")
    assert access.knows_host("127.0.0.1:9")
    assert not access.knows_host("hub.example/path")
    # Its own page is still the only one that may change anything.
    assert access.trusts_origin(Headers({"host": "hub.example", "origin": "https://hub.example"}))
    assert not access.trusts_origin(Headers({"host": "hub.example", "origin": "https://evil.example"}))
