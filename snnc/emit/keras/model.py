"""``keras_model.py`` of a network."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.keras.layers import (
    has_dropout,
    has_quantised_lif,
    is_quantised,
    statements,
)
from snnc.emit.keras.losses import loss_code
from snnc.emit.keras.optimizers import compile_code
from snnc.emit.python import bracket, number, table, volume
from snnc.emit.quoting import docstring, module_docstring, quote
from snnc.graph.logical import Convolution, Dense, Layer, Lif, Network, Relu

TEMPLATE = "keras/templates/keras_model.py.jinja"

# With 0.3, the usual weight of 1e-3 holds budgets but for a spike or two, which
# calibration does; 0.1 costs the drifting digits a point on the emulator.
BREACH = 0.3


def keras_model(network: Network) -> Module:
    """Return the module that builds, compiles, saves and loads the Keras model."""
    spiking = [layer for layer in network.layers if not layer.is_encoder]
    lif = [layer for layer in spiking if _neuron(layer) is Lif]
    quantised = [layer for layer in spiking if is_quantised(network, layer)]
    chip_lif = has_quantised_lif(network)
    noise = bool(quantised) and network.train.aware
    loss = loss_code(network)
    body = render(
        TEMPLATE,
        docstring=module_docstring(
            "The Keras model of {name}: its layers, its loss and its weights.",
            network.name,
            network.about,
        ),
        description=_description(network),
        returned="logits" if network.readout.labels is not None else "predictions",
        statements=statements(network),
        constants=_constants(network, bool(lif), noise),
        budget=bool(network.train.rate_weight),
        quantised=bool(quantised),
        noise=noise,
        clipped=_has_clipped(network),
        chip_relu=any(_neuron(layer) is Relu for layer in quantised),
        chip_lif=chip_lif,
        lif=bool(lif),
        lif_signature=_lif_signature(chip_lif),
        loss=loss,
        cosine=network.train.schedule == "cosine",
        dropout=has_dropout(network),
        compile=compile_code(network, loss.expression),
        **_weights(network),
    )
    return Module("keras_model.py", body)


def _has_clipped(network: Network) -> bool:
    """Whether there is an encoder."""
    return any(layer.is_encoder for layer in network.layers)


def _description(network: Network) -> str:
    read, readout = network.input, network.readout
    return docstring(
        f"It reads ``{read.name}``, {volume(read.shape)}, values in"
        f" {read.low:g}..{read.high:g}, and returns ``{readout.name}``,"
        f" {volume(readout.shape)}. An activation of 1.0 stands for the upper rate"
        " of its layer.",
        indent=4,
    )


def _neuron(layer: Layer) -> type[Relu | Lif] | None:
    return None if layer.spiking is None else type(layer.spiking.neuron)


def _lif_signature(chip: bool) -> str:
    arguments = ["high: float", "tau_rc: float", "tau_ref: float"]
    arguments += ["aware: bool"] if chip else []
    return bracket("def lif(", arguments, ") -> Any:", 0)


def _constants(network: Network, lif: bool, noise: bool) -> list[str]:
    weight = network.train.rate_weight
    found = [f"DT = {number(network.timing.dt)}  # s, a step of the simulation"]
    if weight:
        meaning = "of the loss of rates that are BREACH out of bounds"
        found.append(f"RATE_WEIGHT = {number(weight)}  # {meaning}")
        found.append(f"BREACH = {BREACH}  # as a share of the upper bound")
    if noise:
        present = number(network.timing.present)
        found.append(f"SPIKE = 2 / {present}  # Hz, a spike in half of an example")
    if lif:
        found.append("SOFTNESS = 0.02  # width of the LIF threshold in gradients")
    found.append(f"SEED = {network.train.seed}  # of kernels and dropout")
    found.append(_names("TRAINED", [*_trained(network), network.readout.name]))
    groups = _weights(network)
    for name in ("biasless", "normed", "shortcuts"):
        if members := groups[name]:
            found.append(_names(name.upper(), members))
    return found


def _names(constant: str, layers: list[str]) -> str:
    return table(constant, [quote(layer) for layer in layers])


def _trained(network: Network) -> list[str]:
    return [
        layer.name
        for layer in network.layers
        if isinstance(layer.operation, Convolution | Dense)
    ]


def normed(network: Network) -> list[str]:
    """Return the names of layers whose kernels have a batch norm behind them."""
    return [
        layer.name
        for layer in network.layers
        if layer.spiking is not None
        and layer.spiking.batchnorm
        and isinstance(layer.operation, Convolution | Dense)
    ]


def _weights(network: Network) -> dict[str, list[str]]:
    """Return the names of layers whose weights need more than kernel and bias."""
    biasless = [
        layer.name
        for layer in network.layers
        if isinstance(layer.operation, Convolution | Dense) and not layer.operation.bias
    ]
    shortcuts = [
        layer.name
        for layer in network.layers
        if layer.shortcut is not None and layer.shortcut.stride is not None
    ]
    norms = normed(network)
    strict = [name for name in biasless if name not in norms]
    return {
        "biasless": biasless,
        "normed": norms,
        "shortcuts": shortcuts,
        "strict_bias": strict,
    }
