"""docs/nginx.conf, run: TLS, path prefix, unbuffered streams, compression, upload size, no token in a log."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.live import EXPLORERS, PATIENCE, ROOT, LiveServer

NAME = "explain.example.org"
PREFIX = "/attriscope"
TOKEN = "a-token-for-the-proxy"

# Distributions put it where only the superuser looks.
NGINX = shutil.which(
    "nginx", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
)

pytestmark = pytest.mark.skipif(
    NGINX is None or shutil.which("openssl") is None, reason="nginx and openssl are not installed"
)


@dataclass
class Proxied:
    """The server behind nginx. `client` knows its certificate and comes as a browser does."""

    server: LiveServer
    client: httpx.Client
    folder: Path
    plain_port: int
    origin: str


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def replaced(text: str, changes: dict[str, str]) -> str:
    """`text` with each `old: new`; every one must be there, so that the test runs what the docs show."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    command += ["-addext", f"subjectAltName=DNS:{NAME}", "-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def main_config(folder: Path) -> Path:
    """What a distribution's nginx.conf does, with every path in `folder`."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    lines = ["user root;" if os.geteuid() == 0 else "", "daemon off;", f"pid {folder}/nginx.pid;"]
    lines += [f"error_log {folder}/main-error.log;", "events {}", "http {", "types { text/html html; }"]
    lines += [f"{kind}_temp_path {folder}/{kind};" for kind in kinds]
    path = folder / "main.conf"
    path.write_text("\n".join([*lines, f"include {folder}/attriscope.conf;", "}"]), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["as in the docs", "prefix taken off"])
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("nginx")
    certificate(folder)
    arguments = ["--mode", "team", "--path-prefix", PREFIX, "--allowed-hosts", NAME]
    with LiveServer(
        "serve", f"{EXPLORERS / 'faulty.py'}:explorer", *arguments, env={"ATTRISCOPE_TOKEN": TOKEN}
    ) as server:
        plain, secure = free_port(), free_port()
        text = (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")
        changes = {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
            "/etc/ssl/attriscope": str(folder),
            "/var/log/nginx": str(folder),
            "http://127.0.0.1:8765;": f"http://127.0.0.1:{server.port};",
        }
        if request.param == "prefix taken off":
            changes |= {f"location {PREFIX} {{": f"location {PREFIX}/ {{", f":{server.port};": f":{server.port}/;"}
        (folder / "attriscope.conf").write_text(replaced(text, changes), encoding="utf-8")
        process = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(main_config(folder))])
        trusting = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        origin = f"https://{NAME}:{secure}"
        client = httpx.Client(
            base_url=f"https://127.0.0.1:{secure}",
            headers={"Host": f"{NAME}:{secure}", "Origin": origin},
            verify=trusting,
            timeout=PATIENCE,
            transport=Named(verify=trusting),
        )
        try:
            server.wait(lambda: answers(secure, process))
            yield Proxied(server, client, folder, plain, origin)
        finally:
            client.close()
            process.terminate()
            process.wait(20)


class Named(httpx.HTTPTransport):
    """Asks the machine at the address for the certificate of `NAME`."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = NAME
        return super().handle_request(request)


def answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "nginx has ended"
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def enter(proxied: Proxied) -> httpx.Response:
    return proxied.client.get(f"{PREFIX}/", params={"token": TOKEN})


def test_plain_http_leads_to_tls(proxied: Proxied) -> None:
    answer = httpx.get(f"http://127.0.0.1:{proxied.plain_port}{PREFIX}/", headers={"Host": NAME})
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}{PREFIX}/")


def test_the_prefix_without_its_slash_leads_to_the_page(proxied: Proxied) -> None:
    answer = proxied.client.get(PREFIX)
    assert answer.status_code in (301, 308)
    assert answer.headers["Location"].endswith(f"{PREFIX}/")


def test_strangers_are_refused_and_the_link_opens_the_page(proxied: Proxied) -> None:
    proxied.client.cookies.clear()
    assert proxied.client.get(f"{PREFIX}/api/explorers").status_code == 401
    answer = enter(proxied)
    assert answer.status_code == 200
    cookie = answer.headers["Set-Cookie"]
    assert "; Secure" in cookie
    assert f"Path={PREFIX}/;" in cookie
    assert "strict-transport-security" not in answer.headers
    page = proxied.client.get(f"{PREFIX}/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert proxied.client.get(f"{PREFIX}/api/explorers").json()["explorers"][0]["id"] == "faulty"
    logged = "".join(path.read_text(encoding="utf-8") for path in proxied.folder.glob("*.log"))
    assert f'"GET {PREFIX}/"' in logged
    assert TOKEN not in logged


def test_what_is_large_and_text_is_compressed(proxied: Proxied) -> None:
    enter(proxied)
    answer = proxied.client.get(f"{PREFIX}/api/explorers/faulty")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json()["description"]


def test_events_come_at_once_and_a_job_runs_to_its_end(proxied: Proxied) -> None:
    enter(proxied)
    client, server = proxied.client, proxied.server
    server.samples(count=2)
    with server.events(client=Under(client)) as events:
        assert next(events)["event"] == "snapshot"
        request = server.request(samples=[0, 1])
        created = client.post(f"{PREFIX}/api/jobs", json=request)
        assert created.status_code == 201, created.text
        # Buffered, nothing of this would arrive before the stream's end.
        started = time.monotonic()
        states = iter(event["data"]["job"]["state"] for event in events if event["event"] == "job")
        assert any(state == "done" for state in states)
        assert time.monotonic() - started < PATIENCE
    key = client.get(f"{PREFIX}/api/jobs/{created.json()['id']}").json()["items"][0]["key"]
    assert client.get(f"{PREFIX}/api/results/{key}/image.npy").content[:6] == b"\x93NUMPY"


def test_a2_another_origin_may_change_nothing_here_either(proxied: Proxied) -> None:
    enter(proxied)
    for origin, status in (("https://evil.example", 403), (f"https://{NAME}", 403), (proxied.origin, 404)):
        answer = proxied.client.delete(f"{PREFIX}/api/jobs/1", headers={"Origin": origin})
        assert answer.status_code == status, origin


def test_a3_another_name_is_refused(proxied: Proxied) -> None:
    enter(proxied)
    assert proxied.client.get(f"{PREFIX}/livez", headers={"Host": "evil.example"}).status_code == 400


def test_p3_bodies_are_bounded_by_attriscope_and_before_it_by_nginx(proxied: Proxied) -> None:
    enter(proxied)
    answer = proxied.client.post(f"{PREFIX}/api/jobs", content=b" " * (2 << 20))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    answer = proxied.client.post(f"{PREFIX}/api/jobs", content=b" " * (22 << 20))
    assert answer.status_code == 413
    assert "nginx" in answer.text


class Under(httpx.Client):
    """Sends what goes to /api through another client, under the prefix."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__()
        self._inner = client

    def stream(self, method: str, url: str, **rest: object) -> object:  # type: ignore[override]
        return self._inner.stream(method, f"{PREFIX}{url}", **rest)  # type: ignore[arg-type]
