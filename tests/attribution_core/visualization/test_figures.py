"""Figures: what is drawn on every axes is what Captum draws."""

from __future__ import annotations

import inspect
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
from captum.attr import visualization as captums

from attribution_core import errors, visualization

matplotlib.use("Agg")

RNG = np.random.default_rng(0)
ATTR = RNG.normal(size=(6, 5, 3))
IMAGE = RNG.uniform(size=(6, 5, 3))
SERIES_ATTR, SERIES = RNG.normal(size=(7, 2)), RNG.normal(size=(7, 2))
SIGNS = ["all", "positive", "negative", "absolute_value"]


@pytest.fixture(autouse=True)
def _captum_of_an_older_matplotlib(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Captum 0.9.0 asks matplotlib.cm for get_cmap, which matplotlib 3.9 took away."""
    import matplotlib.cm

    monkeypatch.setattr(
        matplotlib.cm, "get_cmap", lambda c: matplotlib.colormaps[c] if isinstance(c, str) else c, raising=False
    )
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def artists(figure: Any) -> list[dict[str, Any]]:
    """Everything that is drawn on each of a figure's axes."""
    figure.canvas.draw_idle()
    return [
        {
            "title": axes.get_title(),
            "on": axes.axison,
            "place": [round(edge, 6) for edge in axes.get_position().bounds],
            "labels": (axes.get_xlabel(), axes.get_ylabel()),
            "limits": (axes.get_xlim(), axes.get_ylim()),
            "tick labels": [t.get_text() for t in (*axes.get_xticklabels(), *axes.get_yticklabels())],
            "images": [(i.get_array(), i.get_cmap().name, i.get_clim(), i.get_alpha()) for i in axes.images],
            "lines": [(x.get_xydata(), x.get_color(), x.get_linewidth(), x.get_alpha()) for x in axes.lines],
            "bands": [
                (p.get_x(), p.get_width(), p.get_y(), p.get_height(), p.get_facecolor(), p.get_edgecolor())
                for p in axes.patches
            ],
            "collections": [
                (c.get_array(), c.get_cmap().name, c.get_clim(), c.get_alpha(), [p.vertices for p in c.get_paths()])
                for c in axes.collections
            ],
            "legend": [t.get_text() for t in axes.get_legend().get_texts()] if axes.get_legend() else [],
        }
        for axes in figure.axes
    ]


def difference(found: Any, expected: Any, where: str = "") -> str | None:
    """Where two such lists differ first, and in what."""
    if isinstance(expected, dict):
        return next(filter(None, (difference(found[k], expected[k], f"{where}/{k}") for k in expected)), None)
    if isinstance(expected, (list, tuple)):
        if len(found) != len(expected):
            return f"{where}: {len(found)} instead of {len(expected)}"
        pairs = enumerate(zip(found, expected, strict=True))
        return next(filter(None, (difference(a, b, f"{where}/{n}") for n, (a, b) in pairs)), None)
    if isinstance(expected, np.ndarray):
        a, b = np.ma.getdata(found), np.ma.getdata(expected)
        return None if a.shape == b.shape and np.allclose(a, b, rtol=1e-12) else f"{where}: {a} instead of {b}"
    equal = found == pytest.approx(expected) if isinstance(expected, float) else found == expected
    return None if equal else f"{where}: {found} instead of {expected}"


def both(function: str, *args: Any, **keywords: Any) -> tuple[Any, Any]:
    figures = []
    for library in (visualization, captums):
        figure, axes = getattr(library, function)(*args, use_pyplot=False, **keywords)
        figures.append((artists(figure), type(axes), figure.get_size_inches().tolist()))
    return figures[0], figures[1]


FUNCTIONS = [
    "visualize_image_attr",
    "visualize_image_attr_multiple",
    "visualize_timeseries_attr",
    "visualize_text",
    "format_classname",
    "format_special_tokens",
    "format_tooltip",
    "format_word_importances",
    "VisualizationDataRecord",
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures_are_captums(name: str) -> None:
    found, expected = (
        [(p.name, p.kind, p.default) for p in inspect.signature(getattr(library, name)).parameters.values()]
        for library in (visualization, captums)
    )
    assert found == expected


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("method", visualization.images.METHODS)
def test_images_are_captums(method: str, sign: str) -> None:
    if sign == "all" and method in ("masked_image", "alpha_scaling"):
        with pytest.raises(errors.OutOfRange, match=f"sign is 'all'; {method} cannot show both signs"):
            visualization.visualize_image_attr(ATTR, IMAGE, method, sign, use_pyplot=False)
        return
    for keywords in (
        {},
        {"show_colorbar": True, "title": "Title", "fig_size": (3, 4)},
        {"outlier_perc": 30, "cmap": "viridis", "alpha_overlay": 0.2},
    ):
        found, expected = both("visualize_image_attr", ATTR, IMAGE, method, sign, **keywords)
        assert difference(found, expected) is None, keywords
    found, expected = both("visualize_image_attr", ATTR, (IMAGE * 255).astype(int), method, sign, outlier_perc=1)
    assert difference(found, expected) is None
    found, expected = both("visualize_image_attr", ATTR[..., 0], IMAGE, method, sign)
    assert difference(found, expected) is None


def test_several_panels_are_captums() -> None:
    methods, signs = ["original_image", "heat_map", "masked_image"], ["all", "all", "positive"]
    for keywords in ({}, {"titles": ["a", "b", "c"], "show_colorbar": True, "fig_size": (9, 3), "outlier_perc": 5}):
        found, expected = both("visualize_image_attr_multiple", ATTR, IMAGE, methods, signs, **keywords)
        assert difference(found, expected) is None, keywords
    found, expected = both("visualize_image_attr_multiple", ATTR, IMAGE, ["heat_map"], ["all"])
    assert difference(found, expected) is None


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("method", visualization.series.METHODS)
def test_series_are_captums(method: str, sign: str) -> None:
    for keywords in (
        {"channel_labels": ["u", "v"]},
        {"x_values": np.arange(7) * 2.0, "show_colorbar": True, "title": "T", "channel_labels": ["u", "v"]},
        {"outlier_perc": 20, "cmap": "coolwarm", "alpha_overlay": 0.3, "linewidth": 3, "channel_labels": ["u", "v"]},
    ):
        found, expected = both("visualize_timeseries_attr", SERIES_ATTR, SERIES, method=method, sign=sign, **keywords)
        assert difference(found, expected) is None, keywords
    turned, expected = both(
        "visualize_timeseries_attr",
        SERIES_ATTR.T,
        SERIES.T,
        method=method,
        sign=sign,
        channels_last=False,
        channel_labels=["u", "v"],
    )
    assert difference(turned, expected) is None
    found, expected = both(
        "visualize_timeseries_attr", SERIES_ATTR[:, :1], SERIES[:, :1], method=method, sign=sign, channel_labels=["u"]
    )
    assert difference(found, expected) is None


def test_a_positive_series_lies_within_its_panel() -> None:
    """Captum's limits are 1.2 times the extremes, above the smallest value where that is positive."""
    for data in (SERIES + 9, SERIES - 9, SERIES * 0):
        figure, _ = visualization.visualize_timeseries_attr(SERIES_ATTR, data, method="colored_graph", use_pyplot=False)
        for channel, axes in enumerate(figure.axes):
            low, high = axes.get_ylim()
            assert low < data[:, channel].min() <= data[:, channel].max() < high


def test_a_series_of_one_step_and_without_labels() -> None:
    figure, axes = visualization.visualize_timeseries_attr(
        SERIES_ATTR[:1], SERIES[:1], method="overlay_combined", use_pyplot=False
    )
    assert len(figure.axes) == 1
    assert axes.get_legend() is None  # type: ignore[union-attr]
    for method in ("overlay_individual", "colored_graph"):
        visualization.visualize_timeseries_attr(SERIES_ATTR[:1], SERIES[:1], method=method, use_pyplot=False)


def test_given_axes_are_drawn_on() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.subplots(2)
    assert visualization.visualize_image_attr(ATTR, plt_fig_axis=(figure, axes[0]), use_pyplot=False) == (
        figure,
        axes[0],
    )
    assert len(axes[0].images) == 1
    assert not axes[1].images
    found = visualization.visualize_timeseries_attr(
        SERIES_ATTR, SERIES, plt_fig_axis=(figure, list(axes)), use_pyplot=False
    )
    assert found == (figure, list(axes))
    with pytest.raises(errors.WrongShape, match=r"plt_fig_axis has shape \(1,\); it must be \(2,\)"):
        visualization.visualize_timeseries_attr(SERIES_ATTR, SERIES, plt_fig_axis=(figure, axes[0]), use_pyplot=False)


def test_pyplot_shows_each_figure_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib.pyplot as plt

    shown: list[int] = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf().number))
    visualization.visualize_image_attr(ATTR)
    visualization.visualize_image_attr_multiple(ATTR, IMAGE, ["heat_map", "original_image"], ["all", "all"])
    visualization.visualize_timeseries_attr(SERIES_ATTR, SERIES)
    assert shown == [1, 2, 3]


