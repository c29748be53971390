"""Where an explorer comes from: a file or a module, and the factory in it. Knows no torch until `load`."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import site
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from attriscope.errors import ExplorerError, nearest, user_traceback
from attriscope.workers.protocol import Frame

if TYPE_CHECKING:
    from attriscope.explorer import Explorer


_OURS = {"attriscope", "attribution_core", "__main__", "__mp_main__"}


class Worker(Protocol):
    """What runs an explorer on one device, as the web process sees it."""

    @property
    def pid(self) -> int | None: ...
    def send(self, frame: Frame) -> None: ...
    def kill(self) -> None: ...
    def close(self, timeout: float = 2.0) -> None: ...


class Source(Protocol):
    """Where an explorer comes from, and who runs it. The web process needs no torch to hold one.

    name: shown until the explorer's own is known; its id in URLs. path: of the file that declares it, if there is one.
    """

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str | None: ...

    def start(
        self,
        device: str,
        *,
        threads: int,
        on_frame: Callable[[Frame], None],
        on_exit: Callable[[int | None], None],
    ) -> Worker:
        """A worker of its own on `device`; returns before it has loaded. The arguments are `WorkerProcess`'s."""


@dataclass(frozen=True)
class ExplorerSource:
    """What a worker process is started with.

    name: shown until the explorer's own is known; its id in URLs. path: a user's file; or module: an importable name.
    factory: function in it that returns an Explorer. arguments: its keyword arguments, plain JSON values.
    """

    name: str
    path: str | None = None
    module: str | None = None
    factory: str = "explorer"
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.path is None) == (self.module is None):
            raise ValueError(f"path is {self.path!r} and module is {self.module!r}; give one of them.")

    def start(
        self,
        device: str,
        *,
        threads: int,
        on_frame: Callable[[Frame], None],
        on_exit: Callable[[int | None], None],
    ) -> Worker:
        """A worker process; see `Source`."""
        from attriscope.workers.process import WorkerProcess

        return WorkerProcess(self, device, threads=threads, on_frame=on_frame, on_exit=on_exit)

    @property
    def place(self) -> str:
        """For messages."""
        return Path(self.path).name if self.path is not None else str(self.module)


@dataclass(frozen=True)
class Loaded:
    """An explorer, and the bytes of the file that declared it and of the user's modules behind that."""

    explorer: Explorer
    code: bytes


def load(source: ExplorerSource) -> Loaded:
    """Imports the file or module and calls the factory.

    A file is imported under its own name with its folder on `sys.path`, as if it had been run.

    Raises:
        ExplorerError: file_missing, import_failed, factory_missing, factory_failed or factory_result; where the
            user's code raised, `detail` is its traceback.
    """
    module, code = _import_file(Path(source.path)) if source.path is not None else _import_module(str(source.module))
    factory = _factory(module, source)
    from attriscope.explorer import Explorer

    try:
        explorer = factory(**source.arguments)
    except ExplorerError as error:
        error.detail = error.detail or user_traceback(error)
        raise
    except Exception as error:
        raise _raised(f"{source.factory}() in {source.place}", "factory_failed", error) from error
    if not isinstance(explorer, Explorer):
        raise ExplorerError(
            "factory_result",
            f"{source.factory}() in {source.place} returned {type(explorer).__name__}; it must return an Explorer.",
            field=source.factory,
        )
    return Loaded(explorer, b"\0".join([code, source.factory.encode(), *_own_modules()]))


def _own_modules() -> Iterator[bytes]:
    """Names and sources of the imported modules that are neither Python's, nor installed, nor ours.

    A constant in a helper module changes what a model computes as one in the user's file does, and shows in no weight.
    """
    folders = [Path(path).resolve() for path in {*sysconfig.get_paths().values(), *site.getsitepackages()}]
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or not file.endswith(".py") or name.partition(".")[0] in _OURS:
            continue
        path = Path(file).resolve()
        if not any(path.is_relative_to(folder) for folder in folders):
            with contextlib.suppress(OSError):
                yield name.encode() + b"\0" + path.read_bytes()


def _factory(module: ModuleType, source: ExplorerSource) -> Callable[..., Any]:
    factory = getattr(module, source.factory, None)
    if callable(factory):
        return factory  # type: ignore[no-any-return]
    if factory is not None:
        raise ExplorerError(
            "factory_missing",
            f"{source.factory!r} in {source.place} is of type {type(factory).__name__}; it must be a function "
            "that returns an Explorer.",
            field=source.factory,
        )
    own = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    raise ExplorerError(
        "factory_missing",
        f"No function {source.factory!r} in {source.place}.{nearest(source.factory, own)}",
        field=source.factory,
    )


def _import_file(path: Path) -> tuple[ModuleType, bytes]:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise ExplorerError("file_missing", f"No file '{path}'.", field="path", path=str(path))
    code = path.read_bytes()
    name = path.stem if path.stem not in sys.modules else f"_attriscope_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ExplorerError("file_missing", f"'{path}' is not a Python file.", field="path", path=str(path))
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    module = importlib.util.module_from_spec(spec)
    # Pickling and dataclasses look a module up by its name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise _raised(path.name, "import_failed", error) from error
    return module, code


def _import_module(name: str) -> tuple[ModuleType, bytes]:
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise _raised(name, "import_failed", error) from error
    file = getattr(module, "__file__", None)
    return module, Path(file).read_bytes() if file else b""


def _raised(place: str, code: str, error: BaseException) -> ExplorerError:
    return ExplorerError(
        code,
        f"{place} raised {type(error).__name__}: {error}",
        detail=user_traceback(error),
        exception=type(error).__name__,
    )
