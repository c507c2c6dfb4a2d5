"""Packages of several chips: nengo-loihi's blocks go where the report has them."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import nengo_loihi
import numpy as np
import pytest
from nengo_loihi.hardware import allocators

import snnc
from snnc.tools.report.formats import document
from snnc.tools.report.summary import summarise
from tests.api.test_builds import TWO_CHIPS
from tests.support import sound

pytestmark = pytest.mark.slow


def test_blocks_go_where_the_report_has_them(tmp_path: Path) -> None:
    spec = snnc.parse(TWO_CHIPS)
    package = spec.build(tmp_path)
    rng = np.random.default_rng(0)
    tensors = {
        t.name: rng.normal(size=t.shape).astype(np.float32)
        for t in package.layout.TENSORS
    }
    built = package.nengo_network.build_network(tensors)
    options = package.nengo_network.hardware_options()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sim = nengo_loihi.Simulator(
            built.net, target="sim", progress_bar=False, hardware_options=options
        )
    with sim:
        board = options["allocator"](sim.model, options["n_chips"])
        on = {
            block: chip
            for chip, those in enumerate(board.chips)
            for core in those.cores
            for block in core.blocks
        }
        chips = [on[block] for block in sim.model.blocks]
        greedy = allocators.Greedy()(sim.model, 2)
        crossing, usual = (
            allocators.estimate_interchip_activity(b)["interchip"]
            for b in (board, greedy)
        )
    report = document(summarise(sound(TWO_CHIPS, "route")))
    ensembles = (e for layer in report["layers"] for e in layer["ensembles"])
    assert chips == [chip for ensemble in ensembles for chip in ensemble["chips"]]
    assert board.n_cores_per_chip == [128, 41]
    assert crossing < usual


def test_what_is_for_several_chips_is_not_in_a_package_for_one() -> None:
    one = re.sub(", block 1x1x1", "", TWO_CHIPS)
    for text, there in ((TWO_CHIPS, True), (one, False)):
        modules = {m.path: m.body for m in sound(text, "emit")}
        assert ("hardware_options" in modules["nengo_network.py"]) == there
