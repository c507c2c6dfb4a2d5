"""Looks of many layers differ."""

from __future__ import annotations

import pytest

from snnc.tools.plots.style import looks


@pytest.mark.parametrize("count", [6, 18, 19, 60])
def test_each_layer_has_a_look_of_its_own(count: int) -> None:
    pytest.importorskip("matplotlib")
    found = looks([f"layer{i}" for i in range(count)]).values()
    assert len({(look["facecolor"], look["hatch"]) for look in found}) == count
