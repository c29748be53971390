"""Embeddings as inputs, against Captum's helpers and against attribution at the layer."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import captum.attr
import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attribution_core import errors
from attribution_core.embedding import (
    InterpretableEmbeddingBase,
    TokenReferenceBase,
    configure_interpretable_embedding_layer,
    remove_interpretable_embedding_layer,
)

TOKENS = torch.tensor([[1, 4, 2], [0, 0, 3]])


class Classifier(nn.Module):
    """Tokens (N, 3) → 2 classes; the embedding lies in a submodule."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.text = nn.ModuleDict({"embedding": nn.Embedding(6, 4)})
        self.head = nn.Linear(4, 2)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(torch.tanh(self.text["embedding"](tokens)).mean(1))


def test_integrated_gradients_at_the_vectors_are_captums_and_those_at_the_layer() -> None:
    found = {}
    for library in (attribution_core, captum.attr):
        model = Classifier().double()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # Captum's
            stand_in = library.configure_interpretable_embedding_layer(model, "text.embedding")
        vectors = stand_in.indices_to_embeddings(TOKENS)
        padding = library.TokenReferenceBase(0).generate_reference(3, torch.device("cpu"))
        base = stand_in.indices_to_embeddings(padding[None])
        maps = library.IntegratedGradients(model).attribute(vectors, base, target=1)
        library.remove_interpretable_embedding_layer(model, stand_in)
        found[library.__name__] = maps
        at_layer = captum.attr.LayerIntegratedGradients(model, model.text["embedding"])
        expected = at_layer.attribute(TOKENS, torch.zeros_like(TOKENS), target=1, method="gausslegendre")
        assert torch.allclose(maps, expected, atol=1e-12)
    assert torch.allclose(*found.values(), atol=1e-12)


def test_integrated_gradients_at_the_vectors_are_our_own_at_the_layer() -> None:
    model = Classifier().double()
    at_layer = attribution_core.LayerIntegratedGradients(model, model.text["embedding"])
    expected = at_layer.attribute(TOKENS, torch.zeros_like(TOKENS), target=1)
    stand_in = configure_interpretable_embedding_layer(model, "text.embedding")
    vectors, base = (stand_in.indices_to_embeddings(tokens) for tokens in (TOKENS, torch.zeros_like(TOKENS)))
    found = attribution_core.IntegratedGradients(model).attribute(vectors, base, target=1)
    assert torch.allclose(found, expected, atol=1e-12)


def test_the_model_is_as_before() -> None:
    model = Classifier()
    embedding, before = model.text["embedding"], model(TOKENS)
    names = list(model.state_dict())
    stand_in = configure_interpretable_embedding_layer(model, "text.embedding")
    assert model.text["embedding"] is stand_in
    assert (stand_in.num_embeddings, stand_in.embedding_dim, stand_in.full_name) == (6, 4, "text.embedding")
    assert torch.equal(model(stand_in.indices_to_embeddings(TOKENS)), before)
    remove_interpretable_embedding_layer(model, stand_in)
    assert model.text["embedding"] is embedding
    assert list(model.state_dict()) == names
    assert torch.equal(model(TOKENS), before)


def test_the_stand_in_returns_its_first_argument() -> None:
    stand_in = InterpretableEmbeddingBase(nn.Embedding(3, 2), "embedding")
    vectors = torch.rand(1, 2, 2)
    assert stand_in(vectors, 5) is vectors
    assert stand_in(input_ids=vectors, other=5) is vectors
    with pytest.raises(errors.WrongType, match="Layer 'embedding' was called without arguments"):
        stand_in()


def test_refusals() -> None:
    model = Classifier()
    with pytest.raises(errors.UnknownLayer, match=r"No layer 'text.embeding'. Nearest: text.embedding"):
        configure_interpretable_embedding_layer(model, "text.embeding")
    with pytest.raises(errors.UnknownLayer, match="No layer 'embedding'"):
        configure_interpretable_embedding_layer(model)
    stand_in = configure_interpretable_embedding_layer(model, "text.embedding")
    with pytest.raises(errors.NotApplicable, match=r"'text.embedding' is an InterpretableEmbeddingBase already"):
        configure_interpretable_embedding_layer(model, "text.embedding")
    with pytest.raises(errors.NotApplicable, match=r"does not stand at 'text.embedding' in this model"):
        remove_interpretable_embedding_layer(Classifier(), stand_in)
    remove_interpretable_embedding_layer(model, stand_in)
    with pytest.raises(errors.NotApplicable, match="does not stand"):
        remove_interpretable_embedding_layer(model, stand_in)


def test_a_reference_of_one_token_is_captums() -> None:
    device = torch.device("cpu")
    for length in (0, 1, 7):
        found = TokenReferenceBase(5).generate_reference(length, device)
        assert found.dtype == torch.long
        assert torch.equal(found, captum.attr.TokenReferenceBase(5).generate_reference(length, device))
    with pytest.raises(errors.OutOfRange, match="sequence_length is -1"):
        TokenReferenceBase().generate_reference(-1, device)


NAMES = [
    "InterpretableEmbeddingBase.__init__",
    "InterpretableEmbeddingBase.forward",
    "InterpretableEmbeddingBase.indices_to_embeddings",
    "TokenReferenceBase.__init__",
    "TokenReferenceBase.generate_reference",
    "configure_interpretable_embedding_layer",
    "remove_interpretable_embedding_layer",
]


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_captums(name: str) -> None:
    parameters = []
    for library in (attribution_core, captum.attr):
        thing: Any = library
        for part in name.split("."):
            thing = getattr(thing, part)
        parameters.append([(p.name, p.kind, p.default) for p in inspect.signature(thing).parameters.values()])
    assert parameters[0] == parameters[1]
