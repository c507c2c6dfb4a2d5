"""The demo's first results, which come without training."""

from pathlib import Path

import pytest

import snnc
from snnc.interface import demo
from snnc.source import spec_path
from snnc.text.installing import missing

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
LEAST = 0.9
"""The bytes of the weights depend on the machine that trained them."""


def test_the_shipped_weights_are_accurate_and_nothing_needs_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = ["tensorflow"]
    monkeypatch.setattr(
        demo,
        "missing",
        lambda *names: absent if names[0] in absent else missing(*names),
    )
    told: list[str] = []
    found = snnc.demo(tmp_path, tell=told.append)
    assert found.shipped >= LEAST
    assert found.evaluations == {}
    said = "\n".join(told)
    assert "Why layers don't take fewer cores:" in said
    assert "200 clips as spikes, with weights that ship with snnc" in said
    assert "to train it here, run `python -m pip install" in said
    assert spec_path("drift.safetensors").stat().st_size < 100_000
