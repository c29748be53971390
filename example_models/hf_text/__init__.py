"""Any sequence classifier of the Hugging Face Hub; by default one of English film reviews, of 270 MB.

Needs the extra: ``pip install "attriscope[huggingface]"``.
"""

from __future__ import annotations

from pathlib import Path

from attriscope import Explorer
from attriscope.adapters import huggingface

MODEL = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
TEXTS = Path(__file__).with_name("sentences.txt")


def explorer(data: str | None = None, model: str = MODEL) -> Explorer:
    """A model by its name on the Hub, or in a folder.

    data: a file of texts, one a line, or a table (`attriscope.adapters.files.read_texts`); without it a few sentences.
    Raises ExplorerError: extra_missing, model_unavailable, file_missing, texts_broken.
    """
    return huggingface.explorer(model, texts=data or str(TEXTS))
