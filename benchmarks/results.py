"""``python -m benchmarks.results``: measure what pages show, and write their tables.

    python -m benchmarks.results               # everything in results.toml
    python -m benchmarks.results learning-zero # one group
    python -m benchmarks.results --tables      # only write the tables again

There is one process per command and seed, and as many at a time as there are
processors. Commands that compare times run alone, at the end. If some fail, the others
still run; the failed ones are listed, and the exit status is 1.

The numbers go to `benchmarks/results.csv`. A table of a page stands between the lines
``<!-- results: NAME -->`` and ``<!-- end of results -->``.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from benchmarks import record
from benchmarks.record import ROOT, Row
from benchmarks.training_time import THREADS

LIST = Path(__file__).with_suffix(".toml")
TIMED = ("speed",)
"""Groups that compare times, so nothing may run beside them."""
TABLE = re.compile(
    r"(<!-- results: (\S+) -->\n)(.*?)(<!-- end of results -->)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of `results.toml`."""

    command: str
    network: str = ""
    data: str = ""
    seeds: list[int] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    def commands(self) -> Iterator[list[str]]:
        """Yield the words of the command with its options, one for each seed."""
        module, *words = self.command.split()
        command = [f"benchmarks.{module}", *words, *self.options]
        if not self.seeds:
            yield command
        for seed in self.seeds:
            yield [*command, "--seeds", str(seed)]

    def values(self, rows: list[Row], measure: str) -> list[Row]:
        """Return the rows of a number, one per seed, in the order of the seeds."""
        found = [
            row
            for row in rows
            if row.command == self.command
            and row.measure == measure
            and (not self.seeds or row.seed in self.seeds)
        ]
        return sorted(found, key=lambda row: row.seed)


def entries() -> dict[str, list[Entry]]:
    """Return the groups of `results.toml`."""
    groups = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return {name: [Entry(**each) for each in group] for name, group in groups.items()}


def mean_of(rows: list[Row], digits: int = 1) -> str:
    """Return the mean over seeds with its unit, or nothing if nothing was measured."""
    if not rows:
        return ""
    return f"{fmean(row.value for row in rows):.{digits}f} {rows[0].unit}"


def with_range(rows: list[Row]) -> str:
    """Return the mean over seeds, then the lowest and the highest."""
    if len(rows) < 2:
        return mean_of(rows)
    values = [row.value for row in rows]
    return f"{mean_of(rows)} ({min(values):.1f} to {max(values):.1f})"


def with_interval(rows: list[Row]) -> str:
    """Return the mean over seeds; of one seed, its 95 % confidence interval too."""
    if len(rows) != 1:
        return with_range(rows)
    [row] = rows
    return f"{mean_of(rows)} ({row.low:.1f} to {row.high:.1f})"


def accuracy_table(group: list[Entry], rows: list[Row]) -> Iterator[list[str]]:
    """Yield the table of networks that were trained with the defaults."""
    yield [
        "network",
        "data",
        "seeds x examples",
        "chip, in a row",
        "Keras, converged",
        "chip minus Keras",
        "energy",
    ]
    for entry in group:
        chip = entry.values(rows, "accuracy in a row")
        if not chip:
            continue
        yield [
            entry.network,
            entry.data,
            f"{len(chip)} x {chip[0].examples}",
            with_interval(chip),
            with_range(entry.values(rows, "Keras, converged")),
            with_interval(entry.values(rows, "chip minus Keras, converged")),
            mean_of(entry.values(rows, "energy per example")),
        ]


def speed_table(group: list[Entry], rows: list[Row]) -> Iterator[list[str]]:
    """Yield the table of the processor time per example on two simulators."""
    yield ["network", "nengo-loihi's emulator", "exact engine", "ratio"]
    for entry in group:
        yield [
            entry.network,
            mean_of(entry.values(rows, "emulator, processor time")),
            mean_of(entry.values(rows, "exact engine, processor time"), digits=2),
            mean_of(entry.values(rows, "times as fast"), digits=0),
        ]


def zero_table(group: list[Entry], rows: list[Row]) -> Iterator[list[str]]:
    """Yield the table of readouts that learned from zero, a line per seed."""
    zero, simulators = group
    columns = {
        "ridge regression": zero,
        "learned on the chip": zero,
        "learned in Nengo": simulators,
    }
    yield ["seed", *columns]
    for seed in zero.seeds:
        cells = []
        for measure, entry in columns.items():
            found = entry.values(rows, measure)
            cells.append(mean_of([row for row in found if row.seed == seed]))
        yield [str(seed), *cells]


def classes_table(group: list[Entry], rows: list[Row]) -> Iterator[list[str]]:
    """Yield the table of a readout that learned two more classes."""
    return learned_table(group, rows, ("0 to 7", "8 and 9"))


def drift_table(group: list[Entry], rows: list[Row]) -> Iterator[list[str]]:
    """Yield the table of a readout that learned changed digits."""
    return learned_table(group, rows, ("old", "changed"))


