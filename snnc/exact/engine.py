"""Build a package's network with nengo-loihi, and prepare it to run on the engine."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import importlib
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nengo
import numpy as np

from snnc.exact.encoder import read_encoder, read_inputs, read_places, read_readout
from snnc.exact.hosted import Hosted
from snnc.exact.read import number_sources, read_chip
from snnc.exact.stream import (
    CHUNK,
    Chunk,
    Circuit,
    EngineResult,
    Images,
    Kept,
    Runner,
    RunOptions,
    ThreadRunner,
    join,
    stream,
)
from snnc.output.imported import CannotRunError, ImportedPackage
from snnc.runtime.examples import ROW, Array, Presentation, Span, spans_of
from snnc.runtime.nengo import import_nengo_loihi
from snnc.runtime.nengo.simulators import FAILURES
from snnc.runtime.network import Decide

if TYPE_CHECKING:
    from nengo import Network
    from nengo_loihi import Simulator

    from snnc.runtime.layout import Tensors, Weights
    from snnc.runtime.nengo.neurons import BuiltNetwork

MAX_STEPS = 2**16 - 1  # the maximum of a spike counter


def why_not_stored(layers: str) -> str:
    """Return the message for layers whose weights the chip can't store as integers."""
    return (
        f"the chip can't store the weights of {layers}; `snnc weights FILE SPEC` "
        "explains the reason and the fix"
    )


@dataclass(frozen=True, slots=True)
class Built:
    """A package, its network, and nengo-loihi's simulator for the network.

    An example takes ``steps`` steps.
    """

    package: ImportedPackage
    network: BuiltNetwork
    simulator: Simulator
    steps: int


def build(
    package: ImportedPackage, weights: Weights, steps: int | None = None
) -> Built:
    """Build a package's network with the given weights, and probe every layer.

    ``steps`` is the number of steps per example; by default, that of the package.

    Raises
    ------
    CannotRunError
        If no layer of the network is on the chip, or the chip can't store the weights.
    snnc.runtime.layout.LayoutError
        If the weights have another layout.
    """
    layers, dt = package.network.layers, package.network.dt
    if not any(layer.on_chip for layer in layers.values()):
        raise CannotRunError(
            "no layer of this network is on the chip, so there is nothing to run "
            "exactly; use `--simulator nengo`, or write `place chip` in a layer"
        )
    # A decoder cache written under numpy 2 cannot be read under numpy 1.
    nengo.rc["decoder_cache"]["enabled"] = "False"
    tensors = package.layout.load(weights)
    program = package.module("nengo_network")
    network = program.build_network(tensors, probe=tuple(layers))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `evaluate` reports lost bits
            simulator = import_nengo_loihi().Simulator(
                network.net, dt=dt, target="sim", progress_bar=False
            )
    except FAILURES as error:
        if refused := not_stored(network.net, dt, tensors):
            raise CannotRunError(why_not_stored(refused)) from error
        raise
    return Built(package, network, simulator, steps or package.network.steps)


def not_stored(net: Network, dt: float, tensors: Tensors) -> str | None:
    """Describe the layers with weights that nengo-loihi can't store, if any.

    The text says how large their tensors are.
    """
    loihi = import_nengo_loihi()
    discretize = importlib.import_module("nengo_loihi.builder.discretize")
    refused: dict[str, str] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        # This target builds a network without rounding numbers.
        settings = {"target": "simreal", "progress_bar": False}
        with loihi.Simulator(net, dt=dt, **settings) as sim:
            for block in sim.model.blocks:
                try:
                    discretize.discretize_block(block)
                except FAILURES:
                    # A label looks like <Ensemble 'c0[3]'>.
                    name = re.findall(r"'(\w+)", block.label)[0]
                    refused[name] = ", ".join(
                        f"{tensor} reaches {np.abs(values).max():.3g}"
                        for tensor, values in tensors.items()
                        if tensor.rpartition(".")[0] == name
                    )
    return "; ".join(f"{n} ({sizes})" for n, sizes in refused.items()) or None


