"""Find out how the chip rounds weights, and which weights it can't store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from snnc.diagnostics import Diagnostic, LayerDiagnostic
from snnc.loihi import integers
from snnc.results.weights import Precision
from snnc.rules import weights as rules
from snnc.runtime.examples import Array
from snnc.text.display import Json
from snnc.weight_files.cores import CoreContent, PlacedLayer, Synapse

ERROR_MOST = 0.03  # the error of representing an activation by a spike count


def precision(placed: PlacedLayer) -> Precision:
    """Summarize the precision of a layer's cores."""
    blocks = placed.blocks
    exponents = blocks.exponent[blocks.has_weights].tolist()
    bits: dict[tuple[int, str], int] = defaultdict(int)
    for core in placed.cores:
        for synapse in core.synapses:
            # A core may read parts of a tensor with their own exponents.
            key = core.number, synapse.tensor
            bits[key] = max(bits[key], int(synapse.stored.bits))
    biased = [_bits(bias) for bias in blocks.bias if bias]
    most = integers.BIAS_MANTISSA.bit_length()
    return Precision(
        name=placed.name,
        cores=len(placed.cores),
        exponents=(min(exponents), max(exponents)) if exponents else None,
        weight_bits=min(bits.values(), default=0),
        threshold_bits=min(map(_bits, blocks.threshold_mantissa)),
        bias_bits=min([most, *biased]) if biased else None,
        threshold_share=float(blocks.threshold_share.max()),
        bias_share=float(blocks.bias_share.max()),
        refused=sum(core.is_refused for core in placed.cores),
        rounding=max((each.error for each in round_layer(placed)), default=None),
    )


def _bits(value: float) -> int:
    return int(np.frexp(value)[1])


def round_layer(placed: PlacedLayer) -> Iterator[rules.RoundedTensor]:
    """Yield the rounding of each tensor on each core that nengo-loihi builds."""
    known: dict[object, rules.RoundedTensor] = {}
    for core in placed.cores:
        if core.is_refused:
            continue
        by_tensor: dict[str, list[Synapse]] = defaultdict(list)
        for synapse in core.synapses:
            if synapse.weight > 0:
                by_tensor[synapse.tensor].append(synapse)
        block = placed.blocks.take([core.number])
        for name, synapses in by_tensor.items():
            # Cores with the same weights and scale have the same error.
            taps = tuple(synapse.taps for synapse in synapses)
            key = (name, taps, float(block.weight[0]), int(block.exponent[0]))
            if key not in known:
                known[key] = _in_core(core.number, name, block, synapses)
            yield known[key]


def _in_core(
    number: int, tensor: str, block: integers.Blocks, synapses: list[Synapse]
) -> rules.RoundedTensor:
    """Return the rounding of a tensor on a core, in total and by output channel."""
    size = synapses[0].arriving.kernel.shape[-1]
    squares = np.zeros(size)
    powers = np.zeros(size)
    peaks = np.zeros(size)
    count = 0
    for synapse in synapses:
        weights, channels = synapse.arriving.values(synapse.taps)
        changes = _round(synapse, block, weights) - weights
        squares += np.bincount(channels, np.square(changes), size)
        powers += np.bincount(channels, np.square(weights), size)
        np.maximum.at(peaks, channels, np.abs(weights))
        count += len(weights)
    # The channel with the largest weights dominates the sums, so an error in most
    # other channels shows only in the median.
    driven = powers > 0
    whole = float(np.sqrt(squares.sum() / powers.sum()))
    typical = float(np.sqrt(np.median(squares[driven] / powers[driven])))
    channel = int(peaks.argmax())
    return rules.RoundedTensor(
        core=number,
        tensor=tensor,
        bits=int(min(synapse.stored.bits for synapse in synapses)),
        too_strong=any(synapse.stored.excess > 1 for synapse in synapses),
        error=max(whole, typical),
        median=typical > whole,
        largest=float(peaks[channel]),
        channel=channel,
        others=float(np.delete(peaks, channel).max(initial=0.0)),
        times=float(peaks[channel] / np.sqrt(powers.sum() / count)),
    )


def _round(synapse: Synapse, block: integers.Blocks, weights: Array) -> Array:
    """Return weights as the chip stores them, in Keras's units."""
    factor = synapse.arriving.factor
    scaled = (weights * factor).astype(np.float32)[np.newaxis]
    stored = integers.discretize_weights(block, scaled)
    return np.asarray(integers.decode_weights(block, stored)[0] / factor)


def complaints(placed: PlacedLayer) -> Iterator[Diagnostic]:
    """Report cores that nengo-loihi refuses, and weights that it silently changes."""
    layer = placed.population.layer
    refused = [core for core in placed.cores if core.is_refused]
    for rule, describe in REASONS.items():
        concerned = [core for core in refused if _reason(core) is rule]
        if concerned:
            worst = max(concerned, key=lambda core: _shortage(core.block))
            count = len(concerned)
            cores = len(placed.cores)
            facts = describe(placed, worst) | {"refused": count if cores > 1 else None}
            yield rule.at(layer, core=worst.number, cores=cores, **facts)
    yield from _too_strong(placed)
    yield from _warn_rounding(placed)


