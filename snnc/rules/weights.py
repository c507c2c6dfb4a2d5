"""Weights files, and weights that the chip can't take."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, Severity
from snnc.text.tables import printable

DISCRETIZE = "nengo_loihi/builder/discretize.py"
LOOK_AT_BIAS = (
    "look at `{name}.bias`: beside these weights it is too large, as after training"
    " with too large a `learning_rate`"
)


class NotSafetensors(Diagnostic):
    """A file is not what `save_weights` of a generated package writes.

    Weights are kept in the safetensors format, which holds numbers and nothing that
    could run. snnc opens no pickle and unpacks no archive.
    """

    code = "SNN740"
    title = "not a safetensors file"
    message = "`{name}` can't be read as weights: {reason}"
    help = "name the file that the package's `train` or `export_weights` wrote"

    name: str
    reason: str


class WeightsDoNotFit(Diagnostic):
    """A weights file was written for another network than the spec's.

    Names, shapes, types and axes of all tensors must be those of the network; together
    they have an identity, `layout_id`, which the file carries. Rates, losses, blocks
    and the names of network and classes are not part of it.
    """

    code = "SNN741"
    title = "weights of another network"
    message = "`{file}` does not fit `{network}`"
    label = "{label_text}"
    notes = ("{layouts}",)
    help = "{hint}"

    file: str
    network: str
    written: str
    layout: str
    problems: tuple[str, ...]
    hint: str

    @property
    def layouts(self) -> str:
        """The two identities, where they differ."""
        if self.written == self.layout:
            return ""
        written = f"its layout_id is {self.written}"
        return f"{written}, that of `{self.network}` is {self.layout}"

    @property
    def label_text(self) -> str:
        count = len(self.problems)
        if not count:
            return "names and shapes agree"
        return "1 tensor differs" if count == 1 else f"{count} tensors differ"

    def render_notes(self) -> tuple[str, ...]:
        """One note a tensor, behind that about the layouts."""
        return (*super().render_notes(), *map(printable, self.problems))


class NotFinite(Diagnostic):
    """A tensor holds values that are no numbers, or infinite.

    Training that diverges leaves such weights. No simulator can run them.
    """

    code = "SNN742"
    title = "weights that are not finite"
    message = "`{tensor}` in `{file}` holds {nan} NaN and {infinite} infinite values"
    notes = ("it has {size} values",)
    help = "train again, with a smaller `learning_rate`"

    tensor: str
    file: str
    nan: int
    infinite: int
    size: int


class BiasNotZero(Diagnostic):
    """A layer without a bias gets one from the weights file.

    Every file has a bias for every layer, so that `bias on` and `bias off` do not
    change what a file holds; of a layer with `bias off` it is zeros, unless a batch
    norm was folded into it. Weights that were trained with a bias mean something else
    without it, so that no program takes them.
    """

    code = "SNN749"
    title = "bias for a layer without one"
    message = "`{tensor}` in `{file}` is not 0, as `{name}` has no bias"
    label = "has no bias"
    notes = ("{count} of its {size} values are not 0",)
    help = (
        "write `bias on`, train again, or set it to 0 by `snnc weights FILE --migrate"
        " OLD_SPEC NEW_SPEC -o NEW_FILE`"
    )

    tensor: str
    file: str
    name: str
    count: int
    size: int


class _Refused(Diagnostic):
    """What nengo-loihi does not build; ``core`` is the worst of ``refused`` ones."""

    core: int
    refused: int
    cores: int

    @property
    def spread(self) -> str:
        if self.cores == 1:
            return ""
        return f"nengo-loihi refuses {self.refused} of its {self.cores} cores"


class NoWeightExponent(_Refused):
    """The weights of a core are too small beside its threshold and its biases.

    The chip stores the largest weight of a core as 254 or 255 times a power of two,
    and threshold and biases in the same unit. Nengo-loihi tries the exponents 0 down
    to -7; where the threshold or a bias is too large even then, it raises
    "Could not find appropriate weight exponent". Weights that training has pressed
    towards zero have this effect, by `l2` above all, and so have rates far apart: a
    weight counts by the rate of its layer over that of what it reads.
    """

    code = "SNN743"
    title = "weights too small for the chip"
    message = "nengo-loihi refuses the weights of `{name}`: too small for its {what}"
    label = "core {core}: a {what} of {value}, at most {most}"
    notes = (
        "its largest weight is {weight:.3g} (in `{tensor}`); {needed:.3g} would do",
        "{bias_note}",
        "{spread}",
        f"{DISCRETIZE}: Could not find appropriate weight exponent",
    )
    help = "{hint}"

    name: str
    what: str
    value: str
    most: int
    weight: float
    tensor: str
    needed: float
    bias: float
    most_bias: float

    @property
    def bias_note(self) -> str:
        if self.what != "bias":
            return ""
        return (
            f"its largest bias is {self.bias:.3g}; beside these weights"
            f" {self.most_bias:.3g} would do"
        )

    @property
    def hint(self) -> str:
        if self.what == "bias" and self.bias > 100 * self.most_bias:
            return LOOK_AT_BIAS.format(name=self.name)
        return (
            "train with less `l2`, or write a shorter `synapse`, which lowers its"
            f" {self.what}"
        )


class NoBiasScale(_Refused):
    """A core has biases but no weights, and the biases are too small.

    Without weights nengo-loihi scales by the largest bias. If it is far below the
    threshold, there is no scale for both: "Could not find appropriate bias scaling".
    A layer of which all weights are zero does nothing; most often training has not
    reached it.
    """

    code = "SNN744"
    title = "no weights, and biases too small for the chip"
    message = "nengo-loihi refuses the biases of `{name}`, which has no weights"
    label = "core {core}: a threshold of {value}, at most {most}"
    notes = (
        "its largest weight is 0, its largest bias {bias:.3g}",
        "{spread}",
        f"{DISCRETIZE}: Could not find appropriate bias scaling",
    )
    help = "train anew, or set these biases to 0: the layer tells nothing"

    name: str
    value: str
    most: int
    bias: float


class ThresholdVanishes(_Refused):
    """The weights of a core are so large that its threshold rounds to zero.

    The largest weight of a core sets the unit of its threshold, which is stored in
    steps of 64, so that less than 33 becomes 0. Nengo-loihi fails then, with an
    AssertionError that says nothing. Where all weights are zero, the largest bias
    sets it.
    """

    code = "SNN745"
    title = "weights too large for the chip"
    message = "nengo-loihi refuses the {what} of `{name}`: too large for its threshold"
    label = "core {core}: a threshold of {value}, at least {least}"
    notes = (
        "the largest is {largest:.3g} (in `{tensor}`); {needed:.3g} would do",
        "{spread}",
        f"{DISCRETIZE}: assert (man > 0).all()",
    )
    help = "train with more `l2`, or with a smaller `learning_rate`"

    name: str
    what: str
    value: str
    least: int
    largest: float
    tensor: str
    needed: float


class WeightsTooFarApart(_Refused):
    """Weights of one connection are more than 2^64 times as small as others.

    Nengo-loihi makes up for the difference between the connections of a core by a
    power of two; from 2^64 on, numpy does not multiply by it any more, and it ends
    in a TypeError.
    """

    code = "SNN748"
    title = "weights too far apart for the chip"
    message = "nengo-loihi refuses the weights of `{name}`: too far apart"
    label = "core {core}: `{tensor}` reaches {weight:.3g}, `{other}` {other_weight:.3g}"
    notes = (
        "{spread}",
        f"{DISCRETIZE}: 2 ** dw_exp",
    )
    help = "set the weights of `{tensor}` to 0: beside the others they tell nothing"

    name: str
    tensor: str
    weight: float
    other: str
    other_weight: float


class WeightsTooStrong(Diagnostic):
    """Nengo-loihi makes some weights stronger than they are, without a word.

    The weights of one connection are stored with an exponent of their own, -6 at the
    least. Where the largest weight of a core calls for less, because another
    connection into the core has weights more than 128 times as large, or because the
    threshold is so large, they are stored with -6 all the same and count for more.
    """

    code = "SNN746"
    title = "weights that the chip makes stronger"
    severity = Severity.WARNING
    message = "`{tensor}` counts up to {times} times too much in `{name}` on the chip"
    label = "its largest weight in core {core} is {weight:.3g}"
    notes = (
        "{reason}",
        f"{DISCRETIZE} stores an exponent of -6 instead, and does not tell",
    )
    help = "{hint}"

    name: str
    tensor: str
    times: int
    core: int
    weight: float
    exponent: int
    other: str
    other_weight: float
    bias: float | None = None

    @property
    def reason(self) -> str:
        if self.bias is not None:
            return f"the largest bias in the core, {self.bias:.3g}, calls for it"
        if self.exponent < -6:
            return f"the weights need an exponent of {self.exponent}"
        return (
            f"they need one below -6: the core's largest weight, in `{self.other}`,"
            f" is {self.other_weight:.3g}"
        )

    @property
    def hint(self) -> str:
        if self.bias is not None:
            return LOOK_AT_BIAS.format(name=self.name)
        if self.exponent < -6:
            return "train with less `l2`: the weights are small beside the threshold"
        return "run the emulator: weights this small may not matter"


class WeightsRounded(Diagnostic):
    """The chip's integers change the weights of a connection by much.

    A core stores weights as integers of 7 bits and a sign, in steps of 1/127 of its
    largest; fewer bits are left where its threshold or a bias is large beside that.
    Counting the ten spikes or so of an activation of 1.0 errs by 3 %, so that a smaller
    error of weights is of no account.
    """

    code = "SNN750"
    title = "weights that rounding changes"
    severity = Severity.WARNING
    message = "rounding changes `{tensor}` in `{name}` by {percent} on the chip"
    label = "core {core}: {bits} of 7 bits are left"
    notes = ("{reason}", "the error is the root mean square{of_median}")
    help = "{hint}"

    name: str
    tensor: str
    core: int
    error: float
    median: bool
    bits: int
    largest: float
    times: float
    channel: int
    others: float
    other: str
    other_weight: float
    bias: float | None

    @property
    def percent(self) -> str:
        return f"{100 * self.error:.1f} %"

    @property
    def of_median(self) -> str:
        return " of the median channel" if self.median else ""

    @property
    def reason(self) -> str:
        if self.bits < 7:
            beside = f"beside the core's largest weight, {self.other_weight:.3g}"
            what = "threshold" if self.bias is None else f"bias, {self.bias:.3g},"
            return f"the {what} is large {beside} in `{self.other}`"
        if 0 < 2 * self.others < self.largest:
            return (
                f"its weights of channel {self.channel} reach {self.largest:.3g}, those"
                f" of others {self.others:.3g}"
            )
        return f"its largest weight, {self.largest:.3g}, is {self.times:.0f} times that"

    @property
    def hint(self) -> str:
        if self.bits < 7:
            return "train with less `l2`, or write a shorter `synapse`"
        return "train with more `l2`"


class SpikesTooStrong(Diagnostic):
    """One spike takes most neurons of a layer several times over their threshold.

    A neuron of the chip fires at most once in a step and then goes back to 0, so
    that what is above the threshold is lost. Rates of such a layer tell little of what
    Keras computes. Weights become so strong where a batch norm of small deviations
    is merged into them, or where what a layer reads hardly fires.

    snnc warns if the strongest weight of the median channel exceeds four thresholds.
    """

    code = "SNN751"
    title = "spikes of several thresholds"
    severity = Severity.WARNING
    message = "one spike through `{tensor}` weighs {times} thresholds of `{name}`"
    label = "its neurons fire once for it, and lose the rest"
    notes = ("that is the strongest weight of the median channel",)
    help = (
        "train these weights on spikes: `python -m {network}.train --from FILE"
        " --phases scale,spikes`"
    )

    name: str
    tensor: str
    times: int
    network: str


class WouldOverwrite(Diagnostic):
    """There is a file where the migrated weights are to be written."""

    code = "SNN747"
    title = "file that would be overwritten"
    message = "`{path}` exists"
    help = "choose another name with `-o`, or write over it with `--force`"

    path: str
