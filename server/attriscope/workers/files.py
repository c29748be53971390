"""The files that an explorer is made of, so that `--reload` knows what to watch. Knows no torch."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attriscope.workers.source import ExplorerSource

MOST = 500
MOST_ALIKE = 16
"""Of one folder and suffix that were opened: a dataset's images are no part of the explorer, a handful of labels is."""
WEIGHTS = frozenset({".pt", ".pth", ".bin", ".ckpt", ".safetensors", ".npz"})
_CODE = frozenset({".py", ".pyc", ".pyo", ".pyi", ".so", ".pyd", ".dll", ".dylib"})
_SYSTEM = ("/proc", "/sys", "/dev")
_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR


class Files:
    """Collects what is opened while `recording`."""

    def __init__(self, source: ExplorerSource) -> None:
        self._source = source
        self._opened: dict[str, None] = {}

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Notes every file opened for reading inside the block, on any thread."""
        global _opened
        _install()
        _opened = self._opened
        try:
            yield
        finally:
            _opened = None

    def paths(self) -> list[str]:
        """Absolute, each once, at most `MOST`: the user's file; modules and weights of its folder; what was opened."""
        home = self._home()
        found: dict[str, None] = {}
        if home is not None:
            file, folder = home
            found[str(file)] = None
            modules = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
            code = sorted(name for name in modules if name and _is_own(name) and Path(name).is_relative_to(folder))
            found.update(dict.fromkeys(code))
        opened = [path for path in map(os.path.abspath, self._opened) if _is_own(path) and os.path.isfile(path)]
        found.update(dict.fromkeys(path for path in opened if Path(path).suffix.lower() in WEIGHTS))
        if home is not None:
            # Native code opens .safetensors files unseen.
            found.update(dict.fromkeys(sorted(_weights_in(home[1]))))
        alike = Counter[tuple[str, str]]()
        for path in opened:
            kind = (os.path.dirname(path), Path(path).suffix.lower())
            alike[kind] += 1
            if kind[1] not in _CODE and alike[kind] <= MOST_ALIKE:
                found[path] = None
        return list(found)[:MOST]

    def _home(self) -> tuple[Path, Path] | None:
        """The user's file and its folder; None for a module that could not be imported."""
        if self._source.path is not None:
            file = Path(self._source.path).expanduser().resolve()
        elif name := getattr(sys.modules.get(str(self._source.module)), "__file__", None):
            file = Path(name).resolve()
        else:
            return None
        return file, file.parent


_opened: dict[str, None] | None = None
"""Of the one who records."""
_installed = False


def _install() -> None:
    """A hook of the interpreter's, which cannot be taken out again."""
    global _installed
    if not _installed:
        sys.addaudithook(_on_event)
        _installed = True


def _on_event(event: str, arguments: tuple[object, ...]) -> None:
    if _opened is None or event != "open":
        return
    path, _, flags = arguments
    reading = isinstance(flags, int) and flags & _ACCESS == os.O_RDONLY
    if reading and isinstance(path, str | bytes | os.PathLike):
        _opened[os.fsdecode(path)] = None


def _weights_in(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if os.path.splitext(entry.name)[1].lower() in WEIGHTS and entry.is_file():
                    yield entry.path
    except OSError:
        return


def _is_own(path: str) -> bool:
    """Whether a file is of the user's: not Python's, a package's, ours or the system's."""
    return not any(path == folder or path.startswith(folder + os.sep) for folder in _FOREIGN)


def _foreign() -> tuple[str, ...]:
    ours = Path(__file__).resolve().parents[1]
    library = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = [*filter(None, library), str(ours), *_SYSTEM]
    return tuple(dict.fromkeys([*folders, *map(os.path.realpath, folders)]))


_FOREIGN = _foreign()
