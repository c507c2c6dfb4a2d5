"""The spec as data: the models of its statements, with their positions.

A model checks one statement. Rules about several statements (names, shapes, the chip)
are checked on the graph. Times are in seconds, rates in Hz.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple, get_args

from snnc.language.layers import (
    ConvProperties,
    DenseProperties,
    DepthwiseProperties,
    DownsampleProperties,
    LayerSpec,
    MaxPoolSpec,
    SpikingSpec,
)
from snnc.language.properties import Identifier
from snnc.language.statements import (
    InputSpec,
    LoihiTarget,
    NengoTarget,
    ReadoutSpec,
    StatementModel,
    TimingSpec,
    TrainSpec,
)
from snnc.language.table import form
from snnc.source import Span

SCOPES = tuple(
    form.kind
    for model in get_args(LayerSpec)
    if issubclass(model, (SpikingSpec, MaxPoolSpec))
    for form in model.forms
)
"""The kinds of layers that ``defaults`` may name."""


class DefaultsSpec(
    DenseProperties, DownsampleProperties, DepthwiseProperties, ConvProperties
):
    """Properties of all chip layers, or of one kind of layer."""

    forms = (
        form(
            "defaults { rate 20..150 Hz }",
            "The neurons of all chip layers: `relu` (default) or `lif`.",
            kind="neuron",
        ),
        form("defaults { rate 20..150 Hz }"),
    )

    layer: str | None = None


class NetworkSpec(StatementModel):
    """A whole network, edition 1 of the language."""

    snn: Literal[1] = 1
    network: Identifier
    about: str = ""
    target: LoihiTarget | NengoTarget = LoihiTarget()
    timing: TimingSpec = TimingSpec()
    defaults: tuple[DefaultsSpec, ...] = ()
    input: InputSpec
    layers: tuple[LayerSpec, ...]
    readout: ReadoutSpec
    train: TrainSpec | None = None


STATEMENTS: tuple[type[StatementModel], ...] = (
    LoihiTarget,
    NengoTarget,
    TimingSpec,
    DefaultsSpec,
    InputSpec,
    *get_args(LayerSpec),
    ReadoutSpec,
    TrainSpec,
)
"""The models of all statements except `about`, in the order of the language."""


def spec_hash(spec: NetworkSpec) -> str:
    """Return the SHA-256 of the canonical spec, which excludes comments and layout."""
    canonical = json.dumps(asdict(spec), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


class Place(NamedTuple):
    """The position of a statement.

    ``span`` is the statement's head, from the kind to the name. ``keys`` holds the span
    of the value of each written property (and of ``shape``, ``within`` and ``mapped``),
    and ``sources`` the span of each name after ``from``. For a statement that is not
    written, the spans are those of the network's name.
    """

    span: Span
    name: Span | None
    keys: Mapping[str, Span]
    sources: tuple[Span, ...]

    def span_of(self, *keys: str) -> Span:
        """Return the span of the first key that is written, or else of the head."""
        return next((self.keys[key] for key in keys if key in self.keys), self.span)


@dataclass(frozen=True, slots=True)
class ValidatedSpec:
    """The valid parts of a spec, with their positions.

    The parts of ``spec`` are checked one by one. A layer statement with an error is
    None in ``spec.layers``. If the next layer has no `from`, its source is then
    unknown. A named placeholder replaces a broken or missing input or readout.

    Attributes
    ----------
    places
        One per item of ``spec.layers``. The name is None if the layer has no name, or a
        name that is already taken.
    defaults
        One per item of ``spec.defaults``.
    broken
        Names of the input, layers and readout whose statements have errors. The
        properties of these layers are unknown, so rules should not report them.
    defaults_sound
        Whether every ``defaults`` statement is valid. An invalid statement may have set
        a property that looks missing.
    sound
        Whether the spec has no errors.
    span
        The network's name, or the beginning of the file.
    """

    spec: NetworkSpec
    places: tuple[Place, ...]
    input: Place
    readout: Place
    target: Place
    timing: Place
    train: Place
    defaults: tuple[Place, ...]
    broken: frozenset[str]
    defaults_sound: bool
    sound: bool
    span: Span
