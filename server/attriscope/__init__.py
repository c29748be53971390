"""attriscope: a browser-based explorer of what a PyTorch model bases its predictions on.

The names below are loaded on first use, so that the web process, which imports `attriscope.web`, never imports torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from attriscope.errors import ExplorerError
    from attriscope.explorer import AttributionVisualizer, Batch, Explorer
    from attriscope.features.empty import EmptyFeature
    from attriscope.features.image import ImageFeature
    from attriscope.features.table import GeneralFeature, TabularFeature
    from attriscope.features.text import TextFeature
    from attriscope.opened import OpenExplorer, load_explorer

_HOME = {
    "AttributionVisualizer": "attriscope.explorer",
    "Batch": "attriscope.explorer",
    "Explorer": "attriscope.explorer",
    "ExplorerError": "attriscope.errors",
    "EmptyFeature": "attriscope.features.empty",
    "GeneralFeature": "attriscope.features.table",
    "ImageFeature": "attriscope.features.image",
    "TabularFeature": "attriscope.features.table",
    "TextFeature": "attriscope.features.text",
    "OpenExplorer": "attriscope.opened",
    "load_explorer": "attriscope.opened",
}

__all__ = [
    "AttributionVisualizer",
    "Batch",
    "EmptyFeature",
    "Explorer",
    "ExplorerError",
    "GeneralFeature",
    "ImageFeature",
    "OpenExplorer",
    "TabularFeature",
    "TextFeature",
    "__version__",
    "load_explorer",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'attriscope' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
