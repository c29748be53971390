"""Questions about pictures: two inputs, the question's length as a further argument, its embedding taken out."""

import torch
from captum.attr import TokenReferenceBase, configure_interpretable_embedding_layer
from captum.insights import AttributionVisualizer, Batch
from captum.insights.attr_vis.features import ImageFeature, TextFeature
from torch import nn
from torchvision import transforms

WORDS = ["<pad>", "what", "which", "is", "colour", "shape", "the", "left", "right", "thing", "animal"]
ANSWERS = ["red", "green", "blue", "round", "square"]
LENGTH = 7
QUESTIONS = [
    ("what colour is the thing", 0),
    ("which shape is the left thing", 3),
    ("what is the animal", 1),
    ("which colour is right", 2),
    ("is the shape left", 4),
]


class Question(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 6, padding_idx=0)
        self.mixing = nn.Linear(6, 8)

    def forward(self, tokens, length):
        embedded = torch.tanh(self.mixing(self.embedding(tokens)))
        present = torch.arange(LENGTH)[None] < length[:, None]
        return (embedded * present[..., None]).sum(1) / length[:, None]


class Answering(nn.Module):
    def __init__(self):
        super().__init__()
        self.picture = nn.Sequential(nn.Conv2d(3, 8, 5, stride=3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.question = Question()
        self.answer = nn.Sequential(nn.Linear(32 + 8, 16), nn.ReLU(), nn.Linear(16, len(ANSWERS)))

    def forward(self, picture, tokens, length):
        return self.answer(torch.cat([self.picture(picture), self.question(tokens, length)], 1))


torch.manual_seed(7)
network = Answering().eval()
embedding = configure_interpretable_embedding_layer(network, "question.embedding")
padding = TokenReferenceBase(reference_token_idx=0)


def ask(question):
    tokens = [WORDS.index(word) for word in question.split()]
    return torch.tensor(tokens + [0] * (LENGTH - len(tokens))), torch.tensor(len(tokens))


def batches():
    generator = torch.Generator().manual_seed(8)
    for question, answer in QUESTIONS:
        tokens, length = ask(question)
        picture = torch.rand(1, 3, 30, 40, generator=generator)
        yield Batch(inputs=(picture, tokens[None]), labels=(answer,), additional_args=length[None])


def picture_baseline(picture):
    return picture * 0


def text_input(tokens):
    return embedding.indices_to_embeddings(tokens)


def text_baseline(vectors):
    tokens = padding.generate_reference(LENGTH, device=vectors.device)
    return embedding.indices_to_embeddings(tokens)


def words(tokens):
    return [WORDS[int(token)] for token in tokens.squeeze(0)]


def main():
    visualizer = AttributionVisualizer(
        models=[network],
        score_func=lambda outputs: torch.nn.functional.softmax(outputs, dim=1),
        features=[
            ImageFeature(
                "Picture",
                input_transforms=[transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))],
                baseline_transforms=[picture_baseline],
            ),
            TextFeature(
                "Question",
                input_transforms=[text_input],
                baseline_transforms=[text_baseline],
                visualization_transform=words,
            ),
        ],
        dataset=batches(),
        classes=ANSWERS,
    )
    visualizer.serve(debug=False)


if __name__ == "__main__":
    main()
