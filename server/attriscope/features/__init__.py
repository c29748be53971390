"""Kinds of input: how each is checked, shown, and given a baseline. One file a modality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attriscope.features.base import Feature
    from attriscope.features.empty import EmptyFeature
    from attriscope.features.image import ImageFeature
    from attriscope.features.table import GeneralFeature, TabularFeature
    from attriscope.features.text import TextFeature

__all__ = ["EmptyFeature", "Feature", "GeneralFeature", "ImageFeature", "TabularFeature", "TextFeature"]

_HOME = {
    "EmptyFeature": "empty",
    "Feature": "base",
    "GeneralFeature": "table",
    "ImageFeature": "image",
    "TabularFeature": "table",
    "TextFeature": "text",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module 'attriscope.features' has no attribute {name!r}")
    return getattr(import_module(f"attriscope.features.{_HOME[name]}"), name)
