"""Graphs as other tools write them, each with what its own way of counting asks for."""

from collections.abc import Callable
from itertools import pairwise

import nir
import numpy as np

random = np.random.default_rng(3)


def weight(*shape: int) -> np.ndarray:
    size = (2 / np.prod(shape[1:])) ** 0.5
    return random.normal(0, size, shape).astype(np.float32)


def conv(
    outputs: int,
    inputs: int,
    kernel: int = 3,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] | str = (0, 0),
    groups: int = 1,
) -> nir.Conv2d:
    taps = weight(outputs, inputs // groups, kernel, kernel)
    bias = weight(outputs, 16)[:, 0]
    return nir.Conv2d(None, taps, stride, padding, (1, 1), groups, bias)


def affine(outputs: int, inputs: int) -> nir.Affine:
    return nir.Affine(weight(outputs, inputs), weight(outputs, 16)[:, 0])


def full(shape: tuple[int, ...], value: float) -> np.ndarray:
    return np.full(shape, value, np.float32)


def fires(*shape: int, threshold: float = 1.0, r: float = 1.0) -> nir.IF:
    return nir.IF(full(shape, r), full(shape, threshold), full(shape, 0))


def leaks(*shape: int, tau: float, r: float) -> nir.LIF:
    zero = full(shape, 0)
    return nir.LIF(full(shape, tau), full(shape, r), zero, full(shape, 1), zero)


def synaptic(*shape: int, tau: float, r: float, w: float) -> nir.CubaLIF:
    zero, one = full(shape, 0), full(shape, 1)
    syn = full(shape, 5e-4)
    return nir.CubaLIF(syn, full(shape, tau), full(shape, r), zero, one, zero, w * one)


def chain(shape: tuple[int, ...], output: int, *nodes: nir.NIRNode) -> nir.NIRGraph:
    names = ["input", *(f"n{i}" for i in range(len(nodes))), "output"]
    ends = nir.Input(np.array(shape)), nir.Output(np.array([output]))
    whole = dict(zip(names, (ends[0], *nodes, ends[1]), strict=True))
    # NIR's own check fails for shapes with a batch, which some tools write.
    return nir.NIRGraph(whole, list(pairwise(names)), {}, shape[:-1] != (1,))


def flat(*shape: int) -> nir.Flatten:
    return nir.Flatten({"input": np.array(shape)}, start_dim=0)


def sinabs() -> nir.NIRGraph:
    """Sums over windows, thresholds other than 1, channels apart, padding by a word."""
    return chain(
        (2, 10, 10),
        3,
        conv(4, 2, padding=(1, 1)),
        fires(4, 10, 10, threshold=1.5),
        nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        conv(8, 4, groups=4, padding="same"),
        fires(8, 5, 5, threshold=0.5, r=2.0),
        nir.AvgPool2d(np.array([2, 2]), np.array([1, 1]), np.array([0, 0])),
        flat(8, 4, 4),
        affine(3, 128),
    )


def snntorch() -> nir.NIRGraph:
    """A step of 0.1 ms: r = tau / dt, w_in = tau_syn / dt."""
    return chain(
        (1, 6),
        3,
        affine(8, 6),
        leaks(8, tau=1e-3, r=10.0),
        affine(5, 8),
        synaptic(5, tau=1e-3, r=10.0, w=5.0),
        nir.Linear(weight(3, 5)),
    )


def scales() -> nir.NIRGraph:
    """Scales before and after neurons, and neurons at the end."""
    return chain(
        (5,),
        4,
        affine(6, 5),
        nir.Scale(np.linspace(0.5, 2, 6).astype("f4")),
        fires(6),
        nir.Scale(np.linspace(1, 3, 6).astype("f4")),
        affine(4, 6),
        fires(4, threshold=0.25),
        affine(4, 4),
    )


def residual() -> nir.NIRGraph:
    """Sums before neurons, a pool too, and spikes of two scales that neurons read."""
    two = np.array([2, 2])
    nodes = {
        "input": nir.Input(np.array([2, 6, 6])),
        "a": conv(4, 2, padding=(1, 1)),
        "p": nir.SumPool2d(two, two, np.array([0, 0])),
        "an": leaks(4, 3, 3, tau=5e-3, r=1.0),
        "b": conv(4, 4, padding=(1, 1)),
        "bn": fires(4, 3, 3, threshold=0.75),
        "c": conv(6, 4, 3, stride=(2, 2), padding=(1, 1)),
        "s": conv(6, 4, 1, stride=(2, 2)),
        "cn": fires(6, 2, 2),
        "f": flat(6, 2, 2),
        "y": affine(3, 24),
        "output": nir.Output(np.array([3])),
    }
    path = pairwise(name for name in nodes if name != "s")
    edges = [*path, ("an", "bn"), ("bn", "s"), ("s", "cn")]
    return nir.NIRGraph(nodes, edges, {})


GRAPHS: dict[str, Callable[[], nir.NIRGraph]] = {
    "sinabs": sinabs,
    "snntorch": snntorch,
    "scaled": scales,
    "residual": residual,
}
