"""Build a package's network with nengo-loihi, and run examples on several threads.

Each thread runs the examples of a span in order, so that in a row, each example starts
from the state after the previous example. Results are yielded for a few examples at a
time, so that the caller doesn't have to wait for all results or store them.
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, NamedTuple

import nengo
import numpy as np

from snnc.exact.circuit import Circuit, read_circuit
from snnc.exact.hosted import Hosted
from snnc.exact.kernel import run_examples
from snnc.exact.results import Built, EngineResult, Kept, RunOptions, join
from snnc.exact.tables import Bools, Floats, RunResults, host_state, resting_state
from snnc.exact.work import layer_of, read_work
from snnc.output.imported import CannotRunError, ImportedPackage
from snnc.runtime.examples import ROW, Array, Presentation, Span, spans_of
from snnc.runtime.nengo import import_nengo_loihi
from snnc.runtime.nengo.simulators import FAILURES
from snnc.runtime.network import Decide

if TYPE_CHECKING:
    from snnc.runtime.layout import Tensors, Weights

MAX_STEPS = 2**16 - 1  # the maximum of a spike counter
CHUNK = 8  # examples that a thread runs at once without the interpreter lock
AHEAD = 2  # chunks per thread: one runs while another is used


class Chunk(NamedTuple):
    """Some examples of a span, starting at ``start``, and their results."""

    span: Span
    start: int
    images: Array
    outcome: EngineResult


def stream(
    runners: Sequence[ThreadRunner] | Sequence[Hosted],
    images: Array,
    spans: Sequence[Span],
    job: RunOptions,
) -> Iterator[Chunk]:
    """Yield the chunks of all spans; only chunks of the same span are in order."""
    waiting = iter(spans)
    # All threads take spans from one iterator, so none waits while spans are left.
    ahead = [_pieces(waiting) for _ in runners]
    running: dict[Future[EngineResult], tuple[int, Span, int, Array]] = {}
    with ExitStack() as stack:
        # One pool per thread keeps the chunks of a span in order.
        pools = [stack.enter_context(ThreadPoolExecutor(1)) for _ in runners]

        def submit(thread: int) -> None:
            for span, start, stop in ahead[thread]:  # only the next one, if any
                x = images[start:stop]
                rests = np.ones(stop - start, bool)
                if job.presentation == "row":
                    rests[:] = np.arange(start, stop) == span[0]
                runner = runners[thread]
                future = pools[thread].submit(runner.run, runner.prepare(x), rests, job)
                running[future] = thread, span, start, x
                return

        for thread in AHEAD * tuple(range(len(runners))):
            submit(thread)
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            # A set has no order, but chunks of a span must be yielded in theirs.
            for future in [future for future in running if future in done]:
                thread, span, start, x = running.pop(future)
                submit(thread)
                yield Chunk(span, start, x, future.result())


def _pieces(spans: Iterator[Span]) -> Iterator[tuple[Span, int, int]]:
    """Yield the chunks of a span, then the chunks of the next unclaimed span."""
    for start, stop in spans:
        for at in range(start, stop, CHUNK):
            yield (start, stop), at, min(at + CHUNK, stop)


class ThreadRunner:
    """The state of one run; each thread has its own."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit
        self.prepare = circuit.encoder.charges
        blocks = circuit.chip.fanin.start
        voltage = circuit.encoder.voltage
        sources = int(blocks[-1]) + len(voltage)
        self._state = resting_state(blocks, sources, circuit.steps)
        units = len(circuit.readout.filter.bias)
        self._host = host_state(voltage, units, circuit.steps)

    def run(self, charges: Floats, rests: Bools, options: RunOptions) -> EngineResult:
        """Present examples, of shape (examples, encoder neurons), one after another."""
        circuit = self._circuit
        keep = options.keep
        count = len(charges)
        steps = circuit.steps
        sources = len(self._state.begin)
        shape = (steps, sources) if "spikes" in keep else (0, 0)
        # numba needs arrays of these types, so results that are not kept are empty.
        results = RunResults(
            np.empty((count, steps, len(circuit.readout.filter.bias))),
            np.zeros((count, sources * ("counts" in keep)), np.uint16),
            np.zeros((count, *shape), np.uint8),
        )
        before = self._state.overflows.copy()
        run_examples(
            circuit.chip,
            circuit.readout,
            self._state,
            self._host,
            charges,
            rests,
            results,
        )
        return options.result(
            results.rows,
            self._state.overflows - before,
            counts=circuit.by_layer(results.counts),
            spikes=circuit.by_layer(results.spikes),
        )


