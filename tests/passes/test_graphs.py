"""The meaning of the language: the graphs of small networks, in text files.

A block of `logical.txt` or `lowered.txt` has the statements of a network (`+`), without
its usual input, encoder and readout, and then its graph or the codes of its problems.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from snnc.ir.layout import tensors
from snnc.ir.logical import LogicalNetwork, Shortcut
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.properties import layer_properties, model_of
from snnc.ir.shapes import pads
from snnc.language.keywords import otherwise
from snnc.language.properties import NeuronSpec
from snnc.text.tables import dims
from tests.rules.checking import assert_cases_accepted
from tests.support import compile_text, network, sound

FOLDER = Path(__file__).parent
BEFORE = ("#", "target", "timing", "defaults", "neuron", "input", "encode")
HEAD = ["input image 12x10x2 in 0..1", "encode conv e { filters 3 }"]
TAIL = ["readout y { classes 2 }"]
RELU = NeuronSpec(kind="relu")
PLAIN = "conv2d a { filters 4 }"
"""A network, whose graph is written in full; others have only other lines."""


def complete(lines: str) -> str:
    """Return a spec with these statements, and with the usual ones that they lack."""
    own = lines.split("\n")
    before = [line for line in own if line.startswith(BEFORE)]
    head = [] if any(line.startswith("input") for line in own) else HEAD
    tail = [] if any(line.startswith("readout") for line in own) else TAIL
    return network("\n".join((*before, *head, *own[len(before) :], *tail)))


def _stride(shortcut: Shortcut) -> object:
    """Return an empty stride for a matrix, and None for the identity."""
    operation = shortcut.operation
    if operation is None:
        return None
    return () if operation.sliding is None else operation.sliding.stride


def logical(made: LogicalNetwork) -> Iterator[str]:
    for layer in made.layers:
        model, values = model_of(layer.kind), layer_properties(layer)
        said = [
            f"{key} {value}"
            for key, value in values.items()
            if value not in (otherwise(model, key, 1), RELU)
        ]
        if layer.shortcut is not None:
            said.append(f"with stride {_stride(layer.shortcut)}")
        head = f"{layer.name} = {layer.kind} of {', '.join(layer.sources)}"
        yield ", ".join((f"{head}: {dims(layer.shape)}", *said))
    readout, loss = made.readout, made.train.loss
    yield (
        f"{readout.name} of {', '.join(readout.sources)}: {readout.units} "
        f"{readout.image}, l2 {made.train.l2:g}, loss {loss and loss.kind}"
    )
    yield f"cores {getattr(made.target, 'cores', None)}"
    for tensor in tensors(made):
        yield f"{tensor.name} {dims(tensor.shape)} ({', '.join(tensor.axes)})"


def lowered(made: LoweredNetwork) -> Iterator[str]:
    for own in made.populations:
        yield f"{own.name} {own.volume} {'chip' if own.on_chip else 'host'}"
    for each in (*made.projections, *made.readout):
        ways = " ".join(map(str, (*each.pools, each.reach)))
        rows = f"rows {each.rows} of {each.all_rows}"
        yield f"{each.source} to {each.target}: {each.tensor}, {rows}, {ways}"


@pytest.mark.parametrize("show", [logical, lowered])
def test_a_network_has_this_graph(show: Any) -> None:
    def answer(lines: str) -> list[str]:
        hidden = () if lines == PLAIN else plain
        made, report = compile_text(complete(lines), "place")
        found = [" ".join(each.code for each in report.diagnostics)]
        if not report.errors:
            graph = made.network if show is logical else made.lowered
            found += [line for line in show(graph) if line not in hidden]
        return found

    plain: list[str] = []
    plain = answer(PLAIN)
    assert_cases_accepted(FOLDER / f"{show.__name__}.txt", "", answer)


@pytest.mark.parametrize("pool", [1, 2, 3])
def test_causal_padding_reads_nothing_that_comes_after(pool: int) -> None:
    for places, kernel, (stride, apart) in product(
        (1, 6, 7, 8), (1, 2, 4), ((1, 1), (2, 1), (3, 1), (5, 1), (1, 2), (1, 3))
    ):
        text = (
            f"input wave {pool * places}x2 in 0..1\nencode conv e {{ filters 3 }}\n"
            f"avgpool p {{ window {pool} }}\nconv1d a {{ filters 4, padding causal, "
            f"kernel {kernel}, stride {stride}, dilation {apart} }}"
        )
        found = sound(complete(text), "lower")
        (projection,) = found.into("a")
        window, extent = projection.reach, (kernel - 1) * apart + 1
        outputs = -(-places // stride)
        assert found.by_name["a"].volume == (1, outputs, 1, 4)
        assert window.zeros_before == (0, 0)
        covered = window.kernel[1] - window.zeros_behind[0]
        assert covered == extent * pool
        before, behind = pads(
            pool * places, window.kernel[1], window.stride[1], window.padding
        )
        assert before == (extent - 1) * pool
        assert window.stride[1] == stride * pool
        last = (outputs - 1) * window.stride[1] - before + window.kernel[1] - 1
        assert last < pool * places + behind
