"""The second word of a statement: `encode conv`, `target loihi`."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic
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