def test_nothing_is_clipped_without_outliers() -> None:
    """Captum fails here with an IndexError whenever rounding carries the threshold beyond the sum."""
    for seed in range(50):
        attr = np.random.default_rng(seed).normal(size=30)
        expected = attr / np.abs(attr).max()
        assert np.allclose(visualization.normalized(attr, "all", 0), expected)


def test_normalized_by_hand() -> None:
    """|a| sorted is 1, 2, 3, 4 of 10: without 40 % of it, the scale is 3."""
    a = np.array([[3.0, -1.0], [-4.0, 2.0]])
    assert visualization.normalized(a, "all", 40).tolist() == pytest.approx(np.array([[1, -1 / 3], [-1, 2 / 3]]))
    assert visualization.normalized(a, "absolute_value", 0).tolist() == [[0.75, 0.25], [1, 0.5]]
    assert visualization.normalized(a, "negative", 0).tolist() == [[0, 0.25], [1, 0]]
    assert visualization.normalized(a, "positive", 0, reduction_axis=1).tolist() == [1, 0]
    assert np.abs(visualization.normalized(a * 1e-30, "all", 0)).max() == 1


@pytest.mark.parametrize(("attr", "sign"), [(ATTR * 0, "all"), (np.abs(ATTR), "negative")])
def test_m14_nothing_to_draw_is_said(attr: Any, sign: str) -> None:
    with pytest.warns(UserWarning, match=f"Every attribution drawn \\(sign '{sign}'\\) is 0; the map is blank"):
        figure, _ = visualization.visualize_image_attr(attr, sign=sign, use_pyplot=False)
    assert not figure.axes[0].images[0].get_array().any()  # type: ignore[union-attr]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        visualization.visualize_image_attr(ATTR * 1e-9, use_pyplot=False)


