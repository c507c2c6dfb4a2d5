"""Changed properties, and statements of added or removed layers, are shown in full."""

import pytest

import snnc
from snnc.language.keywords import MODELS, keys_of
from snnc.text.tables import dims
from tests.diff.comparing import compare_texts
from tests.support import layered

COMMON = (
    "rate 30..180 Hz", "percentile 99", "neuron lif { tau_rc 10 ms, tau_ref 1 ms }",
    "batchnorm on", "dropout 0.25", "l2 1e-3", "synapse 7 ms",
)  # fmt: skip
KERNEL = ("kernel 2", "stride 2", "padding same")
LAYERS = {
    "conv1d": ("16x2", ("filters 6", *KERNEL, "bias neuron", "groups 2", *COMMON)),
    "conv2d": ("16x16x2", ("filters 6", *KERNEL, "bias off", "groups 2", *COMMON)),
    "conv3d": ("8x8x8x2", ("filters 6", *KERNEL, "bias off", "groups 2", *COMMON)),
    "depthwise1d": ("16x2", ("kernel 2", "multiplier 2", "dilation 2", *COMMON)),
    "depthwise2d": ("16x16x2", ("kernel 2", "multiplier 2", "bias off", *COMMON)),
    "depthwise3d": ("8x8x8x2", ("kernel 2", "multiplier 3", "stride 2", *COMMON)),
    "downsample": ("16x16x2", ("factor 4", "filters 6", "bias off", *COMMON)),
    "dense": ("16x16x2", ("units 6", "bias off", *COMMON)),
    "maxpool": ("9x9x2", ("window 3", "stride 2", "padding same", "rate ..99 Hz")),
    "avgpool": ("9x9x2", ("window 3", "stride 2")),
}


def spec(kind: str, *said: str, name: str = "added", target: str = "nengo") -> str:
    """Return a network with a layer of a kind in it."""
    layer = [f"{kind} {name} {{ {', '.join(said)} }}"] if said else []
    return layered(*layer, "dense d { units 8 }", shape=LAYERS[kind][0], target=target)


@pytest.mark.parametrize("kind", LAYERS)
def test_an_added_or_removed_layer_is_shown_in_full(kind: str) -> None:
    said = LAYERS[kind][1]
    texts = spec(kind), spec(kind, *said)
    for difference in (compare_texts(*texts), compare_texts(*reversed(texts))):
        shown = " ".join(difference.text().split())
        for text in (shown, difference.markdown()):
            assert all(setting in text for setting in said)


@pytest.mark.parametrize(
    ("defaults", "shown"),
    [
        ("", "conv2d c from e { filters 3, kernel 3, stride 1 },"),
        ("defaults { rate 9..99 Hz }\n", "stride 1, rate 9..99 Hz }"),
    ],
)
def test_a_default_is_shown_if_the_spec_sets_it(defaults: str, shown: str) -> None:
    old, new = (
        text.replace("input", f"{defaults}input")
        for text in (spec("conv2d"), spec("conv2d", "filters 3", name="c"))
    )
    assert shown in compare_texts(old, new).text()


def test_each_property_of_each_kind_is_tried() -> None:
    tried = {setting.split()[0] for _, said in LAYERS.values() for setting in said}
    known = {k for kind in LAYERS for m in MODELS[kind].values() for k in keys_of(m)}
    assert known - tried == {"block", "place", "shortcut"}


@pytest.mark.parametrize("kind", ["conv1d", "conv2d", "conv3d", "dense"])
def test_blocks_are_written_as_in_a_report(kind: str) -> None:
    first, *said = LAYERS[kind][1]
    few, many = (
        spec(kind, size, *said, target="loihi") for size in (first, f"{first}0")
    )
    rows = {row.name: row for row in snnc.parse(few).report().layers}
    uses = compare_texts(many, few).as_dict()["cores"]["layers"]
    (block,) = (use["new"]["block"] for use in uses if use["layer"] == "added")
    assert block == dims(rows["added"].block or ())


EVERYTHING = """\
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
timing | present | 40 ms | 60 ms
input |  | 0..1 | 0..2
input |  | image | picture
input |  | 16x16x2 | 16x16x3
encode conv e | filters | 4 | 5
encode conv e | rate | ..250 Hz | ..200 Hz
conv2d a | filters | 8 | 16
conv2d a | bias | on | neuron
conv2d a | rate | 20..150 Hz | 30..150 Hz
conv2d a | percentile | 99.9 | 99
conv2d a | neuron | relu | lif
conv2d a | batchnorm | off | on
conv2d a | l2 | 0 | 0.01
conv2d a | synapse | 5 ms | 6 ms
conv2d a | block | 4x4x8 | 2x4x8
conv2d a | padding | same | valid
conv2d b | shortcut | a | e
depthwise2d w | multiplier | 1 | 2
downsample s | factor | 2 | 3
maxpool m | window | 2 | 3
maxpool m | rate | ..150 Hz | ..100 Hz
avgpool p | window | 2 | 3
dense d | units | 16 | 17
dense d | tau_rc | 20 ms | 10 ms
readout y | classes | 4 | 5
readout y | decide | mean | last
readout y | synapse | 10 ms | 20 ms
train | gamma | 2 | 3
train | learning_rate | 1e-3 | 2e-3
train | epochs | 20 | 10
train | phases | [smooth, scale, spikes] | [smooth, scale]
""".splitlines()
]


def mutate(statement: str, key: str, before: str, after: str) -> str:
    start = EVERYTHING.index(f"\n  {statement} ")
    at = EVERYTHING.index(f"{key} {before}".strip(), start) + len(f"{key} ".lstrip())
    return EVERYTHING[:at] + after + EVERYTHING[at + len(before) :]


@pytest.mark.parametrize(("statement", "key", "before", "after"), MUTATIONS)
def test_a_changed_property_is_shown(
    statement: str, key: str, before: str, after: str
) -> None:
    difference = compare_texts(EVERYTHING, mutate(statement, key, before, after))
    for text in (difference.text(), difference.markdown()):
        assert any(
            key in line and before in line and after in line
            for line in text.splitlines()
        ), text
