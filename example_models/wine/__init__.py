"""Wines by their chemistry: 178 rows of 13 measurements, three cultivars.

The data are the UCI Machine Learning Repository's Wine (Aeberhard and Forina 1991, https://doi.org/10.24432/C5PC7J,
CC BY 4.0) as scikit-learn carries it; `train.py` wrote them beside this file, so that nothing needs scikit-learn to be
installed, or a connection, to look at the example.
"""

from __future__ import annotations

from torch import nn

from attriscope import Explorer, TabularFeature
from example_models.wine.data import CLASSES, COLUMNS, Wine, load
from example_models.wine.model import wine_mlp


def explorer() -> Explorer:
    """The wines that the network was not trained on."""
    table = load()
    return Explorer(
        models={"wine_mlp": wine_mlp},
        dataset=Wine(),
        classes=list(CLASSES),
        features=TabularFeature(
            "measurements",
            COLUMNS,
            units={"alcohol": "% vol"},
            mean=table.mean,
            std=table.std,
            background=table.normalised[table.trained],
        ),
        score_func=nn.Softmax(dim=1),
        name="Wine",
    )
