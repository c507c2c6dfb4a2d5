"""Write the text of the spec, and choose the names in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from snnc.importer.draft import INPUT
from snnc.importer.ends import NetworkEnds
from snnc.importer.model import refused
from snnc.importer.request import Range
from snnc.importer.state import ConversionState
from snnc.importer.statements import (
    ENCODED,
    RATE,
    StatementWriter,
    laid_out,
    train_lines,
)
from snnc.language.names import LONGEST, why_no_name, why_no_package
from snnc.language.written import interval, number
from snnc.rules.imports import LongSpec
from snnc.source import SourceFile
from snnc.syntax.build import tokens as tokens_of
from snnc.syntax.snn import MOST_TOKENS
from snnc.text import tables

MOST_NAMES = 6
"""The most changed names in a note."""


def sanitized_names(names: Iterable[str]) -> dict[str, str]:
    """Return valid, distinct names; valid names stay unchanged."""
    wanted = list(names)
    taken = {name.lower() for name in wanted if not why_no_name(name)}
    found = {}
    for name in wanted:
        legal = name
        if why_no_name(name):
            legal = _free(_plain(name), taken)
        taken.add(legal.lower())
        found[name] = legal
    return found


def network_name(name: str) -> str:
    """Return a valid name for a network."""
    plain = _plain(name)
    return f"{plain[: LONGEST - 4]}_net" if why_no_package(plain) else plain


def _plain(name: str) -> str:
    """Replace invalid characters; the result may still be a reserved word."""
    text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:LONGEST]
    return text if text[:1].isalpha() else f"layer_{text}".strip("_")[:LONGEST]


def _free(name: str, taken: set[str]) -> str:
    if not why_no_name(name) and name.lower() not in taken:
        return name
    count = 0
    while (numbered := f"{name[: LONGEST - 4]}_{count}").lower() in taken:
        count += 1
    return numbered


@dataclass(frozen=True, slots=True)
class WrittenSpec:
    """A spec, and the names in it.

    Attributes
    ----------
    text :
        In the layout of ``snnc fmt``.
    names :
        The names by the drafts' keys; the key of the input's encoder is ``INPUT``.
    values :
        The range of the encoder's input.
    divisor :
        The number by which the spec divides the model's input.
    notes :
        Sentences about assumptions and lost settings.
    """

    text: str
    network: str
    names: Mapping[str, str]
    values: Range
    divisor: float
    notes: tuple[str, ...]

    def at(self, rate: float) -> WrittenSpec:
        """Return the spec with a different upper rate for its encoder, in Hz."""
        text = self.text.replace(RATE, f"rate ..{number(rate)} Hz")
        return replace(self, text=text)

    def on(self, chips: int) -> WrittenSpec:
        """Return the spec for several chips."""
        target = f"\n  target loihi {{ chips {chips} }}\n  defaults "
        return replace(self, text=self.text.replace("\n  defaults ", target, 1))


def write(state: ConversionState, ends: NetworkEnds) -> WrittenSpec:
    """Write the spec of a model whose layers can all be imported."""
    return _SpecWriter(state, ends).written()


class _SpecWriter:
    def __init__(self, state: ConversionState, ends: NetworkEnds) -> None:
        self._state = state
        self._ends = ends
        self._notes: list[str] = list(ends.notes)
        self._input = state.layers[state.inputs[0]]
        self._names = sanitized_names([self._input.name, *state.drafts])
        self._names[INPUT] = self._names[ends.encoder] if ends.encoder else ENCODED
        self._l2 = self._shared_l2()

    def written(self) -> WrittenSpec:
        state, ends = self._state, self._ends
        name = network_name(state.request.name or state.model.name)
        about = f"The {state.model.tool} model {network_name(state.model.name)}."
        lines = [
            "snn 1",
            "",
            f"network {name} {{",
            f'  about "{about}"',
            *self._target(),
            "  defaults { rate 20..150 Hz }",
            "",
            f"  {self._input_line()}",
            *StatementWriter(state, ends, self._names, self._l2).lines(),
            *self._train(),
            "}",
        ]
        text = "\n".join(lines) + "\n"
        _check_length(text, name, len(state.drafts))
        self._tell()
        notes = tuple(self._notes)
        return WrittenSpec(text, name, self._names, state.encoded, state.divisor, notes)

    def _target(self) -> Iterator[str]:
        if self._state.request.chips is not None:
            yield f"  target loihi {{ chips {self._state.request.chips} }}"

    def _input_line(self) -> str:
        given, encoded = self._state.given, self._state.encoded
        name, shape = (
            self._names[self._input.name],
            tables.dims(self._state.input_shape),
        )
        line = f"input {name} {shape} in {interval(*given)}"
        return line if given == encoded else f"{line} as {interval(*encoded)}"

    def _shared_l2(self) -> float:
        """Return the L2 factor that all Keras kernels share, or 0."""
        drafts = list(self._state.drafts.values())
        factors = {
            draft.l2 for draft in drafts if any(step.is_kernel for step in draft.steps)
        }
        if len(factors) == 1:
            return factors.pop()
        ends = (self._ends.encoder, self._ends.readout)
        lost = [draft.layer for draft in drafts if draft.l2 and draft.layer in ends]
        why = (
            "an encoder and a readout use the L2 penalty of `train`, which all "
            "kernels share"
        )
        for layer in lost:
            self._state.lose(layer, "kernel_regularizer L2", f"not kept: {why}")
        if lost:
            names = ", ".join(self._names[layer] for layer in lost)
            self._notes.append(f"the L2 penalty of {names} is not kept: {why}")
        return 0.0

    def _train(self) -> Iterator[str]:
        compiled = self._state.model.compiled
        decides = self._ends.size.startswith("classes")
        lines, notes = train_lines(compiled, self._l2, decides)
        self._notes += notes
        if lines:
            yield ""
            yield from laid_out(("train", lines), is_open=True)

    def _tell(self) -> None:
        if self._state.request.values is None:
            self._notes.append(
                f"{self._state.model.tool} does not state the range of the input: "
                f"snnc assumes {interval(*self._state.given)}; to change the range, "
                "use `--input-range LO..HI`"
            )
        if self._state.divisor != 1:
            self._notes.append(
                f"the spec divides the input by {number(self._state.divisor)}, so the "
                "imported weights of the layers that read the input are multiplied by "
                "this number"
            )
        changed = [f"{k} -> {n}" for k, n in self._names.items() if k and k != n]
        if changed:
            more = len(changed) - MOST_NAMES
            others = f" and {more} more" if more > 0 else ""
            listed = ", ".join(changed[:MOST_NAMES])
            self._notes.append(
                "layers renamed because their names are not valid in "
                f"a spec: {listed}{others}"
            )


def _check_length(text: str, name: str, layers: int) -> None:
    """Refuse a spec that is too long to be read.

    Raises
    ------
    RefusedModelError
        The message names the limit.
    """
    if len(text) < MOST_TOKENS:  # each token has a character
        return
    source = SourceFile("model.snn", text)
    if len(tokens_of(source.whole, most=MOST_TOKENS)) == MOST_TOKENS:
        raise refused(LongSpec, name=name, layers=layers, limit=MOST_TOKENS)
