from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI, Form, Request, UploadFile

from attriscope.settings import Settings
from attriscope.web.security import Access
from attriscope.web.tokens import Tokens
from tests.server.web.conftest import TOKEN, BareServer, serving
from tests.server.web.test_security import paths

ORIGIN = "https://portal.example"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    file = f'; filename="{filename}"' if filename else ""
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form_app() -> FastAPI:
    """The upload's address with the simplest reader of forms behind it."""
    app = FastAPI()

    @app.post("/api/explorers/{explorer}/samples")
    async def upload(file: UploadFile) -> int:
        return len(await file.read())

    @app.post("/form")
    async def form(a0: Annotated[str, Form()]) -> str:
        return a0

    @app.get("/who")
    async def who(request: Request) -> list[str]:
        return [request.state.session, request.state.user]

    return app


def test_routes_know_the_session_and_the_user() -> None:
    with serving(tokens=Tokens({"anna": "anna-token", "ben": "ben-token"}), app=form_app()) as server:
        assert json.loads(server.ask("/who", headers={"Authorization": "Bearer ben-token"}).body) == [
            "bearer:ben",
            "ben",
        ]
        cookie = server.cookie(server.ask("/?token=anna-token", known=False))
        session, user = json.loads(server.ask("/who", headers=cookie, known=False).body)
        assert (len(session), user) == (32, "anna")
    with serving(app=form_app()) as server:
        assert json.loads(server.ask("/who").body) == ["bearer", ""]


