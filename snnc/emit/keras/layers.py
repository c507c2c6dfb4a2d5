"""Each layer of the spec as a paragraph of Keras statements."""

from __future__ import annotations

from snnc.emit.keras.linear import write_operation, write_readout, write_shortcut
from snnc.emit.keras.writer import Writer
from snnc.emit.python import INDENT, bracket, items, number
from snnc.emit.quoting import quote
from snnc.graph.logical import Input, Layer, Lif, Loihi, Network, Spiking
from snnc.graph.order import reading_order


def statements(network: Network) -> tuple[str, ...]:
    """Return the statements of ``build_model`` from the input to the readout."""
    writer = Writer.of(network)
    values = _write_input(writer, network.input)
    reads = {layer.name: layer.reads for layer in network.layers}
    for name in reading_order(reads):
        layer = network.by_name[name]
        writer.comment(_title(layer))
        write_operation(writer, network, layer)
        if layer.spiking is not None:
            _write_spiking(writer, network, layer, layer.spiking)
    writer.comment(f"{network.readout.name}: readout, {network.readout.units}")
    write_readout(writer, network, network.readout)
    ends = (values, writer.names[network.readout.name], f"name={quote(network.name)}")
    writer.statements += ["", bracket("return keras.Model(", ends, ")", INDENT)]
    return tuple(writer.statements)


def is_quantised(network: Network, layer: Layer) -> bool:
    """Whether the layer's neurons are on a chip, which quantises their rates."""
    return isinstance(network.target, Loihi) and layer.on_chip


def has_dropout(network: Network) -> bool:
    """Whether some layer drops activations in training."""
    return any(
        layer.spiking is not None and layer.spiking.dropout > 0
        for layer in network.layers
    )


def _write_input(writer: Writer, read: Input) -> str:
    """Write the input and its mapping; return the variable of the raw values."""
    variable = writer.names[read.name]
    arguments = (items(read.shape), f"name={quote(read.name)}")
    writer.statements.append(
        bracket(f"{variable} = keras.Input(", arguments, ")", INDENT)
    )
    if read.scaled is None:
        return variable
    low, high = read.scaled
    spans = (high - low, read.high - read.low)
    divisor = "" if spans[1] == 1 else f" / {number(spans[1])}"
    scaling = [number(spans[0]) + divisor]
    if offset := low - read.low * spans[0] / spans[1]:
        scaling.append(f"offset={number(offset)}")
    rescaling = "keras.layers.Rescaling"
    writer.assign("scaled", f"{read.name}.scaled", rescaling, scaling, [variable])
    # From here on the input's name stands for its mapped values.
    writer.names[read.name] = "scaled"
    return variable


def _title(layer: Layer) -> str:
    shape = "x".join(map(str, layer.shape))
    kind = layer.kind if layer.kind == layer.name else f"{layer.name}: {layer.kind}"
    if layer.spiking is None:
        return f"{kind}, {shape}"
    rate = layer.spiking.rate
    title = f"{kind}, {shape}, {rate.low:g}..{rate.high:g} Hz"
    return f"{title}, at most a spike a step" if layer.is_encoder else title


def _write_spiking(
    writer: Writer, network: Network, layer: Layer, spiking: Spiking
) -> None:
    own = [writer.names[layer.name]]
    if spiking.batchnorm:
        norm = "keras.layers.BatchNormalization"
        writer.apply(layer.name, norm, (), own, part="norm")
    if layer.shortcut is not None:
        write_shortcut(writer, network, layer, layer.shortcut)
    neurons = _neurons(network, layer, spiking)
    if network.train.rate_weight:
        rate = spiking.rate
        budget = [number(v) for v in (rate.low, rate.high, rate.percentile)]
        writer.let("neurons", neurons)
        neurons = "neurons"
        writer.apply(layer.name, "RateBudget", [*budget, neurons], own, part="rate")
    activation = "keras.layers.Activation"
    writer.apply(layer.name, activation, (neurons,), own, part="neurons")
    if network.train.aware and is_quantised(network, layer):
        noise = (number(spiking.rate.high), "aware", writer.seed())
        writer.apply(layer.name, "SpikeNoise", noise, own, part="noise")
    if spiking.dropout:
        dropout = (number(spiking.dropout), f"seed={writer.seed()}")
        writer.apply(layer.name, "keras.layers.Dropout", dropout, own, part="dropout")


def _neurons(network: Network, layer: Layer, spiking: Spiking) -> str:
    """Return the expression of the neurons' activation."""
    high = number(spiking.rate.high)
    if layer.is_encoder:
        return f"clipped({high})"
    quantised = is_quantised(network, layer)
    if isinstance(spiking.neuron, Lif):
        arguments = [high, number(spiking.neuron.tau_rc)]
        arguments.append(number(spiking.neuron.tau_ref))
        if has_quantised_lif(network):
            arguments.append("aware" if quantised else "False")
        return f"lif({', '.join(arguments)})"
    return f"relu({high}, aware)" if quantised else "keras.activations.relu"


def has_quantised_lif(network: Network) -> bool:
    """Whether the chip's LIF curve is needed."""
    return any(
        layer.spiking is not None
        and isinstance(layer.spiking.neuron, Lif)
        and is_quantised(network, layer)
        for layer in network.layers
    )
