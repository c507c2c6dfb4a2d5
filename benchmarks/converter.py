"""Make the table of docs/from-nengo-dl.md: what becomes of Keras layers without snnc.

``python -m benchmarks.converter`` prints the table, ``--write`` puts it into the page.
For each row it builds a small Keras model, converts it with `nengo_dl.Converter`, has
nengo-loihi build the result, and makes one step. In most models the layer is between
neurons on the chip, and the first neurons run on the host, as in nengo-loihi's example
of a Keras model. It needs nengo-dl and nengo-loihi, on Python 3.10 or 3.11.
"""

from __future__ import annotations

import argparse
import os
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from snnc.importer.graph import snake
from snnc.text.tables import Cells, prose, table

PAGE = Path(__file__).parents[1] / "docs" / "from-nengo-dl.md"
TABLE = re.compile(r"^\| layer \| nengo_dl.Converter \|.*?\n\n", re.M | re.S)
HEAD = ("layer", "nengo_dl.Converter", "nengo-loihi")
IMAGE, LINE, VOLUME, FLAT = (4, 4, 4), (6, 4), (2, 2, 2, 2), (6,)
READER = ("Flatten", "Dense")
_NEURONS = {"activation": "relu", "use_bias": False, "name": "reader"}
READERS: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu", "name": "neurons"},
    "Conv2D": {"filters": 4, "kernel_size": 2, "padding": "same", **_NEURONS},
    "Dense": {"units": 3, **_NEURONS},
    "Flatten": {"name": "flat"},
}
Build = Callable[[Any], tuple[Any, str]]
"""Returns a model, given the module ``keras``, and the name of its layer to try."""


def model(
    kind: str,
    *args: Any,
    shape: tuple[int, ...] = IMAGE,
    before: int = 2,
    reads: int = 1,
    after: tuple[str, ...] = READER,
    **options: Any,
) -> Build:
    """Return a model with a layer among others.

    Parameters
    ----------
    before
        How many layers of neurons come before it; the first runs on the host.
    reads
        How many layers of neurons it reads.
    after
        The layers that come after it, of `READERS`.
    """

    def build(keras: Any) -> tuple[Any, str]:
        layers, name = keras.layers, snake(kind)
        start = end = keras.Input(shape)
        for _ in range(before - 1):
            end = layers.Activation("relu")(end)
        if before:
            ends = [layers.Activation("relu")(end) for _ in range(reads)]
            end = ends[0] if reads == 1 else ends
        end = getattr(layers, kind)(*args, name=name, **options)(end)
        for reader in after:
            end = getattr(layers, reader)(**READERS[reader])(end)
        return keras.Model(start, end), name

    return build


def conv(rank: int, shape: tuple[int, ...] = IMAGE, **options: Any) -> Build:
    """Return a model with a convolution of neurons, without biases unless asked."""
    given = {"activation": "relu", "use_bias": False, **options}
    return model(f"Conv{rank}D", 4, 2, shape=shape, **given)


ROWS: dict[str, Build] = {
    "`Conv2D` with ReLU, without biases": conv(2),
    "`Conv2D` with ReLU and biases": conv(2, use_bias=True),
    "`Conv2D` without an activation": conv(2, activation=None),
    "`Conv2D` with ELU": conv(2, activation="elu"),
    "`Conv2D` with `dilation_rate`": conv(2, dilation_rate=2),
    "`Conv2D` with `groups`": conv(2, groups=2),
    "`Conv1D`": conv(1, LINE),
    "`Conv3D`": conv(3, VOLUME),
    "`Conv3D` on the input": conv(3, VOLUME, before=0),
    "`Conv1D` with `padding='causal'`": conv(1, LINE, padding="causal"),
    "`DepthwiseConv2D`, `SeparableConv2D`": model(
        "DepthwiseConv2D", 2, activation="relu"
    ),
    "`Dense` with ReLU": model("Dense", 3, "relu", shape=FLAT),
    "`Dense` without an activation, last": model("Dense", 3, shape=FLAT, after=()),
    "`Dense` with softmax": model("Dense", 3, "softmax", shape=FLAT, after=()),
    "`Dense` with tanh": model("Dense", 3, "tanh", shape=FLAT),
    "`Dense` on an image": model("Dense", 3, "relu"),
    "`Dense` that reads 4100 neurons": model("Dense", 2, "relu", shape=(4100,)),
    "`AveragePooling2D`": model("AveragePooling2D"),
    "`AveragePooling2D` on the input": model(
        "AveragePooling2D", before=0, after=("Activation", *READER)
    ),
    "`GlobalAveragePooling2D`": model("GlobalAveragePooling2D"),
    "`MaxPooling2D`": model("MaxPooling2D"),
    "`BatchNormalization`": model("BatchNormalization"),
    "`LayerNormalization`": model("LayerNormalization"),
    "`Dropout`": model("Dropout", 0.5),
    "`Flatten`, `Reshape`": model("Flatten"),
    "`ZeroPadding2D`": model("ZeroPadding2D"),
    "`ZeroPadding2D` before `Conv2D`": model("ZeroPadding2D", after=("Conv2D",)),
    "`UpSampling2D`": model("UpSampling2D"),
    "`ReLU`": model("ReLU"),
    "`ReLU(6)`": model("ReLU", 6.0),
    "`LeakyReLU`": model("LeakyReLU"),
    "`Add`, `Average`": model("Add", reads=2, after=("Activation",)),
    "`Add` before `Conv2D`": model("Add", reads=2, after=("Conv2D",)),
    "`Concatenate`": model("Concatenate", reads=2, after=("Activation",)),
    "`Multiply`, `Maximum`": model("Multiply", reads=2, after=("Activation",)),
    "`LSTM`": model("LSTM", 2, shape=LINE),
}


