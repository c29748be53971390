"""The page over an object of this process: `Explorer.serve`. The same server as everywhere, on a thread of its own."""

from __future__ import annotations

import atexit
import socket
import sys
import threading
from typing import TYPE_CHECKING

import psutil
import torch
from torch import nn

from attriscope import logs
from attriscope.errors import ExplorerError
from attriscope.launch import Site, prepare
from attriscope.options import Unusable
from attriscope.settings import Settings
from attriscope.workers.inline import LiveExplorer

if TYPE_CHECKING:
    from attriscope.explorer import Explorer

_START_SECONDS = 60.0
_END_SECONDS = 10.0
_LOOK_SECONDS = 0.5
"""Windows hears Ctrl-C between two waits only."""
_FRAMES = "'self' http://localhost:* http://127.0.0.1:*"
"""Who may frame the page: notebooks, on this machine or through their own proxy."""
_FRAMES_OF_ALL = "'self' http:"
"""A notebook elsewhere comes by a name of this machine that nobody knows before. Pages of other host names get a frame
without a session: browsers send them no strict cookie."""


class Served:
    """One explorer's server. The constructor returns when it answers.

    Raises ExplorerError where the port is in use or cannot be listened on.
    """

    def __init__(self, explorer: Explorer, *, debug: bool, port: int | None, bind_all: bool) -> None:
        from attriscope.web import server

        self.explorer, self.debug, self.bind_all = explorer, debug, bind_all
        settings = _settings(explorer, debug, port, bind_all)
        logs.configure_guest(settings)
        try:
            self.site: Site = prepare([LiveExplorer(explorer)], settings)
        except Unusable as error:
            raise ExplorerError("cannot_serve", str(error), field="port") from None
        started = threading.Event()
        self._server = server.made(self.site.services, self.site.access, started.set, alone=False)
        self._thread = threading.Thread(target=self._run, name="attriscope", daemon=True)
        self._thread.start()
        while not started.wait(_LOOK_SECONDS):
            if not self._thread.is_alive():
                raise ExplorerError("cannot_serve", "The server could not be started; the log has more.")

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def suits(self, *, debug: bool, port: int | None, bind_all: bool) -> bool:
        """Whether it is what is asked for."""
        return self.running and port in (None, self.site.port) and (debug, bind_all) == (self.debug, self.bind_all)

    def wait(self) -> None:
        """Returns when the server has ended. Ctrl-C ends it, and comes through."""
        try:
            while self._thread.is_alive():
                self._thread.join(_LOOK_SECONDS)
        except KeyboardInterrupt:
            self.close()
            raise

    def close(self) -> None:
        """Ends the server; what the model is at is asked to stop."""
        self._server.stop()
        self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        with self.site.listener:
            self._server.run(sockets=[self.site.listener])


_served: list[Served] = []
_lock = threading.RLock()


def serve(
    explorer: Explorer, *, blocking: bool = False, debug: bool = False, port: int | None = None, bind_all: bool = False
) -> int:
    """See `Explorer.serve`."""
    served = running(explorer, debug=debug, port=port, bind_all=bind_all)
    print(f"\nOpen {served.site.link}\n", flush=True)  # noqa: T201 (as Captum Insights does)
    if blocking:
        served.wait()
    return served.site.port


def running(explorer: Explorer, *, debug: bool = False, port: int | None = None, bind_all: bool = False) -> Served:
    """The explorer's server, started or moved where it is not as asked for. Raises ExplorerError as `Served`."""
    if port is not None and (isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535):
        raise ExplorerError("out_of_range", f"port is {port!r}; it must be 0 to 65535.", field="port")
    port = port or None
    with _lock:
        for served in [*_served]:
            own = served.explorer is explorer
            if own and served.suits(debug=debug, port=port, bind_all=bind_all):
                return served
            # A notebook's cell that is run again makes another explorer for the same port.
            if own or not served.running or served.site.port == port:
                served.close()
                _served.remove(served)
        found = Served(explorer, debug=debug, port=port, bind_all=bind_all)
        _served.append(found)
        _at_exit()
        return found


def current(explorer: Explorer) -> Served | None:
    """The explorer's server, if it has one that runs."""
    return next((served for served in _served if served.explorer is explorer and served.running), None)


def close(explorer: Explorer) -> None:
    """See `Explorer.close`."""
    with _lock:
        for served in [served for served in _served if served.explorer is explorer]:
            served.close()
            _served.remove(served)


def _settings(explorer: Explorer, debug: bool, port: int | None, bind_all: bool) -> Settings:
    """Of a server for live objects: one worker, where the model is; results in memory, since no file tells their code.

    Any host name is answered to: a notebook's proxy passes its own on. The token keeps strangers out.
    """
    return Settings(
        mode="team" if bind_all else "local",
        host="0.0.0.0" if bind_all else "127.0.0.1",
        port=port or 0,
        allowed_hosts=[_own_address(), "*"] if bind_all else ["*"],
        frame_ancestors=_FRAMES_OF_ALL if bind_all else _FRAMES,
        devices=_device(explorer),
        workers_per_device=1,
        idle_unload=None,
        reload=False,
        no_store=True,
        log_level="debug" if debug else "warning",
    )


def _device(explorer: Explorer) -> str:
    """Where the first model with weights is; where all are yet to be loaded, the best device of this process."""
    modules = [model for model in explorer.models.values() if isinstance(model, nn.Module)]
    found = next((value.device for module in modules for value in module.parameters()), None)
    if found is None and not modules and torch.cuda.is_available():
        found = torch.device("cuda")
    if found is None or found.type == "meta":
        return "cpu"
    return f"cuda:{found.index or 0}" if found.type == "cuda" else found.type


def _own_address() -> str:
    """The address by which other machines most likely know this one; its name where it has none."""
    states = psutil.net_if_stats()
    for name, addresses in psutil.net_if_addrs().items():
        for one in addresses:
            if one.family == socket.AF_INET and not one.address.startswith("127.") and states[name].isup:
                return one.address
    return socket.gethostname()


def _interactive() -> bool:
    """Whether somebody goes on typing after the last line: a prompt, a notebook."""
    ipython = sys.modules.get("IPython")
    return (
        hasattr(sys, "ps1")
        or bool(sys.flags.interactive)
        or (ipython is not None and ipython.get_ipython() is not None)
    )


_registered = False


def _at_exit() -> None:
    """Has a script stay for its page when its last line is done, and a session that ends take its pages along.

    Not by atexit nor by a thread that Python waits for: both come when the executors that the server needs have been
    shut down already.
    """
    global _registered
    if not _registered:
        _registered = True
        getattr(threading, "_register_atexit", atexit.register)(_end)


def _end() -> None:
    try:
        for served in [*_served]:
            if not _interactive():
                served.wait()
    except KeyboardInterrupt:
        print(flush=True)  # noqa: T201 (the prompt starts on a line of its own)
    for served in [*_served]:
        served.close()
