"""Small packages, their weights and data, run on a board of registers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnc.output.imported import ImportedPackage, open_package
from tests.board.running import RunningBoard, board_installed
from tests.exact.proof import random_images, random_weights, write_package
from tests.support import layered

SMALL = layered(
    "timing { present 60 ms }",
    "conv2d c0 { filters 4, stride 2 }",
    "dense d0 { units 12 }",
    shape="9x9x1",
    encode="conv e { filters 2, kernel 3 }",
)


@dataclass(frozen=True)
class Case:
    """A package in a folder, with files of weights and data."""

    folder: Path
    package: ImportedPackage
    weights: Path
    data: Path

    @classmethod
    def of(cls, text: str, folder: Path, examples: int = 3) -> Case:
        """Write a spec's package, random weights and random examples."""
        path = write_package(text, folder)
        package = open_package(path)
        weights, data = folder / "w.safetensors", folder / "data.npz"
        package.layout.save(weights, random_weights(package, bias=0.3))
        x = random_images(package, examples)
        np.savez(data, x=x, y=np.arange(examples) % 2)
        return cls(path, package, weights, data)

    @property
    def arguments(self) -> list[str]:
        """The options that name the files of data and weights."""
        return ["--data", str(self.data), "--weights", str(self.weights)]

    def run(self, board: type[RunningBoard], *options: str) -> tuple[int, Path]:
        """Run the package's `board.py` on a board; return the status and the file."""
        written = self.folder.parent / "board.npz"
        with board_installed(board):
            module: Any = self.package.module("board")
            status = module.main([*self.arguments, "-o", str(written), *options])
        return status, written
