"""Text as HTML: Captum's words and colours, escaped and well formed."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from captum.attr import visualization as captums

from attribution_core import errors, visualization

VOID = {"br", "img"}


class Page(HTMLParser):
    """The text, the colours, and whether every tag is closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.colours: list[str] = re.findall(r"hsl\([^)]*\)", html)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.well_formed = True
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.well_formed &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def record(library: Any, words: list[str], values: Any, **changed: Any) -> Any:
    fields = {
        "word_attributions": values,
        "pred_prob": 0.934,
        "pred_class": "Pos",
        "true_class": "Neg",
        "attr_class": 1,
        "attr_score": 1.2345,
        "raw_input_ids": words,
        "convergence_score": 0.1,
        **changed,
    }
    return library.VisualizationDataRecord(**fields)


@pytest.mark.parametrize("legend", [True, False])
def test_words_and_colours_are_captums(legend: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, stand_in in (("HAS_IPYTHON", True), ("HTML", str), ("display", lambda html: None)):
        monkeypatch.setattr(captums, name, stand_in, raising=False)
    words = ["it", "<pad>", "was", "good", "#", "!"]
    values = torch.tensor([0.5, -1.0, 0.0, 3.0, -0.31, 0.004])
    pages = []
    for library in (visualization, captums):
        records = [record(library, words, values), record(library, words[:2], [0.1, -0.2, 9.0], true_class=7)]
        pages.append(Page(str(library.visualize_text(records, legend=legend))))
    ours, theirs = pages
    assert ours.words == theirs.words
    assert ours.colours == theirs.colours
    assert ours.well_formed
    assert not ours.open


def test_words_and_names_are_escaped() -> None:
    evil = "<script>alert(1)</script>"
    quoted = "\"'&<b>"
    html = str(visualization.visualize_text([record(visualization, [evil, quoted], [0.1, 0.2], pred_class=evil)]))
    page = Page(html)
    assert not {"script", "b>"} & set(page.tags)
    assert page.tags.count("b") == 5  # the legend and four cells
    assert "alert(1)" in "".join(page.words)
    assert visualization.format_classname("a<b") == '<td><span style="padding-right:2em"><b>a&lt;b</b></span></td>'
    assert "<i>" not in visualization.format_tooltip("<i>", "<i>")


def test_helpers_are_captums_where_there_is_nothing_to_escape() -> None:
    for token in ("<s>", "[CLS]", "x", "<", "<>"):
        assert visualization.format_special_tokens(token) == captums.format_special_tokens(token)
    assert Page(visualization.format_tooltip("a", "b")).words == Page(captums.format_tooltip("a", "b")).words
    for nothing in (None, [], torch.zeros(0)):
        assert visualization.format_word_importances(["a"], nothing) == "<td></td>"


def test_refusals() -> None:
    with pytest.raises(errors.WrongShape, match="importances has 1 entries; it must have one for each of the 2 words"):
        visualization.format_word_importances(["a", "b"], [0.5])
    with pytest.raises(errors.Nonfinite, match="importances holds nan"):
        visualization.format_word_importances(["a"], [float("nan")])


def test_a_notebook_shows_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    notebook = SimpleNamespace(get_ipython=lambda: object(), display=SimpleNamespace(display=shown.append))
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    html = visualization.visualize_text([record(visualization, ["a"], [0.5])])
    assert shown == [html]
    assert html._repr_html_() == html.data == str(html)
    notebook.get_ipython = lambda: None
    visualization.visualize_text([])
    assert len(shown) == 1
