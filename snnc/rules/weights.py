"""Rules for weight files, and for weights that the chip can't store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from snnc.diagnostics import Diagnostic, LayerDiagnostic, LayerWarning

DISCRETIZE = "nengo_loihi/builder/discretize.py"
SPREAD = "nengo-loihi refuses {refused} of the layer's {cores} cores"
LOOK_AT_BIAS = (
    "check `{name}.bias`, which is too large for these weights; too large a "
    "`learning_rate` in training can cause this"
)


class NotSafetensors(Diagnostic):
    """Checks that a weight file is in safetensors format.

    A package's `save_weights` writes this format. Such a file contains only numbers, no
    executable code. snnc never opens pickles or unpacks archives.
    """

    code = "SNN740"
    title = "invalid safetensors file"
    message = "`{file}` can't be read as weights: {reason}"
    help = "name a file from the package's `train` or `export_weights`"

    reason: str


class WeightsDoNotFit(Diagnostic):
    """Checks that a weight file belongs to the network of the spec.

    The names, shapes, types and axes of all tensors must match. The file stores their
    hash as `layout_id`. Rates, losses, blocks, and the names of the network and its
    classes don't affect `layout_id`. The file also stores how the input was scaled,
    which must match too.
    """

    code = "SNN741"
    title = "weights of another network"
    message = "`{path}` does not fit `{network}`"
    label = "{label_text}"
    notes = ("the layout_id of the file is {written}, but `{network}` has {layout}",)

    path: str
    network: str
    written: str
    layout: str
    """The network's layout_id; empty if the file has the same."""
    problems: tuple[str, ...]
    scale: str = ""

    @property
    def label_text(self) -> str:
        count = len(self.problems)
        if not count:
            return "names and shapes agree"
        return "1 tensor differs" if count == 1 else f"{count} tensors differ"

    @property
    def more_notes(self) -> Iterable[str]:
        """One note per tensor, and a note on the input."""
        return filter(None, [*self.problems, self.scale])


class NotFinite(Diagnostic):
    """Checks for NaN and infinite weights.

    Such weights result from training that diverged. No simulator can run them.
    """

    code = "SNN742"
    title = "non-finite weights"
    message = "`{tensor}` in `{path}` contains {nan} NaN and {infinite} infinite values"
    notes = ("the tensor has {size} values",)
    help = "train again, with a smaller `learning_rate`"

    tensor: str
    path: str
    nan: int
    infinite: int
    size: int


class BiasNotZero(LayerDiagnostic):
    """Checks that the file contains zero biases for a layer without a bias.

    A weight file contains a bias for every layer, so that `bias on` and `bias off` need
    the same tensors. With `bias off`, the bias is zero unless a batch norm was folded
    into it. Weights that were trained with a bias give different results without the
    bias.
    """

    code = "SNN749"
    title = "non-zero bias of a layer without bias"
    message = "`{tensor}` in `{path}` is not 0, but `{name}` has no bias"
    label = "has no bias"
    notes = ("{count} of {size} values are not 0",)
    help = (
        "write `bias on`, train again, or set the bias to 0 with `snnc weights FILE "
        "--migrate OLD_SPEC NEW_SPEC -o NEW_FILE`"
    )

    tensor: str
    path: str
    count: int
    size: int


class _Refused(LayerDiagnostic):
    """A layer that nengo-loihi refuses; ``core`` is the worst of ``refused`` cores."""

    core: int
    refused: int | None
    """The number of such cores; None if the layer has only one."""
    cores: int


class NoWeightExponent(_Refused):
    """Checks that the weights of a core are large enough for its threshold and biases.

    The chip stores the largest weight of a core as 254 or 255 times a power of two, and
    the threshold and biases on the same scale. nengo-loihi tries the exponents 0 to -7.
    If the threshold or a bias is still too large, nengo-loihi raises "Could not find
    appropriate weight exponent". One common cause is training that pushed the weights
    towards zero, mostly through `l2`. Another cause is rates that are far apart, since
    snnc multiplies a weight by the rate of its layer divided by the rate of its source.
    """

    code = "SNN743"
    title = "weights too small for the chip"
    message = (
        "nengo-loihi refuses the weights of `{name}`: they are too small for the {what}"
    )
    label = "core {core}: {what} {value}, limit {most}"
    notes = (
        "the largest weight is {weight:.3g} (in `{tensor}`), but must be at least "
        "{needed:.3g}",
        "the largest bias is {bias:.3g}, but these weights allow at most "
        "{most_bias:.3g}",
        SPREAD,
        f"{DISCRETIZE}: Could not find appropriate weight exponent",
    )

    what: str
    value: str
    most: int
    weight: float
    tensor: str
    needed: float
    bias: float
    most_bias: float | None

    @property
    def hint(self) -> str:
        if self.most_bias is not None and self.bias > 100 * self.most_bias:
            return LOOK_AT_BIAS.format(name=self.name)
        return (
            "train with less `l2`, or write a shorter `synapse`, which lowers the "
            f"{self.what}"
        )


