"""The statement of an added or removed layer shows all that it says."""

from __future__ import annotations

import pytest

import snnc
from snnc.language.fields import keys_of
from snnc.language.keywords import MODELS
from snnc.text.tables import dims
from snnc.tools.diff import compare
from snnc.tools.diff.render import markdown
from snnc.tools.diff.render import text as render
from tests.diff.comparing import version

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


@pytest.mark.parametrize("kind", LAYERS)
def test_an_added_or_removed_layer_is_shown_in_full(kind: str) -> None:
    shape, said = LAYERS[kind]
    layer = f"  {kind} added {{ {', '.join(said)} }}\n"
    without = version(HEAD.format(input=shape, layer=""))
    with_it = version(HEAD.format(input=shape, layer=layer))
    assert without is not None
    assert with_it is not None
    for old, new in ((without, with_it), (with_it, without)):
        difference = compare(old, new)
        shown = " ".join(render(difference).split())
        for text in (shown, markdown(difference)):
            assert all(setting in text for setting in said)


def test_what_is_a_default_is_not_shown() -> None:
    spec = HEAD.format(input="16x16x2", layer="  conv2d c { filters 3 }\n")
    old, new = version(HEAD.format(input="16x16x2", layer="")), version(spec)
    assert old is not None
    assert new is not None
    assert "conv2d c from e { filters 3, kernel 3, stride 1 }," in render(
        compare(old, new)
    )


def test_defaults_of_the_spec_are_shown_with_the_layer() -> None:
    texts = [
        HEAD.format(input="16x16x2", layer=layer)
        for layer in ("", "  conv2d c { filters 3 }\n")
    ]
    texts = [
        t.replace("  input", "  defaults { rate 9..99 Hz }\n  input") for t in texts
    ]
    old, new = map(version, texts)
    assert old is not None
    assert new is not None
    assert "stride 1, rate 9..99 Hz }" in render(compare(old, new))


def test_each_property_of_each_kind_is_tried() -> None:
    tried = {setting.split()[0] for _, said in LAYERS.values() for setting in said}
    known = {k for kind in LAYERS for m in MODELS[kind].values() for k in keys_of(m)}
    assert known - tried == {"block", "place", "shortcut"}


@pytest.mark.parametrize("kind", ["conv1d", "conv2d", "conv3d", "dense"])
def test_blocks_are_written_as_in_a_report(kind: str) -> None:
    shape, said = LAYERS[kind]
    layer = f"  {kind} added {{ {', '.join(said)} }}\n"
    spec = HEAD.format(input=shape, layer=layer).replace("nengo", "loihi")
    old = snnc.parse(
        spec.replace("units 6", "units 600").replace("filters 6", "filters 60")
    )
    new = snnc.parse(spec)
    rows = {row.name: row for row in new.report().layers}
    (use,) = (use for use in old.diff(new).cores.layers if use.layer == "added")
    assert use.new is not None
    assert use.new.block == dims(rows["added"].block or ())
