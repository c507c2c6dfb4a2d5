"""Which layers share a scale, and whose channels meet which rows of a kernel."""

from __future__ import annotations

import pytest

from snnc.emit.keras.calibrate import groups, reads
from tests.agreement.networks import text
from tests.support import sound


def lowered(name: str) -> object:
    return sound(text(name, "relu"), "lower")


@pytest.mark.parametrize(
    ("network", "shared"),
    [
        ("conv2d", ()),
        ("joins", (("a", "b"),)),
        ("residual", (("e", "a0"), ("a1", "b"), ("b1", "b2"))),
        ("residual3d", (("e", "a0"),)),
        ("features", (("d0", "d1"),)),
        ("hosted", (("post", "skip"),)),
    ],
)
def test_identities_and_sums_share_a_scale(
    network: str, shared: tuple[tuple[str, ...], ...]
) -> None:
    found = groups(lowered(network))  # type: ignore[arg-type]
    assert tuple(group for group in found if len(group) > 1) == shared
    members = [name for group in found for name in group]
    assert len(members) == len(set(members))


def test_rows_of_a_join_are_those_of_its_sources() -> None:
    found = reads(lowered("joins"))  # type: ignore[arg-type]
    # `d` reads the channels of s = a + b, of e and of a, one after another.
    assert found["d.kernel"] == (("a", 4), ("e", 3), ("a", 4))
    assert found["c.kernel"] == found["d.kernel"]  # a pool keeps channels
    assert found["f.kernel"] == (("c", 5), ("d", 5))
    assert "e.kernel" not in found


def test_a_learned_shortcut_reads_its_source() -> None:
    found = reads(lowered("residual"))  # type: ignore[arg-type]
    assert found["a1.shortcut"] == (("a0", 4),)
    assert found["d.shortcut"] == (("a0", 4),)
