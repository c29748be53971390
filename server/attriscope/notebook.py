"""The page in the output of a notebook's cell: `Explorer.render`."""

from __future__ import annotations

import json
import re
import secrets
import sys
from html import escape
from typing import TYPE_CHECKING, Any

from attriscope import inprocess
from attriscope.errors import ExplorerError

if TYPE_CHECKING:
    from attriscope.explorer import Explorer
    from attriscope.inprocess import Served

_LENGTH = re.compile(r"[0-9]+(\.[0-9]+)?(px|%|em|rem|vw)")
_LEAST, _MOST = 100, 10_000

# Only the browser knows where it is. The notebook's own address is asked first: that is the same origin, however far
# away the kernel is. Otherwise the frame gets the notebook's own host name, since browsers send our cookie to no other.
_SCRIPT = """
(async () => {
  const { id, port, query, everywhere } = %s;
  const [frame, link, help] = ["frame", "link", "help"].map((part) => document.getElementById(`${id}-${part}`));
  const config = document.getElementById("jupyter-config-data");
  const base = config ? JSON.parse(config.textContent).baseUrl : document.body.dataset.baseUrl;
  const onWeb = location.protocol.startsWith("http");
  const host = onWeb ? location.hostname : "127.0.0.1";
  let place = `http://${host}:${port}/`;
  let reachable = location.protocol !== "https:";
  reachable &&= everywhere || ["localhost", "127.0.0.1", "[::1]"].includes(host);
  if (base && onWeb) {
    const proxied = new URL(`${base.replace(/\\/?$/, "/")}proxy/${port}/`, location.href).href;
    try {
      const answer = await fetch(`${proxied}livez`);
      if (answer.ok && (await answer.json()).status === "alive") [place, reachable] = [proxied, true];
    } catch {
      // There is no such proxy.
    }
  }
  help.hidden = reachable;
  frame.style.display = reachable ? "block" : "none";
  link.hidden = !reachable;
  if (reachable) frame.src = link.href = place + query;
})();
"""
_HELP = (
    "This notebook's server is on another machine, or served by https, and the page cannot be reached from here. "
    "Install jupyter-server-proxy beside the notebook's server, start that again, and run this cell again."
)


def render(explorer: Explorer, *, width: int | str = "100%", height: int = 800) -> None:
    """See `Explorer.render`."""
    size = _size(width, height)
    if not _in_notebook():
        raise ExplorerError(
            "no_notebook", "render() shows the page in a notebook, and this is none; use serve() for a link to it."
        )
    served = inprocess.current(explorer) or inprocess.running(explorer)
    # A module of notebooks' own kernels, which is nothing that this package needs.
    from IPython.display import display  # type: ignore[import-not-found, unused-ignore]

    show: Any = display
    show({"text/html": html(served, size), "text/plain": f"attriscope at {served.site.link}"}, raw=True)


def html(served: Served, size: str) -> str:
    """A frame of that CSS size, and a script that finds out by which address the browser reaches the server."""
    site, id = served.site, f"attriscope-{secrets.token_hex(4)}"
    told = {"id": id, "port": site.port, "query": site.link.partition("/?")[2], "everywhere": served.bind_all}
    told["query"] = f"?{told['query']}" if told["query"] else ""
    # Within a script element, "</" would end it.
    script = _SCRIPT % json.dumps(told).replace("</", "<\\/")
    return (
        f'<iframe id="{id}-frame" title="attriscope" allow="clipboard-write; fullscreen" '
        f'style="border: 1px solid #8884; border-radius: 4px; {size}"></iframe>'
        f'<p><a id="{id}-link" target="_blank" rel="noopener noreferrer">Open in a tab of its own</a></p>'
        f'<p id="{id}-help" hidden>{escape(_HELP)}</p><script>{script}</script>'
    )


def _size(width: Any, height: Any) -> str:
    if isinstance(height, bool) or not isinstance(height, int) or not _LEAST <= height <= _MOST:
        raise ExplorerError(
            "out_of_range", f"height is {height!r}; it must be {_LEAST} to {_MOST} pixels.", field="height"
        )
    if isinstance(width, int) and not isinstance(width, bool) and _LEAST <= width <= _MOST:
        width = f"{width}px"
    if not isinstance(width, str) or not _LENGTH.fullmatch(width):
        raise ExplorerError(
            "out_of_range",
            f"width is {width!r}; it must be {_LEAST} to {_MOST} pixels, or a length such as '100%' or '60em'.",
            field="width",
        )
    return f"width: {width}; height: {height}px;"


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None
