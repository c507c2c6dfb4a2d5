"""``calibrate.py`` and ``_scales.py``: weights that keep layers to their rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.keras.layers import is_quantised
from snnc.emit.python import bracket, items, number
from snnc.emit.quoting import docstring, module_docstring, quote
from snnc.graph.logical import Layer, Lif, Loihi, Network
from snnc.graph.lowered import LoweredNetwork, Projection

INDENT = 4
Stretches = tuple[tuple[str, int], ...]


def calibrate(lowered: LoweredNetwork) -> Module:
    """Return the module that measures rates and scales weights."""
    network = lowered.network
    spiking = [population.layer for population in lowered.populations]
    body = render(
        "keras/templates/calibrate.py.jinja",
        name=network.name,
        docstring=_docstring(network),
        reads=[_read(*read) for read in reads(lowered).items()],
        aware=_aware(network),
        on_chip=any(population.on_chip for population in lowered.populations),
        input_dims=", ".join(map(str, network.input.shape)),
        fixed_doc=docstring(_fixed_doc(spiking), INDENT),
    )
    return Module("calibrate.py", body)


def scales(lowered: LoweredNetwork) -> Module:
    """Return the module that finds a scale for each layer from measured rates."""
    network = lowered.network
    body = render(
        "keras/templates/_scales.py.jinja",
        docstring=module_docstring(
            "The scales that bring the rates of {name} into their bounds.",
            network.name,
        ),
        layers=[_layer(network, p.layer) for p in lowered.populations],
        groups=[_listed("[", map(quote, group), "]") for group in groups(lowered)],
        dt=number(network.timing.dt),
    )
    return Module("_scales.py", body)


def groups(lowered: LoweredNetwork) -> tuple[tuple[str, ...], ...]:
    """Return the layers that must share a scale, in spec order.

    An identity shortcut adds what its source gives to a layer's own sum, and the
    sources of an `add` meet the same rows of their reader's kernel.
    """
    names = tuple(population.name for population in lowered.populations)
    group = {name: {name} for name in names}
    for one, other in _ties(lowered):
        merged = group[one] | group[other]
        group.update(dict.fromkeys(merged, merged))
    return tuple(
        tuple(member for member in names if member in group[name])
        for name in names
        if name == min(group[name], key=names.index)
    )


def reads(lowered: LoweredNetwork) -> Mapping[str, Stretches]:
    """Return, for each kernel, the sources of its rows and how many each has.

    Of sources that meet the same rows, which share a scale, the first is named.
    """
    sources: dict[str, dict[int, str]] = {}
    for projection in _from_layers(lowered):
        if projection.tensor is not None:
            rows = sources.setdefault(projection.tensor, {})
            for row in range(*projection.rows):
                rows.setdefault(row, projection.source)
    return {
        tensor: tuple(
            (source, len(list(stretch)))
            for source, stretch in groupby(rows[row] for row in sorted(rows))
        )
        for tensor, rows in sources.items()
    }


def _ties(lowered: LoweredNetwork) -> Iterable[tuple[str, str]]:
    seen: dict[tuple[str, int], str] = {}
    for projection in _from_layers(lowered):
        if projection.tensor is None:
            yield projection.source, projection.target
            continue
        for row in range(*projection.rows):
            yield (
                projection.source,
                seen.setdefault((projection.tensor, row), projection.source),
            )


def _from_layers(lowered: LoweredNetwork) -> Iterable[Projection]:
    """All projections but those of the input, which nothing scales."""
    for projection in (*lowered.projections, *lowered.readout):
        if projection.source in lowered.by_name:
            yield projection


def _docstring(network: Network) -> str:
    return module_docstring(
        "Scale the weights of {name} so that each layer keeps to its rates.",
        network.name,
        f"``python -m {network.name}.calibrate --data data.npz --weights "
        "in.safetensors --output out.safetensors`` does so from the command line.",
        "If all that a rectified linear layer sums is multiplied by a number, so is "
        "what it gives; its readers' kernels are divided by it, and the outputs stay "
        "as they are (data-based normalisation: Diehl et al., IJCNN 2015, "
        "doi:10.1109/IJCNN.2015.7280696).",
    )


def _fixed_doc(layers: Iterable[Layer]) -> str:
    """Say which layers are left as they are, if this network can have any."""
    fixed = [layer.name for layer in layers if _fixed(layer)]
    clips = "An encoder is scaled only as far as none of its values clips."
    if not fixed:
        return clips
    left = ", ".join(f"`{name}`" for name in fixed)
    return f"{clips} Left as they are, as no scale of them is exact: {left}."


def _aware(network: Network) -> bool:
    return isinstance(network.target, Loihi) and network.train.aware


def _fixed(layer: Layer) -> str | None:
    if layer.kind == "encode rate":
        return "has no weights"
    if layer.spiking is not None and isinstance(layer.spiking.neuron, Lif):
        return "LIF"
    return None


def _layer(network: Network, layer: Layer) -> str:
    assert layer.spiking is not None
    rate = layer.spiking.rate
    arguments = [number(float(v)) for v in (rate.low, rate.high, rate.percentile)]
    if fixed := _fixed(layer):
        arguments.append(f"fixed={quote(fixed)}")
    if layer.is_encoder:
        arguments.append("clipped=True")
    elif not fixed and _aware(network) and is_quantised(network, layer):
        arguments.append("discrete=True")
    return _listed(f"{quote(layer.name)}: Layer(", arguments, ")")


def _read(tensor: str, stretches: Stretches) -> str:
    pairs = (items((quote(source), channels)) for source, channels in stretches)
    return _listed(f"{quote(tensor)}: [", pairs, "]")


def _listed(head: str, arguments: Iterable[str], tail: str) -> str:
    """Write an item of a table, with its comma."""
    return bracket(head, tuple(arguments), f"{tail},", INDENT)
