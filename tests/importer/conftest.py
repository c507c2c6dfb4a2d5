"""Models that are read in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from snnc.importer import read as reading
from snnc.importer.files import Read, read_file
from snnc.importer.model import ModelWeights

if TYPE_CHECKING:
    from snnc.importer.model import Arrays


class ReaderHere(ModelWeights):
    """Reads a file as `ModelReader` does, without the start of a process for it."""

    def __init__(self, how: str, target: str, weights: str = "") -> None:
        assert how == "file"
        self._model, self._weights = read_file(Path(target), target, weights)
        self._shares = {la.name: la.shares for la in self._model.layers if la.shares}

    def read(self) -> Read:
        return self._model, None if self._weights is None else self

    def of(self, layer: str) -> Arrays:
        assert self._weights is not None
        return self._weights.of(self._shares.get(layer, layer))

    def close(self) -> None:
        if self._weights is not None:
            self._weights.close()


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read models in this process: for those that are compared by their numbers."""
    monkeypatch.setattr(reading, "ModelReader", ReaderHere)
