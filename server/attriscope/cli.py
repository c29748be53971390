"""The command line: `attriscope demo` and `attriscope serve`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from attriscope import __version__
from attriscope.launch import launch
from attriscope.options import Unusable, accepts_settings, read_settings
from attriscope.workers.source import ExplorerSource

cli = typer.Typer(
    help="See why a PyTorch model predicted what it did.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Browser = Annotated[bool, typer.Option(help="open the page in a browser")]
_EPILOG = "Every setting can come from the environment too, as ATTRISCOPE_PORT; an option given here goes first."

EXAMPLES: dict[str, tuple[str, ...]] = {
    "scenes": (),
    "reviews": (),
    "wine": (),
    "scenes_qa": (),
    "cifar10": ("data",),
    "imagenet": ("data", "model"),
    "hf_text": ("data", "model"),
}
"""Modules of example_models, and which options of `demo` their factories take."""


def main() -> None:
    """The `attriscope` command."""
    try:
        cli()
    except KeyboardInterrupt:
        # 128 + SIGINT, as shells expect of a command ended by Ctrl-C.
        sys.exit(130)


@cli.command(epilog=_EPILOG)
@accepts_settings
def demo(
    example: Annotated[str, typer.Argument(help=f"one of: {', '.join(EXAMPLES)}")] = "scenes",
    data: Annotated[
        Path | None,
        typer.Option(help="cifar10: where its data are, or go; imagenet: a folder of images; hf_text: a file of texts"),
    ] = None,
    model: Annotated[str | None, typer.Option(help="the model's name, of imagenet or hf_text")] = None,
    browser: Browser = True,
    **given: Any,
) -> None:
    """Open the explorer on an embedded example."""
    if example not in EXAMPLES:
        raise _usage(f"There is no example {example!r}; there is: {', '.join(EXAMPLES)}.")
    chosen = {"data": None if data is None else str(data.expanduser().resolve()), "model": model}
    arguments = {option: value for option, value in chosen.items() if value is not None}
    for option in arguments:
        if option not in EXAMPLES[example]:
            takers = [name for name, options in EXAMPLES.items() if option in options]
            raise _usage(f"--{option} is not for {example!r}, only for {', '.join(takers)}.")
    _launch([ExplorerSource(name=example, module=f"example_models.{example}", arguments=arguments)], browser, given)


@cli.command(epilog=_EPILOG)
@accepts_settings
def serve(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE[:FACTORY]…", help="Python files with `def explorer() -> Explorer`"),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="a model without any code: torchvision:NAME or huggingface:NAME_OR_FOLDER"),
    ] = None,
    images: Annotated[Path | None, typer.Option(help="a folder of images for --model")] = None,
    texts: Annotated[
        Path | None, typer.Option(help="a file of texts for --model huggingface:…: one a line, or .csv, .tsv, .jsonl")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="a file of weights for --model torchvision:…")] = None,
    browser: Browser = True,
    **given: Any,
) -> None:
    """Open the explorer on your own models: one explorer a file."""
    if bool(files) == (model is not None):
        raise _usage("Give either a FILE with an explorer factory, or --model with --images or --texts.")
    sources = [_file_source(file) for file in files] if files else [_model_source(str(model), images, texts, weights)]
    _launch(_distinct(sources), browser, given)


@cli.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _launch(sources: list[ExplorerSource], browser: bool, given: dict[str, Any]) -> None:
    try:
        launch(sources, read_settings(given), browser)
    except Unusable as error:
        raise _usage(str(error)) from None


def _distinct(sources: Iterable[ExplorerSource]) -> list[ExplorerSource]:
    """The sources under names of their own: the second `mine` is `mine-2`."""
    found: dict[str, ExplorerSource] = {}
    for source in sources:
        name, number = source.name, 1
        while name in found:
            number += 1
            name = f"{source.name}-{number}"
        found[name] = replace(source, name=name)
    return list(found.values())


def _file_source(argument: str) -> ExplorerSource:
    path, colon, factory = argument.rpartition(":")
    if not colon or not factory.isidentifier():
        path, factory = argument, "explorer"
    file = Path(path)
    if not file.is_file():
        raise _usage(f"There is no file {path!r}.")
    return ExplorerSource(name=file.stem, path=str(file.resolve()), factory=factory)


def _model_source(model: str, images: Path | None, texts: Path | None, weights: Path | None) -> ExplorerSource:
    library, _, name = model.partition(":")
    if library not in ("torchvision", "huggingface") or not name:
        raise _usage(
            f"--model is {model!r}; it must be torchvision:NAME or huggingface:NAME_OR_FOLDER, e.g. "
            "torchvision:resnet50."
        )
    hub = library == "huggingface"
    if texts is not None and (images is not None or not hub):
        raise _usage("--texts is for --model huggingface:…, in the place of --images.")
    if weights is not None and hub:
        raise _usage("--weights is for --model torchvision:…; a huggingface folder has its own.")
    arguments = {"model": name}
    if texts is not None:
        if not texts.is_file():
            raise _usage(f"--texts is {str(texts)!r}; there is no such file.")
        arguments["texts"] = str(texts.resolve())
    elif images is None or not images.is_dir():
        missing = f"--images is {str(images) if images else 'missing'}; it must be a folder of images"
        raise _usage(f"{missing}{', or --texts a file' if hub else ''}.")
    else:
        arguments["images"] = str(images.resolve())
    if weights is not None:
        if not weights.is_file():
            raise _usage(f"--weights is {str(weights)!r}; there is no such file.")
        arguments["weights"] = str(weights.resolve())
    if hub and Path(name).is_dir():
        arguments["model"] = str(Path(name).resolve())
    return ExplorerSource(name=Path(name).name, module=f"attriscope.adapters.{library}", arguments=arguments)


def _usage(message: str) -> typer.BadParameter:
    return typer.BadParameter(message)
