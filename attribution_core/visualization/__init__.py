"""Figures of attributions, with Captum's functions: images and series by matplotlib, text as HTML.

matplotlib is an optional extra (``pip install attriscope[visualization]``), imported when a figure is drawn.
"""

from attribution_core.visualization.images import visualize_image_attr, visualize_image_attr_multiple
from attribution_core.visualization.scaling import normalized
from attribution_core.visualization.series import visualize_timeseries_attr
from attribution_core.visualization.text import (
    Html,
    VisualizationDataRecord,
    format_classname,
    format_special_tokens,
    format_tooltip,
    format_word_importances,
    visualize_text,
)

__all__ = [
    "Html",
    "VisualizationDataRecord",
    "format_classname",
    "format_special_tokens",
    "format_tooltip",
    "format_word_importances",
    "normalized",
    "visualize_image_attr",
    "visualize_image_attr_multiple",
    "visualize_text",
    "visualize_timeseries_attr",
]