class NoBiasScale(_Refused):
    """Checks that the biases of a core without weights are large enough.

    If all weights are zero, nengo-loihi uses the scale of the largest bias. If this
    bias is far below the threshold, no scale fits both, and nengo-loihi raises "Could
    not find appropriate bias scaling". A layer whose weights are all zero has no
    effect. Usually training did not reach the layer.
    """

    code = "SNN744"
    title = "biases too small for the chip in a layer without weights"
    message = "nengo-loihi refuses the biases of `{name}`, which has no weights"
    label = "core {core}: threshold {value}, limit {most}"
    notes = (
        "the largest weight is 0, and the largest bias is {bias:.3g}",
        SPREAD,
        f"{DISCRETIZE}: Could not find appropriate bias scaling",
    )
    help = "train again, or set these biases to 0: the layer has no effect"

    value: str
    most: int
    bias: float


class ThresholdVanishes(_Refused):
    """Checks that the weights of a core are small enough for its threshold.

    The largest weight on a core determines the scale of that core's threshold. The chip
    stores the threshold in steps of 64, so a value below 33 becomes 0. nengo-loihi then
    fails with an AssertionError without a message. If all weights are zero, the largest
    bias determines the scale.
    """

    code = "SNN745"
    title = "weights too large for the chip"
    message = (
        "nengo-loihi refuses the {what} of `{name}`: they are too large for the "
        "threshold"
    )
    label = "core {core}: threshold {value}, minimum {least}"
    notes = (
        "the largest value is {largest:.3g} (in `{tensor}`), but must be at most "
        "{needed:.3g}",
        SPREAD,
        f"{DISCRETIZE}: assert (man > 0).all()",
    )
    help = "train with more `l2`, or with a smaller `learning_rate`"

    what: str
    value: str
    least: int
    largest: float
    tensor: str
    needed: float


class WeightsTooFarApart(_Refused):
    """Checks for connections whose weights are 2^64 times smaller than others.

    nengo-loihi scales the connections of a core by powers of two. If a factor is 2^64
    or more, NumPy fails with a TypeError.
    """

    code = "SNN748"
    title = "weights too far apart for the chip"
    message = "nengo-loihi refuses the weights of `{name}`: they are too far apart"
    label = (
        "core {core}: `{tensor}` is at most {weight:.3g}, `{other}` up to "
        "{other_weight:.3g}"
    )
    notes = (SPREAD, f"{DISCRETIZE}: 2 ** dw_exp")
    help = (
        "set the weights of `{tensor}` to 0: they are too small to matter next to the "
        "others"
    )

    tensor: str
    weight: float
    other: str
    other_weight: float


@dataclass(frozen=True, slots=True)
class RoundedTensor:
    """The rounding of a tensor's weights on one core.

    Attributes
    ----------
    bits, too_strong
        The number of bits that remain of the largest weights, out of 7, and whether
        these weights are stored too large.
    error
        The root mean square of the errors, divided by the root mean square of the
        weights, for all channels or for the median channel, whichever is larger.
    median
        Whether ``error`` is the error of the median channel.
    largest, channel, others
        The largest weight in Keras's units, its channel, and the largest weight of
        the other channels.
    times
        The largest weight, divided by the root mean square of all weights.
    """

    core: int
    tensor: str
    bits: int
    too_strong: bool
    error: float
    median: bool
    largest: float
    channel: int
    others: float
    times: float


class _ChangedWeights(LayerWarning):
    """Weights that are different on the chip.

    The largest weight, in ``other``, determines the scale of the core, or the largest
    ``bias``.
    """

    tensor: str
    core: int
    other: str
    other_weight: float
    bias: float | None = None


class WeightsTooStrong(_ChangedWeights):
    """Checks for weights that nengo-loihi silently increases.

    Each connection has its own weight exponent, which is at least -6. If a connection
    needs a lower exponent, nengo-loihi still uses -6, and its weights become too large.
    This happens if another connection into the core has weights more than 128 times as
    large, or if the threshold is very large.
    """

    code = "SNN746"
    title = "weights that the chip increases"
    message = "on the chip, `{tensor}` in `{name}` is up to {times} times too strong"
    label = "the largest weight of `{tensor}` on core {core} is {weight:.3g}"
    notes = (
        "{reason}",
        f"{DISCRETIZE} uses an exponent of -6 instead, without a message",
    )

    times: int
    weight: float
    exponent: int

    @property
    def reason(self) -> str:
        if self.bias is not None:
            return f"the cause is the largest bias on the core, {self.bias:.3g}"
        if self.exponent < -6:
            return f"the weights need an exponent of {self.exponent}"
        return (
            "the weights need an exponent below -6, because the core's largest "
            f"weight, in `{self.other}`, is {self.other_weight:.3g}"
        )

    @property
    def hint(self) -> str:
        if self.bias is not None:
            return LOOK_AT_BIAS.format(name=self.name)
        if self.exponent < -6:
            return "train with less `l2`: the weights are too small for the threshold"
        return "run the emulator, since weights this small may not matter"


