"""Models of Keras that run in spikes fire as an emulator that does not round.

The drawn specs have hosts, voltages that are spread, max pools and depthwise layers.
"""

import os
from pathlib import Path

import pytest

from tests.agreement.specs import draw_specs, name_of
from tests.runtime.test_spiking import compare_without_rounding

DRAWN = int(os.environ.get("SNNC_DRAWN", "4"))
WORDS = ("place host", "start spread", "maxpool", "depthwise")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("text", [*draw_specs(DRAWN, WORDS)], ids=name_of)
def test_drawn_networks_fire_as_without_rounding(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text.replace("present 10 ms", "present 60 ms")
    compare_without_rounding(text, tmp_path, monkeypatch)
