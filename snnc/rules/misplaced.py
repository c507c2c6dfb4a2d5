"""Rules for words that are missing, unknown, removed, or in another notation.

Comments such as ``# snnc: allow CODE reason`` have rules too.
"""

from __future__ import annotations

import re

from snnc.diagnostics import Diagnostic, PropertyDiagnostic, SpecWarning
from snnc.rules.statements import UnknownWord
from snnc.text.tables import join_alternatives

_MEANING = {
    "encode conv": "a trained convolution that outputs spikes",
    "encode rate": "each value becomes a rate, without training",
    "target loihi": "the chip, whose limits are checked",
    "target nengo": "simulators only, without limits",
    "neuron relu": "a rate proportional to the current",
    "neuron lif": "a leaky membrane, whose rate saturates",
}


def variants_explained(kind: str, variants: tuple[str, ...]) -> str:
    """List the variants of a statement with their descriptions."""
    choices = join_alternatives([f"{kind} {variant}" for variant in variants])
    for choice, meaning in _MEANING.items():
        choices = choices.replace(f"`{choice}`", f"`{choice}` ({meaning})")
    return f"write {choices}"


class UnknownVariant(UnknownWord):
    """Checks the variant of a statement, which is the second word.

    `target` is `loihi` or `nengo`, `encode` is `conv` or `rate`, `neuron` is `relu`
    or `lif`, and `defaults` may name one kind of layer.
    """

    code = "SNN201"
    title = "unknown variant"
    message = "there is no `{kind} {word}`"
    label = "unknown"

    kind: str
    word: str


def is_newer_chip(kind: str, word: str) -> bool:
    """Return whether a target is Loihi 2, which snnc does not support."""
    return kind == "target" and bool(re.search("loihi.?(2|ii)", word, re.I))


NEWER_CHIP = (
    "snnc supports only Loihi 1: write `target loihi`, or write other limits in a "
    "device file and pass it, `snnc --device FILE build SPEC`"
)


class MissingVariant(Diagnostic):
    """Checks that a statement names its variant if its kind has several."""

    code = "SNN202"
    title = "missing variant"
    message = "`{kind}` needs a variant"
    label = "expected {known} after this"

    kind: str
    known: tuple[str, ...]


class PropertyAsStatement(PropertyDiagnostic):
    """Checks for a property on a line outside braces.

    Properties such as `padding` or `rate` belong in the braces of a statement, or in
    `defaults` for all layers.
    """

    code = "SNN222"
    title = "property instead of a statement"
    message = "`{key}` is a property, not a statement"
    label = "outside braces"

    kinds: tuple[str, ...]
    setting: str = ""
    has_layers: bool = False

    @property
    def hint(self) -> str:
        if self.has_layers:
            return (
                "layers can't be nested: list them in order, and join branches with "
                "`from`, `add` or `concat`"
            )
        if self.setting:
            return f"write it in `train`: `{self.setting}`"
        where = join_alternatives(self.kinds) or "`neuron lif`"
        return f"write it in the braces of the statement to which it belongs: {where}"


class ReservedSource(PropertyDiagnostic):
    """Checks for reserved words instead of layer names.

    `from` and `shortcut` take names of layers. Encoders, pools, `add` and `concat` need
    a name only if `from` or `shortcut` refers to them. Write the name after the kind of
    the statement.
    """

    code = "SNN223"
    title = "keyword instead of a layer name"
    message = "`{word}` is a kind of statement, not the name of a layer"
    label = "expected a name"
    help = "write a name, such as `{name}`, after the layer's kind, and `{key} {name}`"

    word: str
    name: str


class InputByKind(Diagnostic):
    """Checks for the word `input` instead of the input's name.

    The input has its own name, as layers do. Only encoders read the input, since the
    chip receives spikes, not values.
    """

    code = "SNN224"
    title = "keyword instead of the input name"
    message = "the input is called `{input}`{who}"
    label = "a kind of statement, not a name"

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
            return f"write `from {self.encoder}`, where `{self.encoder}` is the encoder"
        return (
            "add an encoder before this line, `encode conv e { filters 2 }`, and "
            "write `from e`"
        )


