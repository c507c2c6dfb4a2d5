# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Which of nengo-loihi's blocks goes on which chip of a board."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .compat import import_nengo_loihi


@dataclass(frozen=True)
class Placement:
    """An allocator of nengo-loihi that puts each block where it is told.

    ``chips`` has the chip of each block, in their order.
    """

    chips: Sequence[int]

    def __call__(self, model: Any, n_chips: int) -> Any:
        """Return the board on which the blocks of a built model are.

        Raises ValueError if these are other blocks, or of more chips than
        ``n_chips``.
        """
        made, known = len(model.blocks), len(self.chips)
        if made != known:
            raise ValueError(f"{made} blocks, and places for {known}")
        most = max(self.chips) + 1
        if most > n_chips:
            raise ValueError(f"the network takes {most} chips, not {n_chips}")
        import_nengo_loihi()
        allocators = importlib.import_module("nengo_loihi.hardware.allocators")
        usual, board = allocators.Greedy(), allocators.Board()
        for spikes in model.inputs:
            usual.input_to_board(spikes, board)
        on = [board.new_chip() for _ in range(most)]
        for block, chip in zip(model.blocks, self.chips, strict=True):
            usual.block_to_new_core(block, on[chip])
        board.probes.extend(model.probes)
        return board


def hardware_options(runs: str) -> dict[str, Any]:
    """Return what `nengo_loihi.Simulator` takes as ``hardware_options``.

    In ``runs`` the blocks stand in their order: ``128x0 4x1`` are 128 on chip
    0 and four on chip 1.
    """
    pairs = [run.split("x") for run in runs.split()]
    chips = [int(chip) for n, chip in pairs for _ in range(int(n))]
    return {"n_chips": max(chips) + 1, "allocator": Placement(chips)}