def test_a1_named_tokens_lock_every_route_to_strangers() -> None:
    with serving(tokens=Tokens({"anna": "anna-token"})) as server:
        for method, path in paths(server.app):
            for headers in ({}, {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": "Bearer änna-token"}):
                status = server.ask(path, method, headers, known=False).status
                assert status == (200 if path == "/livez" else 401), (method, path)


def test_a1_of_an_open_demo_visitors_need_a_cookie_and_get_one_at_the_door() -> None:
    with serving(Settings(mode="demo"), tokens=Tokens({}), open=True) as server:
        for method, path in paths(server.app):
            if (method, path) != ("GET", "/"):
                assert server.ask(path, method, known=False).status == (200 if path == "/livez" else 401), path
        entered = server.ask("/", known=False)
        assert entered.status == 200
        assert "samesite=lax" in entered.headers["Set-Cookie"].lower()
        assert "HttpOnly" in entered.headers["Set-Cookie"]
        cookie = server.cookie(entered)
        assert server.ask("/api/explorers", headers=cookie, known=False).status == 200
        again = server.ask("/", headers=cookie, known=False)
        assert again.headers["Set-Cookie"] is None
        assert server.cookie(server.ask("/", known=False)) != cookie


def test_a9_of_an_open_demo_metrics_and_the_api_document_are_the_operators() -> None:
    with serving(Settings(mode="demo"), tokens=TOKEN, open=True) as server:
        cookie = server.cookie(server.ask("/", known=False))
        for path in ("/metrics", "/readyz", "/api/openapi.json"):
            assert server.ask(path, headers=cookie, known=False).status == 401, path
            assert server.ask(path).status == 200, path


def test_a9_metrics_are_behind_the_token_and_count_refusals() -> None:
    with serving() as server:
        assert server.ask("/metrics", known=False).status == 401
        answer = server.ask("/metrics")
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert b'attriscope_refused_total{code="unauthorized"} 1.0' in answer.body
        assert b"process_resident_memory_bytes" in answer.body


def test_a2_a_trusted_origin_may_ask_and_read_and_no_other_may() -> None:
    with serving(origins=[ORIGIN]) as server:
        preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        answer = server.ask("/api/jobs", "OPTIONS", preflight, known=False)
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        answer = server.ask("/api/jobs/1", "DELETE", {"Origin": ORIGIN})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, ORIGIN)
        for origin in ("https://portal.example.evil.example", "http://portal.example", "null"):
            answer = server.ask("/api/jobs/1", "DELETE", {"Origin": origin})
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (403, None)
            answer = server.ask("/api/explorers", headers={"Origin": origin})
            assert answer.headers["Access-Control-Allow-Origin"] is None
            assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("origin", ["portal.example", "*", "https://portal.example/path", "null"])
def test_an_origin_that_is_none_is_said(origin: str) -> None:
    with pytest.raises(ValueError, match="--allowed-origins"):
        Access(TOKEN, 1, origins=[origin])


@pytest.mark.parametrize("host", ["gpu7:8765", "http://gpu7", "gpu7/x", "a@b"])
def test_a_host_that_is_none_is_said(host: str) -> None:
    with pytest.raises(ValueError, match="--allowed-hosts"):
        Access(TOKEN, 1, hosts=[host])


def test_a3_allowed_hosts_are_served() -> None:
    with serving(hosts=["GPU7.lab", "2001:db8::7"]) as server:
        for host, status in (("gpu7.lab:80", 200), ("[2001:db8::7]:80", 200), ("gpu8.lab", 400), ("[::7]", 400)):
            assert server.ask("/livez", headers={"Host": host}).status == status, host


def test_a4_over_tls_the_cookie_is_secure() -> None:
    with serving() as server:
        for scheme, secure in (("https", True), ("http", False)):
            answer = server.ask(f"/?token={TOKEN}", headers={"X-Forwarded-Proto": scheme}, known=False)
            assert ("; Secure" in answer.headers["Set-Cookie"]) is secure


def test_p3_uploads_have_a_bound_of_their_own() -> None:
    settings = Settings(max_body_bytes=1000, max_upload_bytes=100_000)
    with serving(settings, app=form_app()) as server:
        path = "/api/explorers/e/samples"
        for size, status in ((50_000, 200), (100_000, 200), (200_000, 413)):
            body = part("file", b"x" * size, "a.png") + b"--x--\r\n"
            assert server.ask(path, "POST", MULTIPART, body).status == status, size
            chunks = (body[start : start + 8192] for start in range(0, len(body), 8192))
            assert server.ask(path, "POST", MULTIPART, chunks).status == status, size
        small = part("a0", b"x" * 2000) + b"--x--\r\n"
        assert server.ask("/form", "POST", MULTIPART, small).status == 413
    with serving(settings.model_copy(update={"uploads": False}), app=form_app()) as server:
        body = part("file", b"x" * 2000, "a.png") + b"--x--\r\n"
        assert server.ask(path, "POST", MULTIPART, body).status == 413


@pytest.mark.parametrize("count", [1000, 1001])
def test_p4_a_form_has_at_most_a_thousand_fields(count: int) -> None:
    with serving(Settings(), app=form_app()) as server:
        body = b"".join(part(f"a{number}", b"1") for number in range(count)) + b"--x--\r\n"
        encoded = "&".join(f"a{number}=1" for number in range(count)).encode()
        urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
        for headers, sent in ((MULTIPART, body), (urlencoded, encoded)):
            answer = server.ask("/form", "POST", headers, sent)
            assert answer.status == (200 if count == 1000 else 400)
            if answer.status == 400:
                assert json.loads(answer.body)["code"] == "bad_request"


def test_p2_ten_thousand_ranges_are_ignored(bare: BareServer) -> None:
    ranges = "bytes=" + ",".join(f"{start}-{start}" for start in range(0, 20_000, 2))
    whole = bare.ask("/").status
    for path in ("/", "/favicon.svg", "/api/results/1/image.npy", "/api/explorers/e/samples/0/f/image.png"):
        answer = bare.ask(path, headers={"Range": ranges[:30_000]})
        assert answer.status in (whole, 404, 400, 431), path
        assert answer.headers["Content-Range"] is None
        assert answer.headers["Accept-Ranges"] is None
        assert b"multipart/byteranges" not in answer.headers.as_bytes()
        answer = bare.ask(path, headers={"Range": ranges})
        assert answer.status in (whole, 404, 400, 431), path
    assert bare.ask("/livez").status == 200


@pytest.mark.parametrize("path", ["http://evil.example/x", "file:///etc/passwd"])
def test_p12_an_address_as_a_path_is_a_path(bare: BareServer, path: str) -> None:
    assert bare.ask(f"/{path}").status == 404


def test_p13_what_was_asked_for_comes_back_as_json_only(bare: BareServer) -> None:
    script = "<script>alert(1)</script>"
    answers = [
        bare.ask("/api/explorers/%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
        bare.ask("/api/explorers/e/samples?start=%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
        bare.ask("/%3Cscript%3Ealert(1)%3C/script%3E"),
        bare.ask(f"/?token={script.replace(' ', '')}", known=False),
    ]
    for answer in answers:
        is_json = answer.headers["Content-Type"] == "application/json"
        assert is_json or script.encode() not in answer.body
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


class TestPrefix:
    def test_paths_work_with_and_without_the_prefix(self) -> None:
        with serving(prefix="/team/xai") as server:
            for prefix in ("", "/team/xai"):
                assert server.ask(f"{prefix}/livez", known=False).status == 200
                assert server.ask(f"{prefix}/").status == 200
                assert server.ask(f"{prefix}/api/explorers").status == 200
                assert server.ask(f"{prefix}/api/explorers", known=False).status == 401
                assert server.ask(f"{prefix}/../settings.py").status == 404
            for path in ("/team/xai2/livez", "/team/livez", "/xai/livez"):
                assert server.ask(path).status == 404

    def test_the_bare_prefix_leads_to_the_page(self) -> None:
        with serving(prefix="/team") as server:
            answer = server.ask("/team", known=False)
            assert (answer.status, answer.headers["Location"]) == (308, "/team/")
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert server.ask("/team", headers={"Host": "evil.example"}).status == 400

    def test_the_cookie_belongs_to_the_prefix(self) -> None:
        with serving(prefix="/team") as server:
            answer = server.ask(f"/team/?token={TOKEN}", known=False)
            assert "Path=/team/;" in answer.headers["Set-Cookie"]
            assert server.ask("/team/", headers=server.cookie(answer), known=False).status == 200

    def test_the_page_names_nothing_by_an_absolute_path(self, bare: BareServer) -> None:
        index = bare.ask("/").body.decode()
        if "not been built" in index:
            pytest.skip("the page has not been built")
        assert 'src="/' not in index
        assert 'href="/' not in index

    @pytest.mark.parametrize("prefix", ["/api", "/metrics", "/assets/x"])
    def test_a_prefix_like_a_path_of_the_servers_own_is_refused(self, prefix: str) -> None:
        with pytest.raises(ValueError, match="--path-prefix"):
            Access(TOKEN, 1, prefix=prefix)


def test_p1_a_prefix_opens_no_way_to_files(tmp_path: Path) -> None:
    with serving(prefix="/team") as server:
        for path in ("/team/../../etc/passwd", "/team//etc/passwd", "/team/%2e%2e/settings.py", "/team/team/livez"):
            assert server.ask(path).status == 404, path
