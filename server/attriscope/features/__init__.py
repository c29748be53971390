"""Kinds of input: how each is checked, drawn, and given a baseline. One file a modality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attriscope.features.base import Feature
    from attriscope.features.image import ImageFeature

__all__ = ["Feature", "ImageFeature"]

_HOME = {"Feature": "attriscope.features.base", "ImageFeature": "attriscope.features.image"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module 'attriscope.features' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
