"""Packages of the hand-made networks, written once and importable."""

from collections.abc import Iterator

import pytest

from tests.emit.networks import NETWORKS
from tests.emit.packages import Load, importable, module, write


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """Return a function that imports a module of a hand-made network's package."""
    folder = tmp_path_factory.mktemp("generated")
    packages = {name: write(made, folder) for name, made in NETWORKS.items()}
    with importable(next(iter(packages.values()))):
        yield lambda network, name: module(packages[network], name)