class FromAfterBlock(Diagnostic):
    """Checks that `from` comes before the block.

    The parts of a statement come in this order: kind, name, shape, range, `from`,
    block.
    """

    code = "SNN122"
    title = "`from` after the block"
    message = "`from` is after the block of its statement"
    label = "belongs before the `{{`"
    help = "write `{clause}` before the `{{`"

    clause: str


class _Spelling(Diagnostic):
    """A ``text`` in another notation, and what to write instead."""

    help = "write `{written}`"

    text: str
    written: str


class DimsSpelling(_Spelling):
    """Checks for sizes in Python notation.

    Join sizes with `x`, as in `28x28x1` or `kernel 3x3`. Omit the batch axis, and don't
    write brackets or commas. A single integer applies to all axes of a kernel.
    """

    code = "SNN123"
    title = "sizes in the wrong notation"
    message = "`{text}` is not a valid notation for sizes"
    label = "join sizes with `x`"


class Percentage(_Spelling):
    """Checks for fractions given in percent.

    Fractions, such as `dropout` or `validation`, are numbers from 0 to 1.
    """

    code = "SNN124"
    title = "percentage"
    message = "`{text}` is a percentage, but fractions are numbers from 0 to 1"
    label = "not part of the language"


class RangeSpelling(_Spelling):
    """Checks for ranges in Python notation or with a dash.

    Join the two ends of a range with two dots and no spaces, as in `0..1`. Write the
    unit once, after the upper end, as in `20..250 Hz`.
    """

    code = "SNN125"
    title = "range in the wrong notation"
    message = "`{text}` is not a valid notation for ranges"
    label = "join the ends with `..`"


class _Allow(SpecWarning):
    """A comment that suppresses the code ``allowed``."""

    allowed: str


class UnusedAllow(_Allow):
    """Checks for comments that suppress a warning that does not occur.

    `# snnc: allow SNN309 reason` suppresses warnings with this code on the same line,
    or on the statement or property below. If there is no such warning, the comment is
    out of date. This rule runs only if the spec has no errors, because an error may
    hide the warning.
    """

    code = "SNN140"
    title = "unused suppression"
    message = "there is no {allowed} to suppress here"
    label = "no effect"
    help = "remove the comment"


class AllowWithoutReason(_Allow):
    """Checks that a comment that suppresses a warning gives a reason.

    Readers need the reason to decide whether the suppression still applies.
    """

    code = "SNN141"
    title = "suppression without a reason"
    message = "the comment gives no reason for suppressing {allowed}"
    label = "expected a reason after the code"
    help = "write the reason after `# snnc: allow {allowed}`"


class AllowUnknownCode(_Allow):
    """Checks that the code in a suppression comment exists."""

    code = "SNN142"
    title = "suppression of an unknown code"
    message = "there is no code `{allowed}`"
    label = "unknown"

    near: str | None

    @property
    def hint(self) -> str:
        if self.near is not None:
            return f"did you mean {self.near}?"
        return "write the code of the warning, such as SNN309"


class AllowError(_Allow):
    """Checks for comments that suppress an error.

    An error stops the build, since the network could not run. Only warnings can be
    suppressed.
    """

    code = "SNN143"
    title = "suppression of an error"
    message = "{allowed} is an error, and only warnings can be suppressed"
    label = "an error"
    help = "remove the comment; `snnc explain {allowed}` says how to fix the error"


class UnknownDirective(SpecWarning):
    """Checks for comments that begin with `snnc:` and an unknown instruction.

    The only instruction is `# snnc: allow CODE reason`.
    """

    code = "SNN144"
    title = "unknown instruction in a comment"
    message = "there is no such instruction"
    label = "not an instruction"
    help = "write `# snnc: allow CODE reason`, or remove it"