def rows() -> Iterator[Cells]:
    """Try each model, and give the rows of the table."""
    from tensorflow import keras

    for what, build in ROWS.items():
        keras.backend.clear_session()
        made, said = trial(*build(keras))
        yield what, made, prose(said)


def trial(model: Any, layer: str) -> tuple[str, str]:
    """Return what the Converter makes of a layer, and what nengo-loihi says of that."""
    import nengo
    import nengo_dl
    import nengo_loihi
    import tensorflow as tf

    spiking = nengo.SpikingRectifiedLinear()
    swaps = dict.fromkeys((tf.keras.activations.relu, tf.nn.relu), spiking)
    try:
        net = nengo_dl.Converter(model, inference_only=True, swap_activations=swaps).net
    except Exception as error:
        return "exception", f"refused: {words(error)}"
    if any(isinstance(node, nengo_dl.TensorNode) for node in net.all_nodes):
        return "TensorNode", "refused"
    put_first_neurons_on_host(net)
    try:
        with nengo_loihi.Simulator(net, target="sim", progress_bar=False) as simulator:
            simulator.run_steps(1)
            place = place_of(layer, net, simulator)
    except Exception as error:
        return "native", f"refused: {words(error)}"
    return "native", f"builds: {place}" if place else "builds"


def words(error: Exception) -> str:
    """Return what a library says, in one line without a full stop."""
    said = re.sub(r" at 0x[0-9a-f]+", "", " ".join(str(error).split()))
    said = said[:300].rstrip(".")
    kind = type(error).__name__
    return f"{kind}: {said}" if said else kind


def place_of(layer: str, net: Any, simulator: Any) -> str:
    """Return where a layer runs; nothing if it only renames what it reads."""
    for ensemble in net.all_ensembles:
        if str(ensemble.label).startswith(f"{layer}."):
            is_host = net.config[ensemble].on_chip is False
            return f"neurons on the {'host' if is_host else 'chip'}"
    removed = simulator.model.split.passthrough.to_remove
    for node in net.all_nodes:
        if str(node.label).startswith(f"{layer}.") and ".bias" not in node.label:
            merged = "a Node that nengo-loihi merges into connections"
            return merged if node in removed else "a Node on the host"
    return ""


def put_first_neurons_on_host(net: Any) -> None:
    """Put neurons that no others come before on the host, unless all are such."""
    import nengo
    import nengo_loihi
    from nengo_loihi.passthrough import base_obj

    def reads_neurons(obj: Any) -> bool:
        sources = [
            base_obj(c.pre) for c in net.all_connections if base_obj(c.post) is obj
        ]
        return any(isinstance(s, nengo.Ensemble) or reads_neurons(s) for s in sources)

    nengo_loihi.add_params(net)
    first = [e for e in net.all_ensembles if not reads_neurons(e)]
    if len(first) < len(net.all_ensembles):
        for ensemble in first:
            net.config[ensemble].on_chip = False


def main() -> None:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    made = "\n".join(table(HEAD, list(rows()))) + "\n\n"
    if options.write:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(TABLE.sub(lambda _: made, text), encoding="utf-8")
    else:
        print(made, end="")


if __name__ == "__main__":
    main()