def build(package: ImportedPackage, weights: Weights, steps: int | None) -> Built:
    """Build a package's network, and probe every layer; see `make_engine`."""
    layers = package.network.layers
    dt = package.network.dt
    steps = steps or package.network.steps
    if steps > MAX_STEPS:
        raise CannotRunError(
            f"an example of {steps} steps is longer than the {MAX_STEPS} that the "
            "spike counters can count; use fewer steps, or write a smaller `present` "
            "or a larger `dt`"
        )
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
            options = {"dt": dt, "target": "sim", "progress_bar": False}
            simulator = import_nengo_loihi().Simulator(network.net, **options)
    except FAILURES as error:
        if why := why_not_stored(network.net, dt, tensors):
            raise CannotRunError(why) from error
        raise
    return Built(package, network, simulator, steps)


def why_not_stored(net: nengo.Network, dt: float, tensors: Tensors) -> str | None:
    """Return which layers' weights nengo-loihi can't store, and how large they are."""
    refused: dict[str, str] = {}
    for name in _refused_layers(net, dt):
        refused[name] = ", ".join(
            f"{tensor} reaches {np.abs(values).max():.3g}"
            for tensor, values in tensors.items()
            if tensor.rpartition(".")[0] == name
        )
    if not refused:
        return None
    layers = "; ".join(f"{name} ({sizes})" for name, sizes in refused.items())
    return (
        f"the chip can't store the weights of {layers}; `snnc weights FILE SPEC` "
        "explains the reason and the fix"
    )


def _refused_layers(net: nengo.Network, dt: float) -> Iterator[str]:
    """Yield the layer of each block that nengo-loihi can't discretize."""
    loihi = import_nengo_loihi()
    discretize = importlib.import_module("nengo_loihi.builder.discretize")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        # This target builds a network without rounding numbers.
        settings = {"target": "simreal", "progress_bar": False}
        with loihi.Simulator(net, dt=dt, **settings) as sim:
            for block in sim.model.blocks:
                try:
                    discretize.discretize_block(block)
                except FAILURES:
                    yield layer_of(block)


class Engine(AbstractContextManager["Engine"]):
    """A network that is ready to run; create it with `make_engine`.

    Attributes
    ----------
    cores
        The number of nengo-loihi's blocks.
    network
        The network that the package describes.
    work
        The work of each core for each layer's spikes.
    circuit
        The tables to run; None if nengo steps layers on the host, which takes longer
        and uses one thread.
    close
        Closes nengo-loihi's simulator.
    """

    def __init__(self, built: Built) -> None:
        self.close = built.simulator.close
        try:
            # `Hosted` replaces parts of the simulator, so read the work first.
            self.work = read_work(built.simulator, built.network)
            circuit = read_circuit(built.simulator, built.network, built.steps)
            self._runs = circuit or Hosted(built)
        except CannotRunError:
            self.close()
            raise
        self.cores = len(built.simulator.model.blocks)
        self.network = built.package.network
        self.circuit = circuit

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
        size = ROW
        count = len(images)
        if presentation == "rest":
            # Several spans per thread, so that all end at about the same time.
            each = count // (4 * (threads or os.cpu_count() or 1))
            size = max(1, min(CHUNK, each))
        spans = spans_of(count, size)
        chunks = self.stream(
            images, spans, presentation, decide=decide, keep=keep, threads=threads
        )
        return join([c.outcome for c in sorted(chunks, key=lambda c: c.start)])

    def stream(
        self,
        images: Array,
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
            An array, or an object that reads examples when it is sliced.
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
        count, *shape = images.shape
        if tuple(shape) != self.network.input.shape or count == 0:
            wanted = " x ".join(map(str, self.network.input.shape))
            raise CannotRunError(
                f"the examples have the shape {tuple(images.shape)}; this network "
                f"reads one or more examples of {wanted}"
            )
        count = max(1, min(threads or os.cpu_count() or 1, len(spans)))
        job = RunOptions(presentation, decide, tuple(keep))
        if isinstance(self._runs, Hosted):
            return stream([self._runs], images, spans, job)  # nengo has only one state
        runners = [ThreadRunner(self._runs) for _ in range(count)]
        return stream(runners, images, spans, job)


def make_engine(
    package: ImportedPackage, weights: Weights, steps: int | None = None
) -> Engine:
    """Return an engine for an imported package, with the given weights.

    ``steps`` is the number of steps per example; by default, that of the package.

    Raises
    ------
    CannotRunError
        If an example has too many steps, no layer of the network is on the chip, or the
        chip can't store the weights.
    snnc.runtime.layout.LayoutError
        If the weights have another layout.
    """
    return Engine(build(package, weights, steps))
