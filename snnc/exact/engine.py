"""Prepare a network that nengo-loihi has built to run on the engine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from snnc.exact.encoder import read_encoder, read_inputs, read_places, read_readout
from snnc.exact.hosted import Hosted
from snnc.exact.package import Built, build
from snnc.exact.read import number_sources, read_chip
from snnc.exact.stream import (
    Chunk,
    Circuit,
    EngineResult,
    Images,
    Kept,
    Runner,
    RunOptions,
    ThreadRunner,
    join,
    share,
    stream,
)
from snnc.output.imported import CannotRunError, ImportedPackage
from snnc.runtime.examples import ROW, Array, Presentation, Span, spans_of
from snnc.runtime.layout import Weights
from snnc.runtime.network import Decide

MAX_STEPS = 2**16 - 1  # the maximum of a spike counter


class Engine:
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

    def __enter__(self) -> Engine:
        return self

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
        count = len(images)
        size = ROW if presentation == "row" else share(count, threads)
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
