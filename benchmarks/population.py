"""Count which Keras models of a folder import as they are.

``python -m benchmarks.population FOLDER`` reads each model file in the folder, and
prints the rules that refuse it. docs/from-keras.md says how the first folder was drawn,
and has the results.

The second draw follows a rule that was written before any file was seen. Files are
chosen by their path in the repository, and the paths are `my_model.json`,
`model_architecture.json`, `architecture.json`, `models/model.json`, `my_model.keras`,
`model.keras`, `best_model.keras`, `my_model.h5` and `model/model.h5`. From the
repositories that have a path, in alphabetical order and without those of the first draw
(`population.txt`), the first twelve are taken, as far as they can be downloaded. The
file at the path is read if it is at most 16 MiB, and if it contains a configuration of
Keras. Each distinct architecture counts once: two are equal if they differ only in the
names of layers. If these are fewer than 80, the next twelve of each path follow.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from snnc.diagnostics import Severity
from snnc.importer.convert import convert
from snnc.importer.model import ImportRequest
from snnc.importer.read import read
from snnc.importer.refusals import RefusedModelError

RECURRENT = (
    "LSTM", "GRU", "RNN", "Bidirectional", "Attention", "Embedding", "StringLookup",
)  # fmt: skip
"""Words in the names of layers that a feed-forward model lacks."""


def refusals(file: Path) -> tuple[bool, tuple[str, ...]]:
    """Return whether a model is feed-forward, and the rules that refuse it."""
    try:
        model, _ = read(file)
        kinds = " ".join(layer.kind for layer in model.layers)
        made = convert(model, ImportRequest(), file.name)
    except RefusedModelError as error:
        return False, (error.diagnostic.code,)
    errors = (p.code for p in made.problems if p.severity is Severity.ERROR)
    is_forward = not any(word in kinds for word in RECURRENT)
    return is_forward, tuple(dict.fromkeys(errors))


def main() -> None:
    """Print the refused models, and the shares of those that import."""
    parser = argparse.ArgumentParser("benchmarks.population", description=__doc__)
    parser.add_argument("folder", type=Path)
    files = sorted(parser.parse_args().folder.iterdir())
    found = {file.name: refusals(file) for file in files}
    for name, (_, codes) in found.items():
        if codes:
            print(f"{name}: {', '.join(codes)}")
    forward = [codes for is_forward, codes in found.values() if is_forward]
    for title, group in {
        "all": [codes for _, codes in found.values()],
        "feed-forward": forward,
    }.items():
        whole = sum(not codes for codes in group)
        print(f"{title}: {whole} of {len(group)}, {whole / len(group):.0%}")
    counted = Counter(code for _, codes in found.values() for code in codes)
    print(", ".join(f"{code} {count}" for code, count in counted.most_common()))


if __name__ == "__main__":
    main()
