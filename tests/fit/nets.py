"""Specs that do not fit, with the line that is to be changed."""

from __future__ import annotations

from tests.support import network


def wide(filters: int, cores: int, kernel: int = 3, stride: int = 1) -> str:
    """Return two convolutions; the second takes most of the cores."""
    return network(
        f"""
  target loihi {{ cores {cores} }}
  input image 14x14x2 in 0..1
  encode conv e {{ filters 2 }}
  conv2d a {{ filters 8 }}
  conv2d b {{ filters {filters}, kernel {kernel}, stride {stride} }}
  dense d {{ units 16 }}
  readout y {{ classes 4 }}
"""
    )


def far_reaching(filters: int = 64) -> str:
    """Return a network with a neuron that reads more than a core has room for."""
    return network(
        f"""
  target loihi {{ chips 4 }}
  input image 48x48x1 in 0..1
  encode conv e {{ filters 2 }}
  conv2d a {{ filters {filters} }}
  dense d {{ units 8 }}
  readout y {{ classes 2 }}
"""
    )
