"""The meaning of the language: names, order, defaults and shapes."""

from __future__ import annotations

from typing import Any

import pytest

from snnc.ir.logical import LifNeuron, Rate, Relu, Shortcut
from tests.support import codes, network, sound

HEAD = "input image 12x10x2 in 0..1\nencode conv e { filters 3 }\n"
TAIL = "\nreadout y { classes 2 }"


def graph(layers: str, head: str = HEAD, tail: str = TAIL) -> Any:
    return sound(network(head + layers + tail), "resolve")


def test_a_layer_reads_the_one_before_it() -> None:
    found = graph("conv2d a { filters 4 }\nconv2d b { filters 4 }")
    assert found.by_name["b"].sources == ("a",)
    assert found.readout.sources == ("b",)


def test_a_layer_may_read_one_that_is_written_later() -> None:
    found = graph(
        "conv2d b from a { filters 4 }\nconv2d a from e { filters 3 }",
        tail="\nreadout y from b { classes 2 }",
    )
    assert found.by_name["b"].shape == (8, 6, 4)
    assert [layer.name for layer in found.layers] == ["e", "b", "a"]


def test_unnamed_layers_are_called_by_their_kind() -> None:
    found = graph(
        "avgpool\navgpool\nconv2d avgpool_3 { filters 2, kernel 1 }\navgpool",
        "input image 16x16x1 in 0..1\nencode rate\n",
    )
    names = [layer.name for layer in found.layers]
    assert names == ["encode", "avgpool", "avgpool_2", "avgpool_3", "avgpool_4"]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("conv2d a { filters 4 }", (10, 8, 4)),
        ("conv2d a { filters 4, kernel 2x5, stride 3x1 }", (4, 6, 4)),
        ("conv2d a { filters 4, padding same, stride 5 }", (3, 2, 4)),
        ("downsample a", (6, 5, 3)),
        ("downsample a { factor 5x3, filters 7 }", (2, 3, 7)),
        ("avgpool a { window 3 }", (4, 3, 3)),
        ("avgpool a { window 3, stride 1 }", (10, 8, 3)),
        ("avgpool a { window all }", (1, 1, 3)),
        ("dense a { units 9 }", (9,)),
    ],
)
def test_shapes(layer: str, shape: tuple[int, ...]) -> None:
    assert graph(layer, "target nengo\n" + HEAD).by_name["a"].shape == shape


def test_a_rate_encoder_doubles_the_channels_of_signed_values() -> None:
    head = "input image 12x10x2 in {} \nencode rate e\n"
    plain = graph("dense d { units 2 }", head.format("0..255 as 0..1"))
    signed = graph("dense d { units 2 }", head.format("0..255 as -3..1"))
    assert plain.by_name["e"].shape == (12, 10, 2)
    assert signed.by_name["e"].shape == (12, 10, 4)
    assert signed.by_name["e"].operation.scale == 3


def test_a_layers_own_property_beats_its_kinds_and_that_beats_all() -> None:
    head = (
        "defaults { rate 10..100 Hz, dropout 0.1 }\n"
        "defaults conv2d { rate 10..110 Hz, filters 5 }\n"
    ) + HEAD
    found = graph("conv2d a\nconv2d b { rate 10..120 Hz }\ndense d { units 2 }", head)
    rates = [found.by_name[name].spiking.rate.high for name in "abd"]
    assert rates == [110, 120, 100]
    assert found.by_name["a"].shape[-1] == 5
    assert found.by_name["d"].spiking.dropout == 0.1


def test_defaults_do_not_reach_the_encoder() -> None:
    found = graph(
        "dense d { units 2 }",
        "defaults { rate 10..100 Hz, neuron lif, batchnorm on, dropout 0.5 }\n" + HEAD,
    )
    encoder = found.by_name["e"].spiking
    assert (encoder.rate.low, encoder.rate.high) == (0, 250)
    assert (encoder.neuron, encoder.batchnorm, encoder.dropout) == (Relu(), False, 0)


