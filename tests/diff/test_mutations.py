"""Each change of one property is shown with its statement, its old and new value."""

from __future__ import annotations

import pytest

from snnc.tools.diff import render
from tests.diff.comparing import compare_texts

SPEC = """\
snn 1
network net {
  about "As it was."
  target loihi { chips 2, cores 200, pop auto }
  timing { dt 1 ms, present 40 ms, synapse 5 ms }
  input image 16x16x2 in 0..1
  encode conv e { filters 4, kernel 3, stride 1, padding same, bias on, rate ..250 Hz }
  conv2d a {
    filters 8, kernel 3, stride 1, padding same, dilation 1, groups 1, bias on
    rate 20..150 Hz, percentile 99.9, neuron relu, batchnorm off, dropout 0, l2 0
    place chip, synapse 5 ms, block 4x4x8
  }
  conv2d b { filters 8, padding same, shortcut a }
  depthwise2d w { kernel 3, multiplier 1 }
  downsample s { factor 2, filters 12 }
  maxpool m { window 2, stride 2, padding same, rate ..150 Hz }
  avgpool p { window 2, stride 1 }
  dense d { units 16, neuron lif { tau_rc 20 ms, tau_ref 2 ms } }
  readout y { classes 4, decide mean, synapse 10 ms }
  train {
    loss focal { gamma 2 }, optimizer adam { learning_rate 1e-3 }
    batch 64, epochs 20, label_smoothing 0, schedule constant
    phases [smooth, scale, spikes], validation 0.1, seed 0
  }
}
"""
# The statement, the property, and its value before and after. A statement is found by
# its first words, a property by its name and value after that.
MUTATIONS = [
    row.split(" | ")
    for row in """\
about |  | "As it was." | "As it is."
target | chips | 2 | 3
target | cores | 200 | 199
target | pop | auto | 16
timing | dt | 1 ms | 2 ms
timing | present | 40 ms | 60 ms
timing | synapse | 5 ms | 4 ms
input |  | 0..1 | 0..2
input |  | image | picture
input |  | 16x16x2 | 16x16x3
encode conv e | filters | 4 | 5
encode conv e | kernel | 3 | 1
encode conv e | stride | 1 | 2
encode conv e | padding | same | valid
encode conv e | bias | on | off
encode conv e | rate | ..250 Hz | ..200 Hz
conv2d a | filters | 8 | 16
conv2d a | kernel | 3 | 5
conv2d a | stride | 1 | 2
conv2d a | dilation | 1 | 2
conv2d a | groups | 1 | 2
conv2d a | bias | on | neuron
conv2d a | rate | 20..150 Hz | 30..150 Hz
conv2d a | percentile | 99.9 | 99
conv2d a | neuron | relu | lif
conv2d a | batchnorm | off | on
conv2d a | dropout | 0 | 0.5
conv2d a | l2 | 0 | 0.01
conv2d a | synapse | 5 ms | 6 ms
conv2d a | block | 4x4x8 | 2x4x8
conv2d a | padding | same | valid
conv2d b | shortcut | a | e
depthwise2d w | multiplier | 1 | 2
downsample s | factor | 2 | 3
maxpool m | window | 2 | 3
maxpool m | stride | 2 | 1
maxpool m | rate | ..150 Hz | ..100 Hz
avgpool p | window | 2 | 3
dense d | units | 16 | 17
dense d | tau_rc | 20 ms | 10 ms
readout y | classes | 4 | 5
readout y | decide | mean | last
readout y | synapse | 10 ms | 20 ms
train | gamma | 2 | 3
train | learning_rate | 1e-3 | 2e-3
train | batch | 64 | 32
train | epochs | 20 | 10
train | phases | [smooth, scale, spikes] | [smooth, scale]
train | validation | 0.1 | 0.2
""".splitlines()
]


def mutate(statement: str, key: str, before: str, after: str) -> str:
    start = SPEC.index(f"\n  {statement} ")
    at = SPEC.index(f"{key} {before}".strip(), start) + len(f"{key} ".lstrip())
    return SPEC[:at] + after + SPEC[at + len(before) :]


@pytest.mark.parametrize(("statement", "key", "before", "after"), MUTATIONS)
def test_a_changed_property_is_shown(
    statement: str, key: str, before: str, after: str
) -> None:
    difference = compare_texts(SPEC, mutate(statement, key, before, after))
    for text in (render.text(difference), render.markdown(difference)):
        assert any(
            key in line and before in line and after in line
            for line in text.splitlines()
        ), text