def _shortage(block: integers.Blocks) -> float:
    """Return the factor by which the weights are too small."""
    return float(max(block.threshold_share, block.bias_share))


def _reason(core: CoreContent) -> type[LayerDiagnostic]:
    """Return why nengo-loihi refuses a core."""
    if not core.block.failures:
        return rules.WeightsTooFarApart
    if _shortage(core.block) <= 1:
        return rules.ThresholdVanishes
    return rules.NoWeightExponent if core.block.has_weights else rules.NoBiasScale


def _too_small(_: PlacedLayer, core: CoreContent) -> Json:
    """Describe weights so small that a threshold or a bias would be too large."""
    block = core.block
    largest = core.largest
    assert largest is not None
    by_bias = block.bias_share > block.threshold_share
    return {
        "what": "bias" if by_bias else "threshold",
        "value": _whole(block.bias if by_bias else block.threshold),
        "most": integers.BIAS_MOST if by_bias else integers.THRESHOLD_MOST,
        "weight": largest.trained,
        "tensor": largest.tensor,
        "needed": largest.trained * _shortage(block),
        "bias": core.trained_bias,
        "most_bias": core.trained_bias / float(block.bias_share) if by_bias else None,
    }


def _no_scale(_: PlacedLayer, core: CoreContent) -> Json:
    """Describe biases so small, without weights, that no threshold fits."""
    value = _whole(core.block.threshold)
    most = integers.THRESHOLD_MOST
    return {"value": value, "most": most, "bias": core.trained_bias}


def _too_large(placed: PlacedLayer, core: CoreContent) -> Json:
    """Describe weights or biases so large that the threshold becomes 0."""
    block = core.block
    largest = core.largest
    neurons = placed.neurons
    if largest is not None and block.has_weights:
        what = "weights"
        tensor = largest.tensor
        value = largest.trained
        needed = integers.largest_weight(neurons) / largest.weight
    else:
        what = "biases"
        tensor = f"{placed.name}.bias"
        value = core.trained_bias
        most = integers.BIAS_MOST * neurons.threshold / neurons.voltage
        needed = most / integers.THRESHOLD_LEAST / core.bias
    return {
        "what": what,
        "value": _whole(block.threshold),
        "least": integers.THRESHOLD_LEAST,
        "largest": value,
        "tensor": tensor,
        "needed": value * needed,
    }


def _too_far_apart(_: PlacedLayer, core: CoreContent) -> Json:
    """Describe a connection with far smaller weights than the core's largest."""
    least = next(s for s in core.synapses if s.stored.failures)
    return {"tensor": least.tensor, "weight": least.trained, **_other(core)}


def _other(core: CoreContent) -> Json:
    """Return tensor and value of the largest weight, which sets the core's scale."""
    assert core.largest is not None
    return {"other": core.largest.tensor, "other_weight": core.largest.trained}


REASONS: dict[type[LayerDiagnostic], Callable[[PlacedLayer, CoreContent], Json]] = {
    rules.NoWeightExponent: _too_small,
    rules.NoBiasScale: _no_scale,
    rules.ThresholdVanishes: _too_large,
    rules.WeightsTooFarApart: _too_far_apart,
}


def _whole(value: Array) -> str:
    """Return an integer as text; shorten very long numbers."""
    return f"{value:.0f}" if value < 1e12 else f"{value:.3g}"


def _too_strong(placed: PlacedLayer) -> Iterator[Diagnostic]:
    """Yield one warning per tensor, for the core that changes the tensor most.

    nengo-loihi stores such weights without a warning (decision 014).
    """
    worst: dict[str, tuple[Synapse, CoreContent]] = {}
    for core in placed.cores:
        for synapse in () if core.is_refused else core.synapses:
            known = worst.get(synapse.tensor)
            if synapse.stored.excess > (known[0].stored.excess if known else 1.0):
                worst[synapse.tensor] = synapse, core
    for tensor, (synapse, core) in worst.items():
        yield rules.WeightsTooStrong.at(
            placed.population.layer,
            tensor=tensor,
            times=int(synapse.stored.excess),
            core=core.number,
            weight=synapse.trained,
            exponent=int(core.block.exponent),
            **_limits(placed, core),
        )


def _limits(placed: PlacedLayer, core: CoreContent) -> Json:
    """Return what determines a core's scale: the largest weight, and perhaps a bias."""
    assert core.largest is not None
    # If the weights alone allow a larger exponent, the bias determines the scale.
    bare = integers.discretize_blocks(placed.neurons, [core.largest.weight], [0.0])
    is_by_bias = bare.exponent[0] > core.block.exponent
    return {**_other(core), "bias": core.trained_bias if is_by_bias else None}


def _warn_rounding(placed: PlacedLayer) -> Iterator[Diagnostic]:
    """Yield one warning for the tensor and core with the largest rounding error."""
    sound = (each for each in round_layer(placed) if not each.too_strong)
    worst = max(sound, key=lambda each: each.error, default=None)
    if worst is None or worst.error <= ERROR_MOST:
        return
    facts = _limits(placed, placed.cores[worst.core]) | {"tensor": worst.tensor}
    layer = placed.population.layer
    yield rules.WeightsRounded.at(layer, core=worst.core, rounded=worst, **facts)
