"""Statements of the functional API, one for each Keras layer."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from snnc.emit.names import variables
from snnc.emit.python import INDENT, bracket, number
from snnc.emit.quoting import WIDTH, quote
from snnc.graph.logical import Network

TAKEN = frozenset(
    {
        "Any",
        "BREACH",
        "DT",
        "LayoutError",
        "NDArray",
        "PathLike",
        "RATE_WEIGHT",
        "RateBudget",
        "SEED",
        "SOFTNESS",
        "SPIKE",
        "SpikeNoise",
        "annotations",
        "aware",
        "clipped",
        "keras",
        "lif",
        "math",
        "neurons",
        "np",
        "opposite",
        "relu",
        "scaled",
        "seed",
        "shortcut",
        "tf",
    }
)
"""Names that the generated module uses itself: no layer's variable hides them."""


@dataclass(slots=True)
class Writer:
    """Collects ``variable = keras.layers.X(...)(inputs)`` and counts out seeds."""

    names: dict[str, str]
    seeds: Iterator[int]
    statements: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, network: Network) -> Writer:
        """Return a writer that knows a variable for each name of the spec."""
        layers = (layer.name for layer in network.layers)
        spec = (network.input.name, *layers, network.readout.name)
        return cls(variables(spec, TAKEN), count())

    def comment(self, text: str) -> None:
        """Begin a paragraph for a layer of the spec."""
        lines = textwrap.wrap(text, WIDTH - INDENT - len("# "))
        self.statements += ["", *(f"# {line}" for line in lines)]

    def let(self, variable: str, expression: str) -> None:
        """Assign an expression to a variable that no layer has."""
        self.statements.append(f"{variable} = {expression}")

    def apply(
        self,
        layer: str,
        function: str,
        arguments: Sequence[str],
        sources: Sequence[str],
        part: str = "",
    ) -> None:
        """Apply a Keras layer and assign its output to the variable of ``layer``.

        Parameters
        ----------
        layer
            The spec's name of the layer.
        function
            The constructor; a bare class such as ``Conv2D`` is one of
            ``keras.layers``.
        arguments
            The constructor's arguments, without the name.
        sources
            The variables to read; several are passed as a list.
        part
            What the Keras layer is of the spec's layer, such as ``norm``. Its Keras
            name is then ``c0.norm``, which no layer of a spec can have.
        """
        name = f"{layer}.{part}" if part else layer
        self.assign(self.names[layer], name, function, arguments, sources)

    def assign(
        self,
        variable: str,
        name: str,
        function: str,
        arguments: Sequence[str],
        sources: Sequence[str],
    ) -> None:
        """Apply the Keras layer ``name`` and assign its output to ``variable``."""
        head = f"{variable} = {function}("
        arguments = (*arguments, f"name={quote(name)}")
        self.statements.append(_applied(head, arguments, sources))

    def kernel(self, l2: float) -> tuple[str, ...]:
        """Return a trained kernel's arguments: its initialiser and its L2, if any."""
        drawn = f"kernel_initializer=keras.initializers.HeUniform({self.seed()})"
        if not l2:
            return (drawn,)
        return (drawn, f"kernel_regularizer=keras.regularizers.L2({number(l2)})")

    def seed(self) -> str:
        """Return the next seed as an expression: no two layers draw the same."""
        place = next(self.seeds)
        return f"seed + {place}" if place else "seed"


def _applied(head: str, arguments: Sequence[str], sources: Sequence[str]) -> str:
    if len(sources) == 1:
        return bracket(head, arguments, f")({sources[0]})", INDENT)
    line = f"{head}{', '.join(arguments)})([{', '.join(sources)}])"
    if INDENT + len(line) <= WIDTH:
        return line
    constructor = bracket(head, arguments, ")(", INDENT)
    listed = bracket("[", sources, "]", 2 * INDENT)
    return f"{constructor}\n{' ' * 2 * INDENT}{listed},\n{' ' * INDENT})"
