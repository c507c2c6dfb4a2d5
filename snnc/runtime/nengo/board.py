# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Runs a network on a board of Loihi chips, and writes its spikes."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..data import open_data
from ..examples import Array, decide, score
from ..files import UserError, make_parser, positive, replacing, run_program
from ..layout import Layout, Tensors
from ..network import Network
from . import import_nengo_loihi

RECORDED = 10  # examples whose spikes are all written
AT_ONCE = 8  # examples to run between reading the probes
NO_NXSDK = "NxSDK is not installed: without it no board can be reached"


@dataclass(frozen=True)
class Placement:
    """An allocator for nengo-loihi that puts each block on a given chip.

    ``chips`` contains the chip of each block, in order. With ``learns``, the
    last block is a readout that learns, which needs targets.
    """

    chips: Sequence[int]
    learns: bool = False

    def __call__(self, model: Any, n_chips: int) -> Any:
        """Return the board with the blocks of a built model.

        Raises ValueError if the number of blocks differs, or if they need more
        than ``n_chips`` chips.
        """
        made = len(model.blocks)
        known = len(self.chips)
        if made != known and not (self.learns and made == known - 1):
            raise ValueError(f"{made} blocks, and places for {known}")
        most = max(self.chips[:made]) + 1
        if most > n_chips:
            raise ValueError(f"the network takes {most} chips, not {n_chips}")
        import_nengo_loihi()
        allocators = importlib.import_module("nengo_loihi.hardware.allocators")
        usual = allocators.Greedy()
        board = allocators.Board()
        for spikes in model.inputs:
            usual.input_to_board(spikes, board)
        on = [board.new_chip() for _ in range(most)]
        for i, block in enumerate(model.blocks):
            usual.block_to_new_core(block, on[self.chips[i]])
        board.probes.extend(model.probes)
        return board


def hardware_options(runs: str, *, learns: bool = False) -> dict[str, Any]:
    """Return the ``hardware_options`` of `nengo_loihi.Simulator`.

    ``runs`` lists the blocks in order: ``128x0 4x1`` means 128 blocks on chip
    0 and four on chip 1. With ``learns``, the last block is a readout that
    learns.
    """
    pairs = [run.split("x") for run in runs.split()]
    chips = [int(chip) for n, chip in pairs for _ in range(int(n))]
    return {"n_chips": max(chips) + 1, "allocator": Placement(chips, learns)}


def digest_of(x: Array) -> str:
    """Return the SHA-256 of examples (examples, ...) as 32-bit floats."""
    made = hashlib.sha256()
    for example in x:
        made.update(np.ascontiguousarray(example, np.float32).tobytes())
    return made.hexdigest()


@dataclass(frozen=True)
class BoardRunner:
    """Runs one network on a board.

    ``build_network`` and ``options`` are functions of the network's package.
    ``options`` returns the ``hardware_options``; without it, there is one
    chip.
    """

    network: Network
    layout: Layout
    build_network: Callable[..., Any]
    options: Callable[[], dict[str, Any]] = lambda: {"n_chips": 1}

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Run examples from the command line; return the exit status."""
        name = self.network.name
        layers = self.network.layers.items()
        on_chip = [name for name, layer in layers if layer.on_chip]
        last = on_chip[-1]
        output = f"{name}.board.npz"
        does = f"Run {name} on a board of Loihi chips."
        parser = make_parser(f"{name}.board", does)
        add = parser.add_argument
        probe = f"write this layer's spikes too, beside those of {last}"
        many = "how many chips the board has"
        add("--examples", type=positive, help="run the first N")
        add("--probe", action="append", default=[], metavar="NAME", help=probe)
        add("--chips", type=positive, metavar="N", help=many)
        written = f"file to write or replace ({output})"
        add("-o", "--output", default=output, help=written)
        asked = parser.parse_args(arguments)
        for name in asked.probe:
            if name not in on_chip:
                unknown = f"no layer {name!r} on the chip"
                parser.error(f"{unknown}: there are {', '.join(on_chip)}")
        options = self.options()
        if asked.chips is not None:
            options["n_chips"] = asked.chips
        probed = list(dict.fromkeys([last, *asked.probe]))

        def run() -> None:
            if find_spec("nxsdk") is None:
                raise ModuleNotFoundError(NO_NXSDK)
            examples = open_data(asked.data, self.network)
            x = examples[: asked.examples]
            tensors = self.layout.load(asked.weights)
            try:
                rows, spikes = self._run(tensors, x, probed, options)
            except (AssertionError, ValueError) as error:
                raise UserError(str(error)) from error
            arrays = self._pack(digest_of(examples[:]), spikes)
            with replacing(asked.output) as file:
                np.savez_compressed(file, **arrays)
            readout = self.network.readout
            count = len(x)
            found = score(
                decide(rows, readout.decide),
                examples.y[:count],
                readout.classes,
            )
            several = f"{count} example{'s' if count > 1 else ''}"
            said = f"root mean square error {found:.4g} on"
            if readout.classes:
                said = f"accuracy {100 * found:.2f} % of"
            print(f"{said} {several} on a board")
            print(f"what fired: {asked.output}, for `snnc evaluate --compare`")

        return run_program(parser.prog, run)

    def _run(
        self,
        tensors: Tensors,
        x: Array,
        probed: Sequence[str],
        options: Mapping[str, Any],
    ) -> tuple[Array, dict[str, Array]]:
        """Return the readout's rows, and spikes (examples, steps, neurons)."""
        built = self.build_network(tensors, images=x, probe=probed)
        # Reserve messages for every spike of the host, even if a user turns
        # off precomputing.
        sent = [one.fanout.messages for one in self.network.layers.values()]
        chosen = {"snip_max_spikes_per_step": max(sum(sent), 50), **options}
        steps = self.network.steps
        rows = []
        spikes: dict[str, list[Array]] = {name: [] for name in probed}
        with import_nengo_loihi().Simulator(
            built.net,
            dt=self.network.dt,
            target="loihi",
            precompute=True,
            progress_bar=False,
            hardware_options=chosen,
        ) as simulator:
            for start in range(0, len(x), AT_ONCE):
                some = min(AT_ONCE, len(x) - start)
                simulator.run_steps(some * steps)
                read = np.array(simulator.data[built.output])
                rows.append(read.reshape(some, steps, -1))
                for name in probed if start < RECORDED else ():
                    values = built.neuron_values(simulator, name)
                    spikes[name].append(values.reshape(some, steps, -1) > 0)
                simulator.clear_probes()
        every = {n: np.concatenate(e)[:RECORDED] for n, e in spikes.items()}
        return np.concatenate(rows), every

    def _pack(self, digest: str, spikes: dict[str, Array]) -> dict[str, Any]:
        """Return the metadata of a run, and its spikes as packed bits."""
        last, *_ = spikes
        arrays: dict[str, Any] = {"layout_id": self.layout.id, "layer": last}
        arrays.update(data_sha256=digest, steps=self.network.steps)
        for name, train in spikes.items():
            suffix = "" if name == last else f".{name}"
            arrays[f"neurons{suffix}"] = train.shape[-1]
            arrays[f"spikes{suffix}"] = np.packbits(train, axis=-1)
        return arrays