@pytest.mark.parametrize("method", visualization.images.METHODS)
def test_grey_images_are_drawn(method: str) -> None:
    for image in (IMAGE[..., 0], IMAGE[..., :1]):
        figure, _ = visualization.visualize_image_attr(ATTR[..., :1], image, method, "positive", use_pyplot=False)
        assert figure.axes[0].images


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"method": "heatmap"}, errors.OutOfRange, "method is 'heatmap'; it must be one of heat_map, blended_heat_map"),
        ({"sign": "both"}, errors.OutOfRange, "sign is 'both'; it must be one of all, positive"),
        ({"outlier_perc": 101}, errors.OutOfRange, "outlier_perc is 101; it must be 0 to 100."),
        ({"cmap": "virids"}, errors.OutOfRange, "cmap is 'virids'; matplotlib has none of that name. Nearest: viridis"),
        ({"method": "masked_image"}, errors.WrongShape, "original_image is None; masked_image needs the image."),
        (
            {"method": "original_image", "original_image": IMAGE[:3]},
            errors.WrongShape,
            "height and width must be the same",
        ),
        ({"attr": ATTR[None]}, errors.WrongShape, r"attr has shape \(1, 6, 5, 3\); it must be \(height, width"),
        ({"attr": ATTR * np.nan}, errors.Nonfinite, "attr holds NaN or infinity"),
    ],
)
def test_images_are_refused(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    call = {"attr": ATTR, **keywords}
    with pytest.raises(error, match=message):
        visualization.visualize_image_attr(**call, use_pyplot=False)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"method": "bars"}, errors.OutOfRange, "method is 'bars'"),
        ({"sign": "both"}, errors.OutOfRange, "sign is 'both'"),
        ({"data": SERIES[:3]}, errors.WrongShape, r"attr has shape \(7, 2\) and data \(3, 2\)"),
        ({"x_values": np.arange(3)}, errors.WrongShape, r"x_values has shape \(3,\); it must be \(7,\)."),
        ({"channel_labels": ["u"]}, errors.WrongShape, r"channel_labels has shape \(1,\); it must be \(2,\)."),
    ],
)
def test_series_are_refused(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    call = {"attr": SERIES_ATTR, "data": SERIES, **keywords}
    with pytest.raises(error, match=message):
        visualization.visualize_timeseries_attr(**call, use_pyplot=False)


@pytest.mark.parametrize(
    ("signs", "titles", "message"),
    [(["all"], None, "signs has 1 entries"), (["all", "all"], ["a"], "titles has 1 entries")],
)
def test_panels_are_counted(signs: list[str], titles: list[str] | None, message: str) -> None:
    with pytest.raises(errors.WrongShape, match=message):
        visualization.visualize_image_attr_multiple(ATTR, IMAGE, ["heat_map", "heat_map"], signs, titles)
    with pytest.raises(errors.WrongShape, match="methods has no entries"):
        visualization.visualize_image_attr_multiple(ATTR, IMAGE, [], [])


def test_without_matplotlib_everything_else_works_and_figures_say_how_to_install_it() -> None:
    program = """
import sys
sys.modules["matplotlib"] = None
import numpy as np
import attribution_core, attribution_core.metrics
from attribution_core import errors, registry, visualization
registry.methods()
visualization.visualize_text([])
visualization.normalized(np.ones((2, 2)), "all")
try:
    visualization.visualize_image_attr(np.ones((2, 2)))
except ImportError as error:
    assert isinstance(error, errors.MissingPackage), error
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "Figures need matplotlib: pip install attriscope[visualization]."
