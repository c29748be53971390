"""From settings to a running server: what the mode asks for, the socket, the link."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
import tempfile
import threading
import time
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import typer

from attriscope import __version__, logs
from attriscope.options import Unusable
from attriscope.settings import Settings
from attriscope.workers.source import Source

if TYPE_CHECKING:
    from attriscope.web.security import Access
    from attriscope.web.services import Services

_BROWSER_SECONDS = 30.0
"""The file that opens the page is kept for a browser that has to start first."""


def launch(sources: Sequence[Source], settings: Settings, browser: bool) -> None:
    """Runs the server until a signal.

    Raises:
        Unusable: the settings do not go together, the port is taken, a device or the token file cannot be used.
        KeyboardInterrupt: after Ctrl-C, when everything has ended.
    """
    # Imported here: `attriscope --help` should not wait for the web framework.
    from attriscope.jobs.warm import warm
    from attriscope.web import allocator, server

    allocator.settle()
    logs.configure(settings)
    site = prepare(sources, settings)
    settings, services, access, token, link = site.settings, site.services, site.access, site.token, site.link
    with site.listener:
        # The loop itself would let a task go that nobody holds.
        warming: list[asyncio.Future[None]] = []

        def announce() -> None:
            typer.echo(f"attriscope {__version__} · {', '.join(source.name for source in sources)}")
            typer.echo(f"Open {link}")
            if not token:
                who = "everyone who can reach it" if access.open else f"whoever has a token in {settings.token_file}"
                typer.echo(f"Open to {who}.")
            typer.echo("Ctrl-C stops it.")
            if settings.warm:
                warming.append(asyncio.ensure_future(warm_up()))
            else:
                show()

        async def warm_up() -> None:
            await warm(services.board, settings.warm_samples, typer.echo)
            show()

        def show() -> None:
            if browser:
                # A browser in the terminal would stop the server until it is left.
                threading.Thread(target=_open, args=(link,), daemon=True).start()

        server.run(services, access, site.listener, announce)


@dataclass(frozen=True)
class Site:
    """All that a server needs in order to run. link: to its page, with the token that opens it."""

    settings: Settings
    services: Services
    access: Access
    listener: socket.socket
    token: str | None
    link: str

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port


def prepare(sources: Sequence[Source], settings: Settings) -> Site:
    """A server on its socket, not yet running.

    Raises:
        Unusable: the settings do not go together, the port is taken, a device or the token file cannot be used.
    """
    from attriscope.web import server
    from attriscope.web.services import Services

    settings = with_mode(settings)
    try:
        listener = server.bind(settings.host, settings.port, exact="port" in settings.model_fields_set)
    except OSError as error:
        raise Unusable(str(error)) from None
    port = listener.getsockname()[1]
    try:
        access, token = access_for(settings, port)
        services = Services(sources, settings)
    except ValueError as error:
        listener.close()
        raise Unusable(str(error)) from None
    logs.keep_secret(token or "")
    url = f"http://{_address(settings)}:{port}{settings.path_prefix}/"
    link = f"{url}?token={quote(token, safe='')}" if token else url
    return Site(settings, services, access, listener, token, link)


def with_mode(settings: Settings) -> Settings:
    """The settings in the mode they come to: whoever listens to other machines serves a team, if not a demo.

    Raises:
        Unusable: the settings do not go together.
    """
    if not is_loopback(settings.host):
        if settings.mode == "local" and "mode" in settings.model_fields_set:
            raise Unusable(f"--mode is 'local' and --host {settings.host} is reachable from other machines: use team.")
        if not settings.allowed_hosts:
            raise Unusable(
                f"--host {settings.host} is reachable from other machines: set --allowed-hosts "
                "(ATTRISCOPE_ALLOWED_HOSTS) to the names they use for this one, e.g. gpu7.lab,10.0.0.7."
            )
        if settings.mode == "local":
            settings = settings.model_copy(update={"mode": "team"})
    if settings.token is not None and settings.token_file is not None and settings.mode != "demo":
        raise Unusable("ATTRISCOPE_TOKEN and --token-file are both given; use one of them.")
    return settings


def access_for(settings: Settings, port: int) -> tuple[Access, str | None]:
    """Who may come in, and the token to print: none where there are several, or where nobody needs one.

    Raises:
        ValueError: the token file cannot be read, or others can read it.
    """
    from attriscope.web.security import Access
    from attriscope.web.tokens import TokenFile, Tokens

    opened = settings.mode == "demo" and settings.token_file is None
    token = None
    if settings.token_file is not None:
        tokens: Tokens = TokenFile(settings.token_file)
    elif opened:
        # Visitors need none; this one is the operator's, who reads /metrics.
        tokens = Tokens({} if settings.token is None else {"": settings.token})
    else:
        token = settings.token or secrets.token_urlsafe(24)
        tokens = Tokens({"": token})
    access = Access(
        tokens,
        port,
        hosts=[*settings.allowed_hosts, _address(settings)],
        origins=settings.allowed_origins,
        frame_ancestors=settings.frame_ancestors,
        prefix=settings.path_prefix,
        open=opened,
    )
    return access, token


def _address(settings: Settings) -> str:
    """The name in the link: one that this server answers to."""
    if not is_loopback(settings.host):
        return settings.allowed_hosts[0]
    return f"[{settings.host}]" if ":" in settings.host else settings.host


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _open(url: str) -> None:
    """Opens the page by way of a private file: an address on a command line is seen by every user of the machine."""
    with tempfile.TemporaryDirectory(prefix="attriscope-") as folder:
        page = Path(folder, "open.html")
        page.touch(mode=0o600)
        page.write_text(
            f'<meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url={url}">'
        )
        webbrowser.open(page.as_uri())
        time.sleep(_BROWSER_SECONDS)
