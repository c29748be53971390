"""Captum Insights 0.8.0 over the CIFAR-10 images, in a process of its own; started by `benchmarks.insights`.

`python insights_server.py CAPTUM DEPENDENCIES MODEL`: folders that pip installed into, and a model of
tests/explorers/cifar10.py. Prints one line of JSON when it serves.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path


def main(captum_folder: str, dependencies: str, model_name: str) -> None:
    # Before the oracle's captum 0.9.0; what Insights needs besides comes last, so that torch keeps its own numpy.
    sys.path[:1] = [captum_folder, str(Path(__file__).parent.parent)]
    sys.path.append(dependencies)
    warnings.filterwarnings("ignore", module="captum")  # its data loader's, about its own no_grad
    import captum
    import torch
    from captum.insights import AttributionVisualizer, Batch
    from captum.insights.attr_vis.features import ImageFeature

    from tests.explorers import cifar10

    explorer = cifar10.explorer()
    inputs = torch.stack([image for image, _ in explorer.dataset])
    labels = torch.tensor([label for _, label in explorer.dataset])

    def batches() -> Iterator[Batch]:
        for images, classes in zip(inputs.split(4), labels.split(4), strict=True):
            yield Batch(images, classes)

    visualizer = AttributionVisualizer(
        models=[explorer.models[model_name]()],
        score_func=lambda output: torch.softmax(output, 1),
        classes=list(explorer.classes),
        # The models take pixels of 0 to 1 and normalise them themselves: nothing to transform here.
        features=[ImageFeature("image", baseline_transforms=None, input_transforms=None)],
        dataset=batches(),
    )
    port = visualizer.serve(blocking=False, debug=False)
    facts = {"port": port, "captum": captum.__version__, "threads": torch.get_num_threads(), "images": len(inputs)}
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
