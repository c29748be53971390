"""Small randomly initialised Hugging Face models and tokenizers, built on the spot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from tests.server.workers.toys import Direct

TEXTS = [
    "The film is good.",
    "A dull and unwatchable film, not good at all.",
    "Good café music",
    "The plot is not unwatchable, not at all: it is good.",
    "bad film",
    "It is the good film that is not bad",
]
LABELS = {0: "negative", 1: "neutral", 2: "positive"}
SIZES: dict[str, Any] = {"id2label": LABELS, "label2id": {name: at for at, name in LABELS.items()}}


def wordpiece() -> Any:
    """As BERT's: [CLS] and [SEP] around, ##pieces."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = ["un", "##watch", "##able", "##s", "caf", "##e"]
    words = sorted({word.strip(".,:").lower() for text in TEXTS for word in text.split()} - {"unwatchable", "café"})
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *pieces, ".", ",", ":"]
    vocabulary = {token: index for index, token in enumerate(known)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=32,
    )


def byte_level() -> Any:
    """As RoBERTa's: <s> and </s> around, byte-level pieces."""
    from tokenizers import ByteLevelBPETokenizer, processors
    from transformers import PreTrainedTokenizerFast

    trained = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained.train_from_iterator([text for text in TEXTS if "café" not in text], 300, 1, False, special)
    trained._tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<s>",
        cls_token="<s>",
        sep_token="</s>",
        eos_token="</s>",
        mask_token="<mask>",
    )


def _seeded(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = make()
        for parameter in model.parameters():
            if parameter.dim() > 1:
                # As published ones would start, all scores are nearly the same.
                nn.init.normal_(parameter, std=0.3)
    return model.eval()


def bert(**settings: Any) -> nn.Module:
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=len(wordpiece()),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=20,
        max_position_embeddings=32,
        **{**SIZES, **settings},
    )
    return _seeded(lambda: BertForSequenceClassification(config))


def distilbert() -> nn.Module:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    config = DistilBertConfig(
        vocab_size=len(wordpiece()), dim=16, n_layers=2, n_heads=2, hidden_dim=20, max_position_embeddings=32, **SIZES
    )
    return _seeded(lambda: DistilBertForSequenceClassification(config))


def roberta() -> nn.Module:
    from transformers import RobertaConfig, RobertaForSequenceClassification

    config = RobertaConfig(
        vocab_size=len(byte_level()),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=20,
        max_position_embeddings=66,
        type_vocab_size=1,
        pad_token_id=1,
        **SIZES,
    )
    return _seeded(lambda: RobertaForSequenceClassification(config))


def vit() -> nn.Module:
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=20,
        image_size=32,
        patch_size=8,
        **SIZES,
    )
    return _seeded(lambda: ViTForImageClassification(config))


def processor() -> Any:
    from transformers import ViTImageProcessor

    return ViTImageProcessor(size={"height": 32, "width": 32}, image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.2, 0.25])


def pictures() -> list[Image.Image]:
    generator = np.random.default_rng(0)
    return [Image.fromarray(generator.integers(0, 255, (40, 48, 3), dtype=np.uint8)) for _ in range(3)]


def model_of(client: Direct) -> str:
    (name,) = client.runtime.loaded.models
    return name
