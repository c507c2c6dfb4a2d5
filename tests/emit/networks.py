"""Logical networks made by hand, so that emitters are tested by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from snnc.ir.logical import (
    Add,
    AveragePooling,
    Concat,
    Convolution,
    Dense,
    InputLayer,
    LifNeuron,
    LogicalLayer,
    LogicalNetwork,
    Loihi,
    Nengo,
    Operation,
    Rate,
    RateCode,
    ReadoutLayer,
    Relu,
    Shape,
    Shortcut,
    Spiking,
    Timing,
)
from snnc.language.property_types import AdamW, Sgd
from snnc.language.statements import TrainSpec
from snnc.loihi.profile import read_profile
from snnc.source import SourceFile, Span

SPAN = Span(SourceFile("specs/net.snn", ""), 0, 0)
LOIHI = Loihi(1, 128, "auto", SPAN)
NENGO = Nengo(SPAN)
FOUR_CHIPS = Loihi(4, 512, "auto", SPAN)
LIF = LifNeuron(0.02, 0.002)


def spiking(low: float = 20.0, high: float = 150.0, **changes: Any) -> Spiking:
    usual = Spiking(
        neuron=Relu(),
        rate=Rate(low, high, 99.9),
        batchnorm=False,
        dropout=0.0,
        l2=0.0,
        place="chip",
        synapse=0.005,
        block=None,
    )
    return replace(usual, **changes)


def layer(
    name: str,
    kind: str,
    operation: Operation,
    source: str | tuple[str, ...],
    shape: Shape,
    neurons: Spiking | None = None,
    shortcut: Shortcut | None = None,
) -> LogicalLayer:
    sources = (source,) if isinstance(source, str) else source
    return LogicalLayer(
        name, kind, operation, sources, shape, neurons, shortcut, SPAN, {}
    )


def conv(
    name: str,
    source: str,
    shape: Shape,
    *,
    kernel: int = 3,
    stride: int = 1,
    padding: Literal["valid", "same"] = "valid",
    bias: bool = True,
    shortcut: Shortcut | None = None,
    dilation: int = 1,
    groups: int = 1,
    depthwise: bool = False,
    **changes: Any,
) -> LogicalLayer:
    rank = len(shape) - 1
    sizes = ((size,) * rank for size in (kernel, stride, dilation))
    taps, steps, apart = sizes
    operation = Convolution(taps, steps, padding, bias, apart, groups, depthwise)
    kind = f"{'depthwise' if depthwise else 'conv'}{rank}d"
    return layer(name, kind, operation, source, shape, spiking(**changes), shortcut)


def encoder(source: str, shape: Shape, **changes: Any) -> LogicalLayer:
    rank = len(shape) - 1
    ones = (1,) * rank
    operation = Convolution(ones, ones, "valid", True, ones)
    neurons = spiking(0.0, 250.0, place="host", **changes)
    return layer("encode", "encode conv", operation, source, shape, neurons)


def rate_encoder(source: str, shape: Shape, scale: float, signed: bool) -> LogicalLayer:
    neurons = spiking(0.0, 250.0, place="host")
    return layer(
        "encode", "encode rate", RateCode(scale, signed), source, shape, neurons
    )


def dense(
    name: str,
    source: str,
    units: int,
    *,
    bias: bool = True,
    shortcut: Shortcut | None = None,
    **changes: Any,
) -> LogicalLayer:
    neurons = spiking(**changes)
    return layer(name, "dense", Dense(bias), source, (units,), neurons, shortcut)


def pool(
    name: str, source: str, window: Shape, stride: Shape, shape: Shape
) -> LogicalLayer:
    return layer(name, "avgpool", AveragePooling(window, stride), source, shape)


def join(name: str, kind: str, sources: tuple[str, ...], shape: Shape) -> LogicalLayer:
    operation = Add() if kind == "add" else Concat()
    return layer(name, kind, operation, sources, shape)


def network(
    name: str,
    shape: Shape,
    *layers: LogicalLayer,
    classes: int | None = 4,
    units: int = 4,
    scaled: tuple[float, float] | None = None,
    low: float = 0.0,
    high: float = 1.0,
    target: Loihi | Nengo = LOIHI,
    about: str = "",
    l2: float = 0.0,
    **train: Any,
) -> LogicalNetwork:
    labels = tuple(map(str, range(classes))) if classes else None
    last = layers[-1].name
    return LogicalNetwork(
        name=name,
        about=about,
        device=read_profile(),
        target=target,
        timing=Timing(0.001, 0.06, 60, SPAN),
        input=InputLayer("image", shape, low, high, scaled, SPAN),
        layers=layers,
        readout=ReadoutLayer(
            "digit", (last,), classes or units, labels, "mean", 0.01, l2, SPAN
        ),
        # The phase `spikes` has tests of its own.
        train=TrainSpec(l2=l2, **{"phases": ("smooth", "scale"), **train}),
        span=SPAN,
    )


def conv3d_relu() -> LogicalNetwork:
    return network(
        "volume",
        (4, 6, 6, 1),
        encoder("image", (4, 6, 6, 2)),
        conv("c0", "encode", (1, 2, 2, 3), stride=2),
        dense("d0", "c0", 5, dropout=0.2, l2=5e-5),
        about="Clips of a moving digit.",
        l2=5e-5,
    )


def conv2d_lif() -> LogicalNetwork:
    neurons: dict[str, Any] = {"neuron": LIF, "batchnorm": True, "high": 120.0}
    strided = Shortcut("c0", (2, 2))
    return network(
        "colours",
        (8, 8, 3),
        encoder("image", (8, 8, 4)),
        conv("c0", "encode", (8, 8, 6), padding="same", **neurons),
        conv("c1", "c0", (8, 8, 6), padding="same", shortcut=Shortcut("c0", None)),
        conv(
            "c2",
            "c1",
            (4, 4, 5),
            padding="same",
            stride=2,
            shortcut=strided,
            bias=False,
            **neurons,
        ),
        pool("pool", "c2", (2, 2), (2, 2), (2, 2, 5)),
        conv("c3", "pool", (2, 2, 5), kernel=1, bias=False, dropout=0.1),
        scaled=(-1.0, 1.0),
        optimizer=AdamW(learning_rate=2e-3, weight_decay=1e-4),
        schedule="cosine",
        label_smoothing=0.1,
    )


def conv1d_joined() -> LogicalNetwork:
    return network(
        "waves",
        (12, 2),
        rate_encoder("image", (12, 4), 2.0, signed=True),
        conv("keras", "encode", (12, 3), padding="same"),
        conv("tf", "encode", (12, 3), padding="same", neuron=LIF, place="host"),
        join("sum", "add", ("keras", "tf"), (12, 3)),
        join("both", "concat", ("sum", "encode"), (12, 7)),
        pool("halves", "both", (2,), (2,), (6, 7)),
        dense("d0", "halves", 8),
        dense("d1", "d0", 8, shortcut=Shortcut("d0", None)),
        dense("d2", "d1", 6, shortcut=Shortcut("halves", ()), batchnorm=True),
        classes=None,
        units=2,
        low=-2.0,
        high=2.0,
        validation=0.0,
    )


def depthwise_groups() -> LogicalNetwork:
    normed: dict[str, Any] = {"batchnorm": True, "padding": "same", "l2": 1e-4}
    return network(
        "mobile",
        (8, 8, 2),
        encoder("image", (8, 8, 4)),
        conv("c0", "encode", (8, 8, 8), groups=4, depthwise=True, **normed),
        conv(
            "c1",
            "c0",
            (4, 4, 8),
            padding="same",
            stride=2,
            groups=8,
            depthwise=True,
            bias=False,
        ),
        conv("c2", "c1", (4, 4, 6), groups=2, **normed),
        conv("c3", "c2", (2, 2, 6), groups=6, kernel=2, depthwise=True, dilation=2),
        l2=1e-4,
    )


def depthwise_volume() -> LogicalNetwork:
    return network(
        "deep",
        (4, 6, 6, 1),
        encoder("image", (4, 6, 6, 3)),
        conv("c0", "encode", (2, 4, 4, 6), groups=3, depthwise=True, batchnorm=True),
        conv("c1", "c0", (1, 3, 3, 4), kernel=2, groups=2),
    )


def focal_features() -> LogicalNetwork:
    return network(
        "features",
        (6,),
        rate_encoder("image", (6,), 1.0, signed=False),
        dense("d0", "encode", 8, neuron=LIF),
        classes=2,
        target=NENGO,
        loss={"kind": "focal", "gamma": 2.0, "alpha": 0.25},
        optimizer=Sgd(learning_rate=0.05, momentum=0.9),
    )


def long_names() -> LogicalNetwork:
    """Return a network whose statements are too long for one line."""
    a, b, c, d = (letter * 40 for letter in "abcd")
    shape = (16, 32, 32, 3)
    return network(
        "n" * 40,
        (16, 32, 32, 2),
        rate_encoder("image", (16, 32, 32, 2), 1.0, False),
        conv(a, "encode", shape, padding="same", neuron=LIF, dropout=0.1),
        conv(b, a, shape, padding="same", shortcut=Shortcut(a, None)),
        conv(c, b, shape, padding="same", shortcut=Shortcut("encode", (1, 1, 1))),
        join(d, "concat", (a, b, c), (16, 32, 32, 9)),
        about="One word " * 30 + "o" * 90,
        target=FOUR_CHIPS,
    )


ALL = (
    conv3d_relu,
    conv2d_lif,
    conv1d_joined,
    depthwise_groups,
    depthwise_volume,
    focal_features,
)
