"""Short reviews from a grammar with negation, of which it is known token by token what decides.

A review holds one opinion among neutral remarks. The opinion's word and what negates it are the evidence; a 'not' in a
remark is none.
"""

from __future__ import annotations

from torch import nn

from attriscope import Explorer, TextFeature
from example_models.reviews.data import CLASSES, Reviews
from example_models.reviews.grammar import LENGTH, VOCABULARY
from example_models.reviews.model import reviews_cnn


def explorer() -> Explorer:
    """1000 reviews that the network was not trained on."""
    return Explorer(
        models={"reviews_cnn": reviews_cnn},
        dataset=Reviews(),
        classes=list(CLASSES),
        features=TextFeature("review", list(VOCABULARY), length=LENGTH),
        score_func=nn.Softmax(dim=1),
        name="Reviews",
    )
