"""Questions about pictures of two things, of which it is known on pixels and words what decides the answer.

The pictures are drawn as those of `scenes`, the questions come from a grammar. The asked thing's visible pixels, the
word that names it ('fish', 'left', 'red') and 'colour', where that is asked, are the evidence.
"""

from __future__ import annotations

from torch import nn

from attriscope import Explorer, ImageFeature, TextFeature
from example_models.scenes.data import MEAN, STD
from example_models.scenes_qa.data import Questions
from example_models.scenes_qa.grammar import ANSWERS, VOCABULARY
from example_models.scenes_qa.model import scenes_qa_net


def explorer() -> Explorer:
    """1000 questions that the network was not trained on."""
    return Explorer(
        models={"scenes_qa": scenes_qa_net},
        dataset=Questions(),
        classes=list(ANSWERS),
        features=[ImageFeature("picture", mean=MEAN, std=STD), TextFeature("question", list(VOCABULARY))],
        score_func=nn.Softmax(dim=1),
        name="Scenes: questions",
    )
