"""A spec gives the same bytes whatever surrounds the build."""

import sys
from pathlib import Path

import pytest

from benchmarks.same_bytes import SETTINGS, Setting, digest
from tests.support import ROOT

SPEC = ROOT / "specs" / "drift.snn"

pytestmark = pytest.mark.slow


def test_what_surrounds_a_build_does_not_change_a_byte(tmp_path: Path) -> None:
    usual = Setting("usual", {"PYTHONHASHSEED": "7"})
    found = {}
    for setting in (usual, *SETTINGS):
        repo = tmp_path / setting.name
        repo.mkdir()
        found[setting.name] = digest(sys.executable, repo, setting, [SPEC])
    assert found == dict.fromkeys(found, found["usual"])
