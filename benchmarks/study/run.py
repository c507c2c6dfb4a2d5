"""The study of one network: from its spec to every number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.study import floats, packages, spikes
from benchmarks.study.data import Examples, Split
from benchmarks.study.networks import Network
from benchmarks.study.packages import Files
from benchmarks.study.remembered import remember
from benchmarks.study.swap import Swap
from snnc.runtime.layout import smooth_path

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of it: all, or so little that it shows no more than that it runs."""

    train: int | None = None
    test: int | None = None
    epochs: int | None = None

    def of(self, split: Split) -> Split:
        train = split.train if self.train is None else split.train.first(self.train)
        test = split.test if self.test is None else split.test.first(self.test)
        return Split(train, test)


WHOLE, QUICK = Extent(), Extent(train=1000, test=50, epochs=2)


def study(network: Network, folder: Path, extent: Extent, say: Say) -> dict[str, Any]:
    """Return all numbers of a network; files and what is measured go to a folder.

    Raises
    ------
    MissingDataError, StepError
        If data or a step is missing; the text is for users.
    """
    folder.mkdir(parents=True, exist_ok=True)
    say(f"{network.name}: data")
    split = extent.of(network.load())
    data = folder / "train.npz"
    split.train.save(data)
    split.test.save(folder / "test.npz")
    rows = _Rows(network, folder, split.test, say)
    say(f"{network.name}: build and train")
    package = packages.build(network.spec, folder)
    trained = packages.train(package, data, extent.epochs)
    # The weights that entered the phase spikes come from `[smooth, scale]`.
    smooth = replace(trained, weights=smooth_path(trained.weights))
    columns = {
        "swap": rows.of_swap(smooth, tuned=False),
        "tuned": rows.of_swap(smooth, tuned=True),
        "smooth": rows.of_snnc("smooth", smooth),
        "spikes": rows.of_snnc("spikes", trained),
    }
    return {
        "name": network.name,
        "title": network.title,
        "points": network.points,
        "train": len(split.train),
        "test": len(split.test),
        "seconds": trained.seconds,
        "columns": columns,
    }


@dataclass(frozen=True, slots=True)
class _Rows:
    """Measures the cells of a column, those that are not yet known."""

    network: Network
    folder: Path
    test: Examples
    say: Say

    def of_snnc(self, column: str, files: Files) -> dict[str, Any]:
        network, test = self.network, self.test
        return {
            "keras": self._cell(column, "keras", files, floats.keras, test),
            "rate": self._cell(
                column, "rate", files, floats.rates, test.first(network.rate_examples)
            ),
            "nengo": self._cell(
                column,
                "nengo",
                files,
                spikes.nengo,
                test.first(network.spiking_examples),
            ),
            "loihi": self._cell(column, "loihi", files, spikes.loihi, test),
        }

    def of_swap(self, files: Files, tuned: bool) -> dict[str, Any]:
        column = "tuned" if tuned else "swap"
        some = self.test.first(self.network.spiking_examples)

        def measure(files: Files, test: Examples) -> dict[str, Any]:
            return {"nengo": Swap(files, tuned).nengo(test)}

        if tuned:
            return self._cell(column, "spikes", files, measure, some)

        def measure_all(files: Files, test: Examples) -> dict[str, Any]:
            swap = Swap(files, tuned)
            return {
                "keras": swap.keras(test),
                "rate": swap.rates(test.first(self.network.rate_examples)),
                "nengo": swap.nengo(some),
                "loihi": swap.loihi(),
                "reference": swap.reference(),
                "fallbacks": swap.fallbacks(),
            }

        return self._cell(column, "all", files, measure_all, self.test)

    def _cell(
        self,
        column: str,
        row: str,
        files: Files,
        measure: Callable[[Files, Examples], dict[str, Any]],
        test: Examples,
    ) -> dict[str, Any]:
        self.say(f"{self.network.name}: {column}, {row}")
        inputs: list[Path | str] = [files.package, files.weights, str(len(test))]
        return remember(
            self.folder / "measured",
            f"{column}-{row}",
            [*inputs, self.folder / "test.npz"],
            lambda: measure(files, test),
        )