def test_neuron_alone_is_short_for_defaults() -> None:
    found = graph(
        "dense a { units 2 }\ndense b { units 2, neuron relu }",
        "neuron lif { tau_rc 30 ms }\n" + HEAD,
    )
    assert found.by_name["a"].spiking.neuron == LifNeuron(0.03, 0.002)
    assert found.by_name["b"].spiking.neuron == Relu()


def test_the_trained_defaults() -> None:
    spiking = graph("dense d { units 2 }").by_name["d"].spiking
    assert spiking.rate == Rate(20, 150, 99.9)
    assert (spiking.synapse, spiking.l2, spiking.place) == (0.005, 0, "chip")


def test_a_layers_synapse_and_l2_are_the_networks_unless_it_says_so() -> None:
    found = graph(
        "dense a { units 2 }\ndense b { units 2, synapse 2 ms, l2 0.5 }",
        "timing { synapse 8 ms }\n" + HEAD,
        TAIL + "\ntrain { l2 0.25 }",
    )
    a, b = (found.by_name[name].spiking for name in "ab")
    assert (a.synapse, b.synapse, a.l2, b.l2) == (0.008, 0.002, 0.25, 0.5)
    assert (found.by_name["e"].spiking.l2, found.readout.l2) == (0.25, 0.25)


@pytest.mark.parametrize(
    ("layer", "shortcut"),
    [
        ("conv2d a { filters 3, padding same, shortcut e }", Shortcut("e", None)),
        ("conv2d a { filters 4, padding same, shortcut e }", Shortcut("e", (1, 1))),
        (
            "conv2d a { filters 3, padding same, stride 2x3, shortcut e }",
            Shortcut("e", (2, 3)),
        ),
        ("dense a { units 4, shortcut e }", Shortcut("e", ())),
    ],
)
def test_a_shortcut_is_the_identity_or_learned(layer: str, shortcut: Shortcut) -> None:
    assert graph(layer).by_name["a"].shortcut == shortcut


def test_the_readout_decides_the_loss() -> None:
    layers = "dense d { units 2 }"
    assert graph(layers).train.loss.kind == "cross_entropy"
    assert graph(layers, tail="\nreadout y { units 2 }").train.loss.kind == "mse"


@pytest.mark.parametrize(
    ("target", "cores"),
    [("", 128), ("target loihi { chips 2 }\n", 256), ("target loihi { cores 5 }\n", 5)],
)
def test_chips_give_the_cores(target: str, cores: int) -> None:
    assert graph("dense d { units 2 }", target + HEAD).target.cores == cores


def test_an_unknown_name_does_not_spread() -> None:
    text = network(
        HEAD
        + "conv2d a from nothing { filters 4 }\nconv2d b { filters 4 }\n"
        + "add c from a, b\ndense d { units 3 }"
        + TAIL
    )
    assert codes(text) == ["SNN250"]


def test_independent_problems_are_all_reported() -> None:
    text = network(
        HEAD
        + "conv2d a { filters 4, kernel 13 }\nconv2d b from e { rate 20..2000 Hz }\n"
        + "conv2d c from f { filters 4 }\navgpool p from e { window 11 }\n"
        + "readout y from e { classes 2 }"
    )
    assert codes(text) == ["SNN301", "SNN259", "SNN250", "SNN301"]


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ("h c", []),
        ("c h", []),
        ("c h d", ["SNN310"]),
        ("target nengo c h d", []),
    ],
)
def test_a_host_layer_may_lie_before_or_behind_the_chip(
    layers: str, found: list[str]
) -> None:
    *target, names = layers.rpartition("nengo ")
    place = {"h": "place host", "c": "place chip", "d": "place chip"}
    lines = (f"conv2d {n} {{ filters 4, kernel 1, {place[n]} }}" for n in names.split())
    text = "".join(target) + "\n" + HEAD + "\n".join(lines) + TAIL
    assert codes(network(text)) == found
