"""Specs that do not fit, with the line that is to be changed."""

from tests.support import layered


def layers(*lines: str, shape: str = "32x32x2", target: str = "chips 1") -> str:
    """Return a spec with these lines between a small encoder and the readout."""
    encode = "conv e { filters 2 }"
    return layered(*lines, shape=shape, target=f"loihi {{ {target} }}", encode=encode)


def wide(filters: int, cores: int, stride: int = 1) -> str:
    """Return two convolutions; the second takes most of the cores."""
    return layers(
        "conv2d a { filters 8 }",
        f"conv2d b {{ filters {filters}, stride {stride} }}",
        "dense d { units 16 }",
        shape="14x14x2",
        target=f"cores {cores}",
    )


def far_reaching(filters: int = 64) -> str:
    """Return a network with a neuron that reads more than a core has room for."""
    lines = f"conv2d a {{ filters {filters} }}", "dense d { units 8 }"
    return layers(*lines, shape="48x48x1", target="chips 4")