def learned_table(
    group: list[Entry], rows: list[Row], sets: tuple[str, str]
) -> Iterator[list[str]]:
    """Yield the accuracies on two sets of digits before and after learning."""
    yield ["digits", "before", "after", "lowest seed", "ridge regression"]
    [entry] = group
    for digits in sets:
        after = entry.values(rows, f"{digits}, learned on the chip")
        if not after:
            continue
        yield [
            digits,
            mean_of(entry.values(rows, f"{digits}, before")),
            mean_of(after),
            f"{min(row.value for row in after):.1f} %",
            mean_of(entry.values(rows, f"{digits}, ridge regression")),
        ]


def chip_model_table(group: list[Entry], rows: list[Row]) -> Iterator[list[str]]:
    """Yield the table of SANA-FE's values, and of how much snnc's differ."""
    units = ("synapses", "neurons", "spikes")
    times = ("mean load", "each step", "with the mesh")
    yield ["network", "cores", *units, "per step", *times]
    for entry in group:
        cores = entry.values(rows, "cores")
        if not cores:
            continue
        cells = [entry.network, f"{cores[0].value:.0f}"]
        for unit in units:
            [energy] = entry.values(rows, f"{unit}, SANA-FE")
            [apart] = entry.values(rows, f"{unit}, difference")
            cells.append(f"{energy.value:g} uJ ({apart.value:+.1f} %)")
        [step] = entry.values(rows, "per step, mean load, SANA-FE")
        cells.append(f"{step.value:g} us")
        for each in times:
            [apart] = entry.values(rows, f"per step, {each}, difference")
            cells.append(f"{apart.value:+.1f} %")
        yield cells


TABLES: dict[str, Callable[[list[Entry], list[Row]], Iterator[list[str]]]] = {
    "accuracy": accuracy_table,
    "speed": speed_table,
    "chip-model": chip_model_table,
    "learning-zero": zero_table,
    "learning-classes": classes_table,
    "learning-drift": drift_table,
}


def outdated(rows: list[Row]) -> list[str]:
    """Return the commands on pages that other training code ran."""
    trained = {entry.command for entry in entries()["accuracy"]}
    code = record.training_code()
    return sorted(
        {row.command for row in rows if row.command in trained and row.code != code}
    )


def markdown(lines: Iterator[list[str]]) -> str:
    """Return a table in Markdown, whose first two columns are texts."""
    head, *body = lines
    rule = ["---", *("--:" for _ in head[1:])]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *body))


def with_tables(text: str, rows: list[Row]) -> str:
    """Return a page's text with its tables made from rows."""
    groups = entries()

    def table(found: re.Match[str]) -> str:
        start, name, _, end = found.groups()
        made = markdown(TABLES[name](groups[name], rows))
        return f"{start}\n{made}\n{end}"

    return TABLE.sub(table, text)


def pages() -> Iterator[Path]:
    """Yield the pages with tables of results."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        if TABLE.search(path.read_text(encoding="utf-8")):
            yield path


def measure(chosen: Iterable[str]) -> list[str]:
    """Measure groups of `results.toml`; return the commands that failed."""
    groups = entries()
    timed: list[list[str]] = []
    others: list[list[str]] = []
    for name in chosen:
        commands = [each for entry in groups[name] for each in entry.commands()]
        (timed if name in TIMED else others).extend(commands)
    return run(others, os.cpu_count() or 1) + run(timed, 1)


def run(commands: list[list[str]], processes: int) -> list[str]:
    """Run commands, some at a time, and record what they measure.

    Return the commands that failed.
    """
    failed = []
    with ThreadPoolExecutor(processes) as pool:
        several = zip(commands, pool.map(measured, commands), strict=True)
        for command, rows in several:
            if rows:
                record.write(rows)
            else:
                failed.append(" ".join(command))
    return failed


def measured(command: list[str]) -> list[Row]:
    """Run a command in a process of its own; return its numbers, none if it fails."""
    # Several processes would overwrite each other's rows in one file.
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "results.csv"
        done = subprocess.run(
            [sys.executable, "-m", *command, "--output", str(output)],
            cwd=ROOT,
            env={**os.environ, **dict.fromkeys(THREADS, "1")},
            stdout=subprocess.DEVNULL,
        )
        return [] if done.returncode else record.read(output)


def main(arguments: list[str] | None = None) -> int:
    """Measure, then write the tables; return the exit status."""
    groups = entries()
    parser = argparse.ArgumentParser("benchmarks.results", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *groups], metavar="GROUP")
    parser.add_argument("--tables", action="store_true", help="measure nothing")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    failed = []
    if not options.tables:
        failed = measure(options.groups or groups)
        minutes = (time.perf_counter() - started) / 60
        print(f"measured in {minutes:.0f} minutes, {len(failed)} commands failed")
    rows = record.read()
    for path in pages():
        text = path.read_text(encoding="utf-8")
        path.write_text(with_tables(text, rows), encoding="utf-8")
    for command in failed:
        print(f"failed: python -m {command}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
