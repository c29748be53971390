"""The sentiment of sentences: convolutions over the embedding, which has been taken out; padding as the baseline."""

import torch
from captum.attr import TokenReferenceBase, configure_interpretable_embedding_layer
from captum.insights import AttributionVisualizer, Batch
from captum.insights.attr_vis.features import TextFeature
from torch import nn

WORDS = ["<unk>", "<pad>", "a", "film", "story", "good", "bad", "dull", "moving", "not", "very", "and", "but"]
LENGTH = 8
SENTENCES = [
    ("a very good film", 1),
    ("a bad and dull story", 0),
    ("not bad", 1),
    ("a moving story but a bad film", 0),
    ("good and moving and not dull", 1),
    ("a film", 0),
]


class Sentiment(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), 10)
        self.convolutions = nn.ModuleList(nn.Conv2d(1, 6, (size, 10)) for size in (2, 3))
        self.score = nn.Linear(12, 2)

    def forward(self, tokens):
        vectors = self.embedding(tokens)[:, None]
        found = [torch.relu(convolution(vectors)).squeeze(3).amax(2) for convolution in self.convolutions]
        return self.score(torch.cat(found, 1))


torch.manual_seed(12)
network = Sentiment().eval()
embedding = configure_interpretable_embedding_layer(network, "embedding")
padding = TokenReferenceBase(reference_token_idx=WORDS.index("<pad>"))


def encoded(sentence):
    tokens = [WORDS.index(word) for word in sentence.split()]
    return torch.tensor(tokens + [1] * (LENGTH - len(tokens)))


def batches():
    for start in range(0, len(SENTENCES), 3):
        part = SENTENCES[start : start + 3]
        tokens = torch.stack([encoded(sentence) for sentence, _ in part])
        yield Batch(inputs=tokens, labels=torch.tensor([label for _, label in part]))


def to_vectors(tokens):
    return embedding.indices_to_embeddings(tokens)


def to_padding(vectors):
    return embedding.indices_to_embeddings(padding.generate_reference(LENGTH, device=vectors.device))


def to_words(tokens):
    return [WORDS[int(token)] for token in tokens.squeeze(0).tolist()]


def main():
    visualizer = AttributionVisualizer(
        network,
        ["negative", "positive"],
        TextFeature("Sentence", [to_padding], [to_vectors], to_words),
        batches(),
        lambda outputs: torch.softmax(outputs, 1),
    )
    visualizer.serve()


if __name__ == "__main__":
    main()
