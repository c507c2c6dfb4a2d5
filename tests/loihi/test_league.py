"""Networks that others measure by: MLPerf Tiny's, and one of Intel's NxTF."""

from __future__ import annotations

import pytest

from snnc.loihi.floor import compartment_floors
from tests.support import ROOT, sound

LEAGUE = ROOT / "specs" / "league"
CORES = {
    "autoencoder": 10,
    "ds_cnn": 64,
    "mobilenet_quarter": 219,
    "nxtf_mobile": 75,  # 157 of NxTF (Rueckauer et al. 2021, arXiv:2101.04261)
    "resnet8": 58,
}


def test_each_network_is_counted() -> None:
    assert sorted(CORES) == sorted(spec.stem for spec in LEAGUE.glob("*.snn"))


@pytest.mark.slow
@pytest.mark.parametrize("name", CORES)
def test_it_takes_so_many_cores(name: str) -> None:
    mapped = sound((LEAGUE / f"{name}.snn").read_text(encoding="utf-8"), "place")
    assert mapped.cores == CORES[name]
    floors = compartment_floors(mapped.lowered, mapped.lowered.network.device)
    assert sum(floors.values()) <= mapped.cores
