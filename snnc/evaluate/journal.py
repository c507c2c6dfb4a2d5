"""A run's parts on disk, one line of JSON each, as they come.

The first line says which run it is. The file is that of the results when the run has
ended, and what an interrupted run goes on with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from snnc.evaluate.part import Compared, Part
from snnc.evaluate.refusals import (
    NoJournalError,
    OtherRunError,
    OtherVersionError,
    UnfinishedError,
)
from snnc.runtime.files import write_file

Run = dict[str, Any]  # what tells a run from others; ``examples`` is in it
MARK = {"snnc": "evaluation", "version": 2}


class Journal:
    """A file that takes parts; ``done`` are those that it had."""

    def __init__(self, file: IO[str], done: list[Part]) -> None:
        self.done = done
        self._file = file

    def add(self, part: Part) -> None:
        """Write a part; what is written outlives the process."""
        self._file.write(json.dumps(_record(part)) + "\n")
        self._file.flush()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def open_journal(path: Path, run: Run, resume: bool) -> Journal:
    """Begin a file for a run, or go on with it.

    Raises
    ------
    NoJournalError
        If the file is another program's.
    OtherVersionError
        If another version of snnc wrote it.
    UnfinishedError
        If it would overwrite a run that was interrupted.
    OtherRunError
        If the run to resume is another.
    """
    head, done = _read(path) if path.exists() else (None, [])
    if head is None:
        return _begin(path, run)
    count = sum(part.stop - part.start for part in done)
    # A row has no place to go on from, for the state is lost.
    worth = head["presentation"] == "rest" and 0 < count < head["examples"]
    if worth and not resume:
        raise UnfinishedError(path, count, head["examples"])
    if not resume:
        return _begin(path, run)
    others = [name for name, value in run.items() if head.get(name) != value]
    if others:
        raise OtherRunError(path, others)
    return _go_on(path, done)


def _begin(path: Path, run: Run) -> Journal:
    write_file(path, json.dumps({**MARK, **run}) + "\n")
    return _appended(path, [])


def _go_on(path: Path, done: list[Part]) -> Journal:
    """Append behind the last whole line: a kill may have left half of one."""
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        write_file(path, data[: data.rfind(b"\n") + 1])
    return _appended(path, done)


def _appended(path: Path, done: list[Part]) -> Journal:
    return Journal(path.open("a", encoding="utf-8", newline="\n"), done)


def _read(path: Path) -> tuple[Run | None, list[Part]]:
    """Return what run a file holds, None if it is empty, and its parts."""
    text = path.read_bytes().decode("utf-8", "replace")
    whole = text[: text.rfind("\n") + 1].splitlines()
    if not text:
        return None, []
    try:
        head, *records = [json.loads(line) for line in whole]
        found = {name: head[name] for name in MARK}
        parts = [_restored(record) for record in records] if found == MARK else []
    except (ValueError, TypeError, KeyError) as error:
        raise NoJournalError(path) from error
    if found["snnc"] != MARK["snnc"]:
        raise NoJournalError(path)
    if found != MARK:
        raise OtherVersionError(path)
    return head, parts


def _record(part: Part) -> dict[str, Any]:
    return {
        "start": part.start,
        "stop": part.stop,
        "outputs": part.outputs[-1].tolist(),
        "early": part.outputs[:-1].tobytes().hex(),  # floats as text take long
        "spikes": {name: seen.tolist() for name, seen in part.spikes.items()},
        "fired": {name: bits.tobytes().hex() for name, bits in part.fired.items()},
        "overflows": part.overflows.tolist(),
        "cores": part.cores,
        "keras": None if part.keras is None else _said(part.keras),
    }


def _said(keras: Compared) -> dict[str, Any]:
    alike = {name: batch.tolist() for name, batch in keras.alike.items()}
    return {"outputs": keras.outputs.tolist(), "alike": alike}


def _restored(record: dict[str, Any]) -> Part:
    outputs = np.array(record["outputs"], np.float64)
    early = np.frombuffer(bytes.fromhex(record["early"])).reshape(-1, *outputs.shape)
    return Part(
        record["start"],
        record["stop"],
        np.concatenate([early, outputs[np.newaxis]]),
        {name: np.array(seen, np.int64) for name, seen in record["spikes"].items()},
        {name: _bits(text) for name, text in record["fired"].items()},
        np.array(record["overflows"], np.int64),
        record["cores"],
        None if record["keras"] is None else _compared(record["keras"]),
    )


def _bits(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(text), np.uint8)


def _compared(record: dict[str, Any]) -> Compared:
    alike = {name: np.array(batch) for name, batch in record["alike"].items()}
    return Compared(np.array(record["outputs"], np.float64), alike)
