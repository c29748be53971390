"""Embeddings as inputs: put a pass-through in an embedding layer's place, and attribute to the vectors.

Where a method for layers will do (`LayerIntegratedGradients` at the embedding) the model needs no change; these helpers
are for methods that exist at the input only, and for programs written for Captum.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from attribution_core import errors
from attribution_core.probe import module_named


class InterpretableEmbeddingBase(nn.Module):
    """Stands in for an embedding layer and returns the vectors it is given, as they are.

    Args:
        embedding: the layer that it stands in for; `indices_to_embeddings` calls it.
        full_name: the layer's path in the model.

    Reference: attributing to word vectors, Sundararajan et al. (2017), section 5, https://arxiv.org/abs/1703.01365
    """

    def __init__(self, embedding: nn.Module, full_name: str) -> None:
        super().__init__()
        self.num_embeddings = getattr(embedding, "num_embeddings", None)
        self.embedding_dim = getattr(embedding, "embedding_dim", None)
        self.embedding = embedding
        self.full_name = full_name

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The first argument, positional before named: the vectors that `indices_to_embeddings` made.

        Raises:
            WrongType: there is no argument.
        """
        for value in (*inputs, *kwargs.values()):
            return value
        raise errors.WrongType(
            f"Layer '{self.full_name}' was called without arguments; it must be given the embedding's vectors."
        )

    def indices_to_embeddings(self, *input: Any, **kwargs: Any) -> Tensor:
        """What the embedding layer returns for these arguments: for indices of shape (N, L), vectors (N, L, D)."""
        return cast(Tensor, self.embedding(*input, **kwargs))


class TokenReferenceBase:
    """Makes baselines of one token repeated, such as padding.

    Args:
        reference_token_idx: the token's index in the vocabulary.

    Reference: Sundararajan et al. (2017), section 3, https://arxiv.org/abs/1703.01365
    """

    def __init__(self, reference_token_idx: int = 0) -> None:
        self.reference_token_idx = reference_token_idx

    def generate_reference(self, sequence_length: int, device: torch.device) -> Tensor:
        """The token ``sequence_length`` times: an integer tensor of shape (sequence_length,).

        Raises:
            WrongType, OutOfRange: ``sequence_length`` is no whole number of at least 0.
        """
        length = errors.whole_number("sequence_length", sequence_length, 0)
        return torch.full((length,), self.reference_token_idx, dtype=torch.long, device=device)


def configure_interpretable_embedding_layer(
    model: nn.Module, embedding_layer_name: str = "embedding"
) -> InterpretableEmbeddingBase:
    """Put an `InterpretableEmbeddingBase` in an embedding layer's place, so that the model takes vectors for indices.

    The model is changed until `remove_interpretable_embedding_layer` puts the layer back.

    Args:
        model: the module that holds the layer.
        embedding_layer_name: its path, as in ``named_modules``.

    Returns:
        What stands in the layer's place now; its ``indices_to_embeddings`` makes the vectors, which are the inputs to
        attribute to, and baselines.

    Raises:
        UnknownLayer: the model has no module of that name.
        NotApplicable: the layer is one already.

    Reference: Sundararajan et al. (2017), section 5, https://arxiv.org/abs/1703.01365

    Example:
        >>> stand_in = configure_interpretable_embedding_layer(model, "embedding")
        >>> vectors = stand_in.indices_to_embeddings(tokens)
        >>> attributions = IntegratedGradients(model).attribute(vectors, target=1).sum(-1)
        >>> remove_interpretable_embedding_layer(model, stand_in)
    """
    embedding = module_named(model, embedding_layer_name)
    if isinstance(embedding, InterpretableEmbeddingBase):
        raise errors.NotApplicable(
            f"Layer '{embedding_layer_name}' is an InterpretableEmbeddingBase already; remove it first.",
            field="embedding_layer_name",
            layer=embedding_layer_name,
        )
    stand_in = InterpretableEmbeddingBase(embedding, embedding_layer_name)
    _put(model, embedding_layer_name, stand_in)
    return stand_in


def remove_interpretable_embedding_layer(model: nn.Module, interpretable_emb: InterpretableEmbeddingBase) -> None:
    """Put the embedding layer back that `configure_interpretable_embedding_layer` replaced.

    Args:
        model: the module that was configured.
        interpretable_emb: what stands in the layer's place.

    Raises:
        NotApplicable: it does not stand in this model.

    Reference: Sundararajan et al. (2017), section 5, https://arxiv.org/abs/1703.01365
    """
    modules: dict[str, nn.Module] = dict(model.named_modules())
    if modules.get(interpretable_emb.full_name) is not interpretable_emb:
        raise errors.NotApplicable(
            f"interpretable_emb does not stand at '{interpretable_emb.full_name}' in this model.",
            field="interpretable_emb",
            layer=interpretable_emb.full_name,
        )
    _put(model, interpretable_emb.full_name, interpretable_emb.embedding)


def _put(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, attribute = name.rpartition(".")
    setattr(model.get_submodule(parent), attribute, module)