class Engine(AbstractContextManager["Engine"]):
    """A network that is ready to run; create it with `make_engine`.

    Attributes
    ----------
    cores : int
        The number of nengo-loihi's blocks.
    network
        The network that the package describes.
    circuit : Circuit or None
        The tables to run; None if nengo steps layers on the host.
    hosted : bool
        Whether nengo must step layers on the host, which takes longer and uses one
        thread.
    """

    def __init__(self, built: Built) -> None:
        try:
            self._runs = _runs(built)
        except CannotRunError:
            built.simulator.close()
            raise
        self.cores = len(built.simulator.model.blocks)
        self.network = built.package.network
        self.circuit = self._runs if isinstance(self._runs, Circuit) else None
        self.hosted = self.circuit is None
        self._built = built

    def close(self) -> None:
        """Close nengo-loihi's simulator."""
        self._built.simulator.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        images: Array,
        presentation: Presentation = "rest",
        decide: Decide = "mean",
        keep: Sequence[Kept] = (),
        threads: int | None = None,
    ) -> EngineResult:
        """Run all examples, and return one outcome; see `stream` for the arguments."""
        size, count = ROW, len(images)
        if presentation == "rest":
            # Several spans per thread, so that all end at about the same time.
            each = count // (4 * (threads or os.cpu_count() or 1))
            size = max(1, min(CHUNK, each))
        spans = spans_of(count, size)
        chunks = self.stream(images, spans, presentation, decide, keep, threads)
        return join([c.outcome for c in sorted(chunks, key=lambda c: c.start)])

    def stream(
        self,
        images: Images,
        spans: Sequence[Span],
        presentation: Presentation,
        decide: Decide,
        keep: Sequence[Kept] = (),
        threads: int | None = None,
    ) -> Iterator[Chunk]:
        """Run spans of examples in parallel; yield results in chunks.

        Parameters
        ----------
        images : (examples, *input shape)
        spans
            The first example of each span, and the example after the last. Each span
            runs on one thread.
        presentation
            "rest": each example starts from rest. "row": each span starts from rest,
            and each further example from the state after the example before, as in
            nengo-loihi, which cannot reset a chip.
        decide
            Whether to use the "mean" of the second half of an example's rows, or the
            "last" row.
        keep
            Further results to return: "counts", "spikes", "rows".
        threads
            The number of threads; by default, one per CPU core.

        Raises
        ------
        CannotRunError
            If the examples do not have the network's input shape.
        """
        shape = self._built.package.network.input.shape
        if tuple(images.shape[1:]) != shape or images.shape[0] == 0:
            wanted = " x ".join(map(str, shape))
            raise CannotRunError(
                f"the examples have the shape {tuple(images.shape)}; this network "
                f"reads one or more examples of {wanted}"
            )
        runners: list[Runner]
        if isinstance(self._runs, Hosted):  # nengo has only one state
            runners = [self._runs]
        else:
            count = max(1, min(threads or os.cpu_count() or 1, len(spans)))
            runners = [ThreadRunner(self._runs) for _ in range(count)]
        job = RunOptions(presentation, decide, tuple(keep))
        return stream(runners, images, spans, job)


def make_engine(
    package: ImportedPackage, weights: Weights, steps: int | None = None
) -> Engine:
    """Return an engine for an imported package, with the given weights.

    ``steps`` is the number of steps per example; by default, that of the package.

    Raises
    ------
    CannotRunError
        If an example has too many steps, or no layer is on the chip.
    snnc.runtime.layout.LayoutError
        If the weights have another layout.
    """
    wanted = steps or package.network.steps
    if wanted > MAX_STEPS:
        raise CannotRunError(
            f"an example of {wanted} steps is longer than the {MAX_STEPS} that the "
            "spike counters can count; use fewer steps, or write a smaller `present` "
            "or a larger `dt`"
        )
    return Engine(build(package, weights, steps))


def _runs(built: Built) -> Circuit | Hosted:
    """Return the tables of a network, or its chip with nengo's host."""
    simulator, network = built.simulator, built.network
    blocks = number_sources(simulator.model.blocks)
    encoder = read_encoder(simulator, network)
    readout = read_readout(simulator, network, blocks)
    if encoder is None or readout is None:
        return Hosted(built)
    chip = read_chip(simulator, blocks, read_inputs(simulator, encoder))
    places = read_places(simulator, network, blocks, encoder)
    return Circuit(chip, readout, encoder, places, built.steps)
