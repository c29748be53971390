"""Attributions of words, as HTML."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Any

from torch import Tensor

from attribution_core import errors

_CELL = "padding-right:2em"
_COLUMNS = ("True Label", "Predicted Label", "Attribution Label", "Attribution Score", "Word Importance")


@dataclass(slots=True)
class VisualizationDataRecord:
    """One line of `visualize_text`.

    Attributes:
        word_attributions: one number for each word, −1 to 1 (what is beyond is drawn as −1 or 1).
        pred_prob: the prediction's probability.
        pred_class, true_class, attr_class: what was predicted, what is true, what the attributions explain: names or
            numbers.
        attr_score: the sum of the attributions.
        raw_input_ids: the words.
        convergence_score: the convergence delta; kept, not shown.
    """

    word_attributions: Tensor
    pred_prob: float
    pred_class: int | str
    true_class: int | str
    attr_class: int | str
    attr_score: float
    raw_input_ids: list[str]
    convergence_score: float


class Html:
    """HTML that a notebook shows; ``data`` is the text."""

    def __init__(self, data: str) -> None:
        self.data = data

    def __str__(self) -> str:
        return self.data

    def _repr_html_(self) -> str:
        return self.data


def visualize_text(datarecords: Iterable[VisualizationDataRecord], legend: bool = True) -> Html:
    """A table with a line for each record, its words coloured by their attributions: green for, red against.

    All words and names are escaped. In a notebook the table is shown at once.

    Args:
        datarecords: what to show.
        legend: whether to begin with the colours' meaning.

    Returns:
        The HTML, which a notebook shows too; ``str()`` gives the text.

    Raises:
        WrongShape: fewer attributions than words.
        Nonfinite: an attribution is NaN or infinite.

    Reference: Kokhlikyan et al. (2020), Captum, https://arxiv.org/abs/2009.07896
    """
    lines = [_row("th", _COLUMNS)]
    for record in datarecords:
        cells = (
            format_classname(record.true_class),
            format_classname(f"{record.pred_class} ({record.pred_prob:.2f})"),
            format_classname(record.attr_class),
            format_classname(f"{record.attr_score:.2f}"),
            format_word_importances(record.raw_input_ids, record.word_attributions),
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    html = Html((_legend() if legend else "") + f'<table style="width:100%">{"".join(lines)}</table>')
    _show(html)
    return html


def format_classname(classname: str | int) -> str:
    """A table cell with a class's name in bold."""
    return f'<td><span style="{_CELL}"><b>{escape(str(classname))}</b></span></td>'


def format_special_tokens(token: str) -> str:
    """``#pad`` for ``<pad>``; other tokens as they are, not yet escaped."""
    return "#" + token.strip("<>") if token.startswith("<") and token.endswith(">") else token


def format_tooltip(item: str, text: str) -> str:
    """``item`` with a tooltip ``text``, for style sheets that know the classes tooltip and tooltiptext."""
    return f'<div class="tooltip">{escape(item)}<span class="tooltiptext">{escape(text)}</span></div>'


def format_word_importances(words: Sequence[str], importances: Sequence[float] | Tensor | Any | None) -> str:
    """A table cell with the words, each on the colour of its importance: −1 red, 0 white, 1 green.

    Args:
        words: escaped here.
        importances: at least one number for each word; what is beyond −1 and 1 is drawn as these. An empty cell if
            None or empty.

    Returns:
        HTML: ``<td>…</td>``.

    Raises:
        WrongShape: fewer importances than words.
        Nonfinite: an importance is NaN or infinite.

    Reference: Kokhlikyan et al. (2020), Captum, https://arxiv.org/abs/2009.07896
    """
    if importances is None or len(importances) == 0:
        return "<td></td>"
    if len(words) > len(importances):
        raise errors.WrongShape(
            f"importances has {len(importances)} entries; it must have one for each of the {len(words)} words.",
            field="importances",
            entries=len(importances),
        )
    marks = [
        f'<mark style="background-color:{_colour(float(value))}; opacity:1.0; line-height:1.75">'
        f'<span style="color:black"> {escape(format_special_tokens(word))} </span></mark>'
        for word, value in zip(words, importances, strict=False)
    ]
    return f"<td>{''.join(marks)}</td>"


def _colour(value: float) -> str:
    if not isfinite(value):
        raise errors.Nonfinite(f"importances holds {value}.", field="importances", place="importances")
    value = max(-1.0, min(1.0, value))
    hue, lightness = (120, 100 - int(50 * value)) if value > 0 else (0, 100 - int(-40 * value))
    return f"hsl({hue}, 75%, {lightness}%)"


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _legend() -> str:
    box = "display:inline-block; width:10px; height:10px; border:1px solid; background-color:"
    entries = [
        f'<span style="{box}{_colour(value)}"></span> {label} '
        for value, label in ((-1.0, "Negative"), (0.0, "Neutral"), (1.0, "Positive"))
    ]
    style = "border-top:1px solid; margin-top:5px; padding-top:5px; display:inline-block"
    return f'<div style="{style}"><b>Legend: </b>{"".join(entries)}</div>'


def _show(html: Html) -> None:
    """Display it if a notebook is running."""
    ipython: Any = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display(html)
