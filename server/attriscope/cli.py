"""The command line: `attriscope demo` and `attriscope serve`."""

from __future__ import annotations

import ipaddress
import logging
import secrets
import sys
import tempfile
import threading
import time
import webbrowser
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from attriscope import __version__
from attriscope.settings import Settings
from attriscope.workers.source import ExplorerSource

cli = typer.Typer(
    help="See why a PyTorch model predicted what it did.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Host = Annotated[str | None, typer.Option(help=f"{Settings.model_fields['host'].description} [default: 127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one. [default: 8765, or the next]")]
Devices = Annotated[str | None, typer.Option(help="auto, cpu, mps, or a list as cuda:0,cuda:1 [default: auto]")]
Workers = Annotated[int | None, typer.Option(help="Worker processes on each device. [default: 1; 2 on a CPU]")]
Browser = Annotated[bool, typer.Option(help="Open the page in a browser.")]

_BROWSER_SECONDS = 30.0
"""The file that opens the page is kept for a browser that has to start first."""

EXAMPLES = {"scenes": "example_models.scenes"}


def main() -> None:
    """The `attriscope` command."""
    try:
        cli()
    except KeyboardInterrupt:
        # 128 + SIGINT, as shells expect of a command ended by Ctrl-C.
        sys.exit(130)


@cli.command()
def demo(
    example: Annotated[str, typer.Argument(help=f"One of: {', '.join(EXAMPLES)}.")] = "scenes",
    host: Host = None,
    port: Port = None,
    devices: Devices = None,
    workers_per_device: Workers = None,
    browser: Browser = True,
) -> None:
    """Open the explorer on an embedded example."""
    if example not in EXAMPLES:
        raise _usage(f"There is no example {example!r}; there is: {', '.join(EXAMPLES)}.")
    source = ExplorerSource(name=example, module=EXAMPLES[example])
    serve_sources([source], host, port, devices, workers_per_device, browser)


@cli.command()
def serve(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE[:FACTORY]", help="A Python file with `def explorer() -> Explorer`.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model without any code, e.g. torchvision:resnet50.")] = None,
    images: Annotated[Path | None, typer.Option(help="A folder of images for --model.")] = None,
    weights: Annotated[Path | None, typer.Option(help="A file of weights for --model.")] = None,
    host: Host = None,
    port: Port = None,
    devices: Devices = None,
    workers_per_device: Workers = None,
    browser: Browser = True,
) -> None:
    """Open the explorer on your own model."""
    if (file is None) == (model is None):
        raise _usage("Give either a FILE with an explorer factory, or --model with --images.")
    source = _file_source(file) if file is not None else _model_source(str(model), images, weights)
    serve_sources([source], host, port, devices, workers_per_device, browser)


@cli.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def serve_sources(
    sources: list[ExplorerSource],
    host: str | None,
    port: int | None,
    devices: str | None,
    workers_per_device: int | None,
    browser: bool,
) -> None:
    """Runs the server until Ctrl-C."""
    # Imported here: `attriscope --help` should not wait for the web framework.
    from attriscope.web import server
    from attriscope.web.security import Access
    from attriscope.web.services import Services

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = _settings(host=host, port=port, devices=devices, workers_per_device=workers_per_device)
    if not _is_loopback(settings.host) and not settings.allowed_hosts:
        raise _usage(
            f"--host {settings.host} is reachable from other machines: set ATTRISCOPE_ALLOWED_HOSTS to the names they "
            "use for this one, e.g. gpu7.lab,10.0.0.7."
        )
    try:
        listener = server.bind(settings.host, settings.port, exact=port is not None)
    except OSError as error:
        raise _usage(str(error)) from None
    with listener:
        try:
            services = Services(sources, settings)
        except ValueError as error:
            raise _usage(str(error)) from None
        bound = listener.getsockname()[1]
        token = settings.token or secrets.token_urlsafe(24)
        name = _address(settings)
        hosts = [*settings.allowed_hosts, name]
        access = Access(token, bound, hosts=hosts, frame_ancestors=settings.frame_ancestors)
        url = f"http://{name}:{bound}/?token={quote(token, safe='')}"

        def announce() -> None:
            typer.echo(f"attriscope {__version__} · {', '.join(source.name for source in sources)}")
            typer.echo(f"Open {url}")
            typer.echo("Ctrl-C stops it.")
            if browser:
                # A browser in the terminal would stop the server until it is left.
                threading.Thread(target=_open, args=(url,), daemon=True).start()

        server.run(services, access, listener, announce)


def _address(settings: Settings) -> str:
    """The name in the link: one that this server answers to."""
    if not _is_loopback(settings.host):
        return settings.allowed_hosts[0]
    return f"[{settings.host}]" if ":" in settings.host else settings.host


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


def _settings(**given: Any) -> Settings:
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(str(part) for part in problem["loc"])
        value = "not shown here" if name == "token" else repr(problem["input"])
        raise _usage(f"{name} is {value}: {problem['msg'][:1].lower()}{problem['msg'][1:]}.") from None
    except SettingsError as error:
        raise _usage(f"The environment has a setting that cannot be read: {error}.") from None


def _file_source(argument: str) -> ExplorerSource:
    path, colon, factory = argument.rpartition(":")
    if not colon or not factory.isidentifier():
        path, factory = argument, "explorer"
    file = Path(path)
    if not file.is_file():
        raise _usage(f"There is no file {path!r}.")
    return ExplorerSource(name=file.stem, path=str(file.resolve()), factory=factory)


def _model_source(model: str, images: Path | None, weights: Path | None) -> ExplorerSource:
    kind, _, name = model.partition(":")
    if kind != "torchvision" or not name:
        raise _usage(f"--model is {model!r}; it must be torchvision:NAME, e.g. torchvision:resnet50.")
    if images is None or not images.is_dir():
        raise _usage(f"--images is {str(images) if images else 'missing'}; it must be a folder of images.")
    if weights is not None and not weights.is_file():
        raise _usage(f"--weights is {str(weights)!r}; there is no such file.")
    arguments = {"model": name, "images": str(images.resolve())}
    if weights is not None:
        arguments["weights"] = str(weights.resolve())
    return ExplorerSource(name=name, module="attriscope.torchvision_models", arguments=arguments)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _usage(message: str) -> typer.BadParameter:
    return typer.BadParameter(message)
