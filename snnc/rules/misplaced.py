"""Words of a statement that are missing, unknown, removed, or in another notation."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, Severity
from snnc.rules.names import did_you_mean, listed

_MEANING = {
    "encode conv": "a trained convolution makes the spikes",
    "encode rate": "each value becomes a rate, nothing is trained",
    "target loihi": "the chip, whose limits are checked",
    "target nengo": "simulators only, no limits",
    "neuron relu": "a rate proportional to the current",
    "neuron lif": "a leaky membrane, whose rate saturates",
}


def variants_explained(kind: str, variants: tuple[str, ...]) -> str:
    """Each variant of a statement, and what it does."""
    choices = [f"{kind} {variant}" for variant in variants]
    meanings = [
        f"`{c}` ({_MEANING[c]})" if c in _MEANING else f"`{c}`" for c in choices
    ]
    if len(meanings) < 2:
        return f"write {meanings[0]}"
    return "write " + ", ".join(meanings[:-1]) + " or " + meanings[-1]


class UnknownVariant(Diagnostic):
    """The second word of a statement names no variant of it.

    `target` is `loihi` or `nengo`, `encode` is `conv` or `rate`, `neuron` is `relu`
    or `lif`, and `defaults` may name one kind of layer.
    """

    code = "SNN201"
    title = "unknown variant"
    message = "there is no `{kind} {word}`"
    label = "unknown"
    help = "{hint}"

    kind: str
    word: str
    near: str | None
    known: tuple[str, ...]

    @property
    def hint(self) -> str:
        if self.near is not None:
            return did_you_mean(self.near, self.known, "")
        return variants_explained(self.kind, self.known)


class MissingVariant(Diagnostic):
    """A statement lacks the word that says which variant of it is meant."""

    code = "SNN202"
    title = "missing variant"
    message = "`{kind}` does not say which"
    label = "expected {choices} after it"
    help = "{hint}"

    kind: str
    known: tuple[str, ...]

    @property
    def hint(self) -> str:
        return variants_explained(self.kind, self.known)

    @property
    def choices(self) -> str:
        return listed(self.known)


class PropertyAsStatement(Diagnostic):
    """A property stands on a line of its own outside of a statement's braces.

    Properties such as `padding` or `rate` belong to a statement: they are written in
    the braces that follow it, or in those of `defaults` for all layers.
    """

    code = "SNN222"
    title = "property in place of a statement"
    message = "`{key}` is a property, not a statement"
    label = "outside braces"
    help = "{hint}"

    key: str
    kinds: tuple[str, ...]
    setting: str = ""

    @property
    def hint(self) -> str:
        if self.setting:
            return f"write it in `train`: `{self.setting}`"
        where = listed(self.kinds) or "`neuron lif`"
        return f"write it among the properties of the statement it belongs to: {where}"


class ReservedSource(Diagnostic):
    """A statement reads a word of the language in place of a layer's name.

    `from` and `shortcut` take names. Encoders, pools, `add` and `concat` need none,
    but what is read by name has one: it stands after the kind of the statement.
    """

    code = "SNN223"
    title = "word of the language as a layer"
    message = "`{word}` is a kind of statement, not the name of a layer"
    label = "expected a name"
    help = "name the layer, `{named}`, and write `{key} {name}`"

    word: str
    key: str
    named: str
    name: str


class InputByKind(Diagnostic):
    """A statement reads `input`, the word, in place of the input's name.

    The input has a name like any layer. Only encoders read it: the chip receives
    spikes, and an encoder makes them of values.
    """

    code = "SNN224"
    title = "the input read by its kind"
    message = "the input is called `{input}`{who}"
    label = "a kind of statement, not a name"
    help = "{hint}"

    input: str
    encoder: str
    by_encoder: bool

    @property
    def who(self) -> str:
        return "" if self.by_encoder else ", and only encoders read it"

    @property
    def hint(self) -> str:
        if self.by_encoder:
            return f"write `from {self.input}`"
        if self.encoder:
            return f"write `from {self.encoder}`, the name of the encoder"
        return "write an encoder before, `encode conv e { filters 2 }`, and `from e`"


class RemovedWord(Diagnostic):
    """`train` says a word that this release no longer has.

    The phase `spikes` trains on the network's own spikes. It replaced the phase `aware`
    and its property, the readout fitted to spikes, and the penalty on rates.

    The spec means what the fixed text says. `aware off` leaves `spikes` out of
    `phases`, and the phase `aware` is `spikes`. `aware on`, `fit_readout` and
    `rate_weight` mean nothing. `snnc check --fix` and `snnc fmt` write that text. The
    next release refuses these words.
    """

    code = "SNN225"
    title = "removed word"
    severity = Severity.WARNING
    message = "`{owner}` no longer has `{word}`"
    label = "removed"
    notes = ("{successor}",)
    help = "{advice}"

    owner: str
    word: str
    successor: str
    advice: str


class FromAfterBlock(Diagnostic):
    """`from` stands after the statement's block.

    The parts of a statement have an order: kind, name, shape, range, `from`, and the
    block last.
    """

    code = "SNN122"
    title = "`from` after the block"
    message = "`from` stands after the block of its statement"
    label = "belongs before the `{{`"
    help = "write `{line}`"

    line: str


class DimsSpelling(Diagnostic):
    """Dims are written as in Python.

    Sizes are joined by `x` and nothing else: `28x28x1`, `kernel 3x3`. There are no
    tuples, no brackets around sizes and no batch axis; one integer stands for all axes
    of a kernel.
    """

    code = "SNN123"
    title = "dims in another spelling"
    message = "`{text}` is not how dims are written"
    label = "sizes are joined by `x`"
    help = "write `{dims}`"

    text: str
    dims: str


class Percentage(Diagnostic):
    """A share is written in percent.

    Shares, such as that of `dropout` or `validation`, are numbers from 0 to 1.
    """

    code = "SNN124"
    title = "percentage"
    message = "`{text}` is a percentage, but shares are numbers from 0 to 1"
    label = "not part of the language"
    help = "write `{share}`"

    text: str
    share: str


class RangeSpelling(Diagnostic):
    """A range is written as in Python, or with a dash.

    The two ends of a range are joined by two dots without blanks, and a unit stands
    once, after the upper end: `0..1`, `20..150 Hz`.
    """

    code = "SNN125"
    title = "range in another spelling"
    message = "`{text}` is not how ranges are written"
    label = "the ends are joined by `..`"
    help = "write `{range}`"

    text: str
    range: str