class WeightsRounded(_ChangedWeights):
    """Checks for weights with large rounding errors.

    A core stores weights as integers with 7 bits and a sign, in steps of 1/127 of the
    core's largest weight. If the threshold or a bias is large compared with this
    weight, fewer bits remain. With about ten spikes for an activation of 1.0, counting
    spikes has an error of 3 %, so smaller weight errors don't matter.
    """

    code = "SNN750"
    title = "weights changed by rounding"
    message = "rounding changes `{tensor}` in `{name}` by {percent} on the chip"
    label = "core {core}: {rounded.bits} of 7 bits remain"
    notes = ("{reason}", "{measure}")

    rounded: RoundedTensor

    @property
    def percent(self) -> str:
        return f"{100 * self.rounded.error:.1f} %"

    @property
    def measure(self) -> str:
        mean = "the error is a root mean square"
        return f"{mean} of the median channel" if self.rounded.median else mean

    @property
    def reason(self) -> str:
        rounded = self.rounded
        if rounded.bits < 7:
            most = f"the core's largest weight, {self.other_weight:.3g}"
            what = "threshold" if self.bias is None else f"bias, {self.bias:.3g},"
            return f"the {what} is large compared with {most} in `{self.other}`"
        if 0 < 2 * rounded.others < rounded.largest:
            return (
                f"the weights of channel {rounded.channel} reach {rounded.largest:.3g},"
                f" but those of other channels only {rounded.others:.3g}"
            )
        return (
            f"the largest weight, {rounded.largest:.3g}, is {rounded.times:.0f} times "
            "the root mean square weight"
        )

    @property
    def hint(self) -> str:
        if self.rounded.bits < 7:
            return "train with less `l2`, or write a shorter `synapse`"
        return "train with more `l2`"


SPIKES_RECIPE = (
    "snnc train models/{network} --data train.npz --from {file} --phases scale,spikes "
    "--weights-out trained.safetensors"
)
"""Works in the folder where `snnc build` wrote the package."""


SCALING_RECIPE = (
    "snnc calibrate models/{network} --data train.npz --weights {file} -o "
    "calibrated.safetensors"
)


class LosesOnSpikes(LayerWarning):
    """Checks whether imported weights are likely to lose accuracy on spikes.

    A neuron on the chip fires at most once per step and then resets to 0, so the excess
    above the threshold is lost. If its weights are strong, its input differs much from
    step to step, and so its rate differs from the activation in Keras. The following
    layers add their own differences. Weights become strong if a batch norm with small
    standard deviations is folded into them, or if the neurons that a layer reads rarely
    fire.

    `snnc calibrate` scales the weights in seconds, and writes them only if they are not
    worse on spikes. It can't help if the network has identity shortcuts, whose layers
    share a scale, or LIF neurons. If the scaled weights still lose accuracy, train them
    in the phases `scale` and `spikes`. If the `--input-range` of an import is wider
    than the range of the data, import the model again with the latter.

    For the neurons of a layer's median channel, snnc adds up the squares of the
    weights, as multiples of the threshold. It warns if the sum of all layers exceeds 8.
    This is a prediction, and `snnc evaluate` measures the loss.
    """

    code = "SNN751"
    title = "imported weights that lose accuracy on spikes"
    message = "these weights are likely to lose accuracy on spikes"
    label = "the weights of `{name}` are the strongest"
    notes = (
        "a neuron's squared weights, in thresholds, add up to {total:.1f} over all "
        "layers, of which {strength:.1f} in `{name}`; more than 8 often lose accuracy",
        "if the data have a smaller range than {asked_range}, narrow `--input-range`",
    )
    help = "{way_out}"

    total: float
    strength: float
    network: str
    can_scale: bool
    """Whether `snnc calibrate` can scale each layer by itself."""
    weights_file: str
    asked_range: str

    @property
    def way_out(self) -> str:
        training = SPIKES_RECIPE.format(network=self.network, file=self.weights_file)
        if not self.can_scale:
            return f"after `snnc build`, train these weights on spikes: `{training}`"
        scaling = SCALING_RECIPE.format(network=self.network, file=self.weights_file)
        return (
            f"after `snnc build`, scale these weights: `{scaling}`; if they still lose "
            f"accuracy, train them on spikes: `{training}`"
        )


class WouldOverwrite(Diagnostic):
    """Checks that the output file of migrated weights does not exist."""

    code = "SNN747"
    title = "existing weight file"
    message = "`{file}` already exists"
    help = "choose another name with `-o`, or overwrite it with `--force`"
