"""How much of a package is its own, and how much of that a change of the spec moves."""

import difflib

import pytest

from snnc.emit.files import LIBRARY, Origin
from tests.support import ROOT, sound

DRIFT = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
ORIGIN = Origin("net.snn", ".")


def files(spec: str) -> dict[str, list[str]]:
    """Return the lines of all files that belong to one network alone."""
    return {
        module.path: module.with_header(ORIGIN).text.splitlines()
        for module in sound(spec, "emit")
        if not module.path.startswith(LIBRARY)
    }


def changed_lines(old: str, new: str) -> dict[str, list[str]]:
    """Return the removed and the added lines, by file."""
    before, after = files(old), files(new)
    assert before.keys() == after.keys()
    found = {}
    for path, lines in before.items():
        patch = list(difflib.unified_diff(lines, after[path], n=0))[2:]
        changed = [line for line in patch if line[0] in "+-"]
        if changed:
            found[path] = changed
    return found


@pytest.mark.parametrize(
    ("name", "most"), [("drift", 436), ("forum", 450), ("allconv", 560)]
)
def test_a_package_is_short_without_the_library(name: str, most: int) -> None:
    spec = (ROOT / f"specs/{name}.snn").read_text(encoding="utf-8")
    assert sum(map(len, files(spec).values())) <= most


@pytest.mark.parametrize(
    ("old", "new", "most"),
    [
        ("readout", "dense d1 { units 32 }\n  readout", 23),
        # The next layer reads another shape: its kernel and its source's arrivals.
        ("dense", "conv3d c2 { filters 8, padding same }\n  dense", 29),
        ("conv3d c1 { filters 16", "conv3d c1 { filters 12", 10),
    ],
)
def test_another_layer_or_size_moves_few_lines(old: str, new: str, most: int) -> None:
    assert f"  {old}" in DRIFT
    found = changed_lines(DRIFT, DRIFT.replace(f"  {old}", f"  {new}"))
    added = [line for lines in found.values() for line in lines if line[0] == "+"]
    assert len(added) <= most
    assert len(found) <= 4
    assert not [line for line in found["network.py"] if "c0" in line]


def test_what_is_for_the_chip_is_not_in_a_plain_network() -> None:
    plain = files(DRIFT.replace("target loihi { chips 1 }", "target nengo"))
    for word in ("oihi", "block", "pop_type", "_place"):
        assert not [line for line in plain["nengo_network.py"] if word in line]
    # The first two lines name the spec.
    assert not [line for line in plain["evaluate.py"][2:] if "loihi" in line]
