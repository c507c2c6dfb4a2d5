"""The statement of an added or removed layer shows all that it says."""

from __future__ import annotations

import pytest

import snnc
from snnc.language.fields import keys_of
from snnc.language.keywords import MODELS
from snnc.text.tables import dims
from snnc.tools.diff.render import markdown
from snnc.tools.diff.render import text as render
from tests.diff.comparing import compare_texts

HEAD = """\
snn 1
network net {{
  target nengo
  input image {input} in 0..1
  encode conv e {{ filters 4 }}
{layer}  dense d {{ units 8 }}
  readout y {{ classes 4 }}
}}
"""
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
    layer = f"  {kind} {name} {{ {', '.join(said)} }}\n"
    text = HEAD.format(input=LAYERS[kind][0], layer=layer if said else "")
    return text.replace("nengo", target)


@pytest.mark.parametrize("kind", LAYERS)
def test_an_added_or_removed_layer_is_shown_in_full(kind: str) -> None:
    said = LAYERS[kind][1]
    texts = spec(kind), spec(kind, *said)
    for difference in (compare_texts(*texts), compare_texts(*reversed(texts))):
        shown = " ".join(render(difference).split())
        for text in (shown, markdown(difference)):
            assert all(setting in text for setting in said)


@pytest.mark.parametrize(
    ("defaults", "shown"),
    [
        ("", "conv2d c from e { filters 3, kernel 3, stride 1 },"),
        ("  defaults { rate 9..99 Hz }\n", "stride 1, rate 9..99 Hz }"),
    ],
)
def test_a_default_is_shown_if_the_spec_sets_it(defaults: str, shown: str) -> None:
    texts = spec("conv2d"), spec("conv2d", "filters 3", name="c")
    texts = [text.replace("  input", f"{defaults}  input") for text in texts]
    assert shown in render(compare_texts(*texts))


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
    (use,) = (
        use for use in compare_texts(many, few).cores.layers if use.layer == "added"
    )
    assert use.new is not None
    assert use.new.block == dims(rows["added"].block or ())
