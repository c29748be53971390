"""Hugging Face's classifiers of texts and images. Needs the extra: `pip install "attriscope[huggingface]"`.

`attriscope serve --model huggingface:NAME_OR_FOLDER --texts FILE`, or with `--images FOLDER`, comes here too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import Dataset

from attriscope.adapters.files import ImageFolder, Text, read_texts
from attriscope.errors import ExplorerError
from attriscope.explorer import Batch, Explorer, Loader, ScoreFunc
from attriscope.features.image import ImageFeature
from attriscope.features.pictures import open_picture
from attriscope.features.text import TextFeature
from attriscope.features.tokens import ENDLESS

LENGTH = 128
"""Tokens at most where no length is given: a longer text makes every method slower for all of them."""

_NUMBERED_FROM_PADDING = {"camembert", "data2vec-text", "esm", "ibert", "longformer", "luke", "mpnet", "xmod"}

Labels = Sequence[str | int | None]


def text_explorer(
    model: nn.Module,
    tokenizer: Any,
    texts: Sequence[Text],
    labels: Labels | None = None,
    *,
    length: int | None = None,
    name: str | None = None,
) -> Explorer:
    """A sequence classifier on texts.

    >>> explorer = text_explorer(model, AutoTokenizer.from_pretrained(folder), ["A good film.", "A dull one."], [1, 0])

    model: a `…ForSequenceClassification`; its `config.id2label` names the classes.
    tokenizer: the model's own, with a padding token.
    texts: strings, or pairs of strings for models that read two together.
    labels: for each text a class's number or name, or None.
    length: tokens of each text; shorter ones are padded, longer ones cut. By default the longest text's, at most 128
        and at most what tokenizer and model take.
    name: heading of the page; the model's own by default.

    Whole words are explained; what the tokenizer adds ('[CLS]', '</s>') stands apart, and stays where it is in the
    baseline, which is padding otherwise. Padding is masked out of the model's attention.

    Raises ExplorerError: texts_broken, labels_broken, padding_missing, or out_of_range for a length.
    """
    return _of_texts(model.config, model, tokenizer, texts, labels, length, name)


def image_explorer(
    model: nn.Module,
    image_processor: Any,
    images: str | Path | Sequence[Image.Image | str | Path],
    labels: Labels | None = None,
    *,
    name: str | None = None,
) -> Explorer:
    """An image classifier on images.

    model: a `…ForImageClassification`; its `config.id2label` names the classes.
    image_processor: the model's own.
    images: a folder, read with its subfolders (the first one's name is the label), or pictures, open or as files.
    labels: for each picture a class's number or name, or None; not with a folder.
    name: heading of the page; the model's own by default.

    Raises ExplorerError: folder_missing, labels_broken.
    """
    return _of_images(model.config, model, image_processor, images, labels, name)


def explorer(model: str, texts: str | None = None, images: str | None = None) -> Explorer:
    """A classifier by its name on the Hugging Face Hub, or in a folder, with a file of texts or a folder of images.

    model: e.g. 'distilbert/distilbert-base-uncased-finetuned-sst-2-english'; downloaded once.
    texts: a text a line, or a table (`attriscope.adapters.files.read_texts`). images: a folder.

    Raises ExplorerError: extra_missing, model_unavailable where it is neither here nor can be downloaded, file_missing,
    folder_missing, texts_broken; once the model is loaded, weights_broken where it has no trained classifier.
    """
    if (texts is None) == (images is None):
        raise ExplorerError("argument_missing", "Give either texts or images.", field="texts")
    library = _transformers()
    config = _fetched(model, library.AutoConfig)
    if texts is not None:
        found = read_texts(Path(texts))
        tokenizer = _fetched(model, library.AutoTokenizer)
        loader = partial(_load, model, library.AutoModelForSequenceClassification)
        return _of_texts(config, {_short(model): loader}, tokenizer, found.texts, found.labels, None, None)
    processor = _fetched(model, library.AutoImageProcessor)
    loader = partial(_load, model, library.AutoModelForImageClassification)
    return _of_images(config, {_short(model): loader}, processor, str(images), None, None)


# --- texts -----------------------------------------------------------------------------------------------


class SequenceClassifier(nn.Module):
    """A sequence classifier as a function of token ids and, of pairs of texts, their token types.

    Padding is not attended to. Where a perturbation puts it in the place of a token, the model is told that nothing
    stands there, as it was when it was trained.
    """

    def __init__(self, model: nn.Module, padding: int) -> None:
        super().__init__()
        self.model, self.padding = model, padding

    def forward(self, input_ids: Tensor, token_type_ids: Tensor | None = None) -> Any:
        there = input_ids != self.padding
        # With nothing to attend to, attention would be 0 / 0.
        there = there | ~there.any(1, keepdim=True)
        more = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        return self.model(input_ids=input_ids, attention_mask=there.long(), **more)


class FramedText(TextFeature):
    """A text as a tokenizer frames it: what that adds ('[CLS]', '</s>') stays where it is in every baseline."""

    def __init__(self, name: str, tokenizer: Any, most: int | None, *, pairs: bool) -> None:
        """most: tokens that the model takes. pairs: a single text that is typed would be none of them."""
        super().__init__(name, tokenizer)
        self._most, self._pairs = most, pairs
        if pairs:
            self._encoder = None
        self._framing = torch.tensor(sorted(self.frame or ()), dtype=torch.long)

    def describe(self) -> str:
        return f"{super().describe()}, frame={self._framing.tolist()}"

    def untyped(self) -> ExplorerError | None:
        if not self._pairs:
            return super().untyped()
        return ExplorerError(
            "pairs_untyped",
            f"{self.name!r} holds pairs of texts; one that is typed would not be told apart into two.",
            field="text",
            feature=self.name,
        )

    def baseline(self, baseline: str, example: Tensor) -> Tensor:
        value = super().baseline(baseline, example)
        return torch.where(torch.isin(example, self._framing.to(example.device)), example, value)


class _Texts(Dataset[Batch]):
    def __init__(self, ids: Tensor, types: Tensor | None, labels: Labels | None) -> None:
        self._ids, self._types, self._labels = ids, types, labels

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, index: int) -> Batch:
        label = None if self._labels is None else self._labels[index]
        return Batch(self._ids[index], label, None if self._types is None else self._types[index])


def _of_texts(
    config: Any,
    model: nn.Module | dict[str, Loader],
    tokenizer: Any,
    texts: Sequence[Text],
    labels: Labels | None,
    length: int | None,
    name: str | None,
) -> Explorer:
    ids, types, pairs = _encoded(config, tokenizer, texts, length)
    most = _most(config, tokenizer)
    models: dict[str, nn.Module | Loader]
    if isinstance(model, nn.Module):
        models = {_named(model): SequenceClassifier(model, tokenizer.pad_token_id)}
    else:
        models = {key: partial(_classifier, loader, tokenizer.pad_token_id) for key, loader in model.items()}
    return Explorer(
        models=models,
        dataset=_Texts(ids, types, _checked(labels, len(ids), "texts")),
        classes=_classes(config),
        features=FramedText("text", tokenizer, most if most < ENDLESS else None, pairs=pairs),
        score_func=_score_func(config),
        name=name or next(iter(models)),
    )


def _classifier(loader: Loader, padding: int) -> nn.Module:
    return SequenceClassifier(loader(), padding)


def _encoded(
    config: Any, tokenizer: Any, texts: Sequence[Text], length: int | None
) -> tuple[Tensor, Tensor | None, bool]:
    """Padded token ids, N×L; of pairs the token types, where the tokenizer tells them; whether they are pairs."""
    given = [texts] if isinstance(texts, str) else list(texts)
    pairs = [isinstance(text, tuple | list) and len(text) == 2 for text in given]
    for at, text in enumerate(given):
        parts = text if pairs[at] else [text]
        if not all(isinstance(part, str) for part in parts) or pairs[at] != pairs[0]:
            raise ExplorerError(
                "texts_broken",
                f"texts[{at}] is of type {type(text).__name__}; texts must all be strings, or all pairs of strings.",
                field=f"texts[{at}]",
            )
    if not given:
        raise ExplorerError("texts_broken", "texts is empty; give at least one.", field="texts")
    if getattr(tokenizer, "pad_token_id", None) is None:
        raise ExplorerError(
            "padding_missing",
            "The tokenizer has no padding token, which is what words are compared with; set one, e.g. "
            "tokenizer.pad_token = tokenizer.eos_token.",
            field="tokenizer",
        )
    columns = tuple(map(list, zip(*given, strict=True))) if pairs[0] else (given,)
    most = _most(config, tokenizer)
    if length is not None and not 1 <= length <= most:
        raise ExplorerError("out_of_range", f"length is {length}; it must be 1 to {most}.", field="length")
    encoded = tokenizer(
        *columns,
        padding="longest" if length is None else "max_length",
        truncation=True,
        max_length=min(LENGTH, most) if length is None else length,
        return_tensors="pt",
    )
    return encoded["input_ids"], encoded.get("token_type_ids") if pairs[0] else None, pairs[0]


def _most(config: Any, tokenizer: Any) -> int:
    """Tokens that tokenizer and model take."""
    positions = getattr(config, "max_position_embeddings", None) or tokenizer.model_max_length
    if "roberta" in config.model_type or config.model_type in _NUMBERED_FROM_PADDING:
        # They number places from behind the padding token's id.
        positions -= tokenizer.pad_token_id + 1
    return int(min(positions, tokenizer.model_max_length))


# --- images ----------------------------------------------------------------------------------------------


class _Pictures(Dataset[tuple[Tensor, str | int | None]]):
    def __init__(self, pictures: Sequence[Any], transform: Callable[[Any], Tensor], labels: Labels | None) -> None:
        self._pictures, self._transform, self._labels = pictures, transform, labels

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> tuple[Tensor, str | int | None]:
        picture = self._pictures[index]
        if not isinstance(picture, Image.Image):
            picture = open_picture(Path(picture), Path(picture).name)
        return self._transform(picture), None if self._labels is None else self._labels[index]


def _of_images(
    config: Any,
    model: nn.Module | dict[str, Loader],
    processor: Any,
    images: str | Path | Sequence[Any],
    labels: Labels | None,
    name: str | None,
) -> Explorer:
    transform = partial(_pixels, processor)
    if isinstance(images, str | Path):
        if labels is not None:
            raise ExplorerError(
                "labels_broken", "labels are the names of the subfolders where images is a folder.", field="labels"
            )
        dataset: Any = ImageFolder(Path(images), transform)
    else:
        dataset = _Pictures(images, transform, _checked(labels, len(images), "images"))
    normalised = getattr(processor, "do_normalize", False)
    models: Any = {_named(model): model} if isinstance(model, nn.Module) else model
    return Explorer(
        models=models,
        dataset=dataset,
        classes=_classes(config),
        features=ImageFeature(
            mean=processor.image_mean if normalised else None,
            std=processor.image_std if normalised else None,
            from_upload=transform,
        ),
        score_func=_score_func(config),
        name=name or next(iter(models)),
    )


def _pixels(processor: Any, picture: Image.Image) -> Tensor:
    pixels: Tensor = processor(images=picture.convert("RGB"), return_tensors="pt")["pixel_values"][0]
    return pixels


# --- both ------------------------------------------------------------------------------------------------


def _named(model: nn.Module) -> str:
    return _short(str(getattr(model, "name_or_path", ""))) or type(model).__name__


def _short(model: str) -> str:
    """'org/name' and '/folder/name' → 'name'."""
    return model.rstrip("/").rpartition("/")[2]


def _classes(config: Any) -> list[str] | None:
    """None for a single value, which has no name."""
    if config.num_labels == 1:
        return None
    return [str(config.id2label[index]) for index in range(config.num_labels)]


def _score_func(config: Any) -> ScoreFunc | None:
    if config.problem_type == "multi_label_classification":
        return nn.Sigmoid()
    return None if config.num_labels == 1 or config.problem_type == "regression" else nn.Softmax(1)


def _checked(labels: Labels | None, count: int, of: str) -> Labels | None:
    if labels is not None and len(labels) != count:
        raise ExplorerError(
            "labels_broken", f"{len(labels)} labels for {count} {of}; give one for each.", field="labels"
        )
    return labels


def _transformers() -> Any:
    try:
        transformers: Any = import_module("transformers")
    except ImportError as error:
        raise ExplorerError(
            "extra_missing",
            f"Hugging Face's models need the package transformers ({error}). Install it: "
            'pip install "attriscope[huggingface]"',
            field="model",
        ) from error
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _fetched(model: str, kind: Any, **options: Any) -> Any:
    """`kind.from_pretrained(model)`, never with code from the Hub."""
    if model.startswith(("/", ".", "~")):
        folder = Path(model).expanduser()
        if not folder.is_dir():
            raise ExplorerError("folder_missing", f"--model: no folder '{folder}'.", field="model")
        model = str(folder)
    try:
        return kind.from_pretrained(model, trust_remote_code=False, **options)
    except Exception as error:  # connections, missing files, unknown kinds: it raises almost anything
        first = str(error).strip().partition("\n")[0]
        raise ExplorerError(
            "model_unavailable",
            f"{model!r} could not be read as a model of the Hugging Face Hub: {first} Where there is no connection, "
            "download it elsewhere and give its folder.",
            field="model",
            model=model,
        ) from error


def _load(model: str, kind: Any) -> nn.Module:
    module, told = _fetched(model, kind, dtype=torch.float32, output_loading_info=True)
    if missing := sorted(told["missing_keys"]):
        raise ExplorerError(
            "weights_broken",
            f"{model!r} has no trained classifier: it lacks {', '.join(missing[:4])}.",
            field="model",
            model=model,
        )
    classifier: nn.Module = module
    return classifier
