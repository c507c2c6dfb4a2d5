"""Print how long an editor waits for `snnc lsp` while a spec of 60 layers is typed.

Run it as ``python -m benchmarks.editing [--edits 500] [--notation snn|yaml]``. A client
types as people do: it changes a number, and writes and removes a property and a layer
letter by letter. After each edit it waits for the diagnostics of that text and for the
hints of all lines. On every fifth edit it hovers over a layer and asks for completions.
The script prints the 50th and the 95th percentile of these times in milliseconds,
including the client's own time. On Linux it also prints the 95th percentile of the time
that the server's threads ran, which is more reliable on a busy machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from lsprotocol import types
from pygls.lsp.client import LanguageClient

LAYERS = 60
LIMITS = {"diagnostics and hints": 100, "hover": 20, "completion": 20, "start": 600}
"""Milliseconds that 95 of 100 may take."""


def spec(notation: str) -> str:
    """Return a network of 60 layers on some two hundred cores."""
    layers = [
        (f"c{i}", 8 + i // 15 * 4, 2 if i and i % 15 == 0 else 1) for i in range(LAYERS)
    ]
    if notation == "yaml":
        items = "".join(
            f"  - conv2d: {{name: {n}, filters: {f}, stride: {s}, padding: same}}\n"
            for n, f, s in layers
        )
        return (
            "snn: 1\nnetwork: deep\ntarget: {loihi: {chips: 4}}\n"
            "input: {name: image, shape: 32x32x3, in: 0..1}\n"
            f"encode: {{conv: {{filters: 4}}}}\nlayers:\n{items}"
            "readout: {name: label, classes: 10}\n"
        )
    items = "".join(
        f"  conv2d {n} {{ filters {f}, stride {s}, padding same }}\n"
        for n, f, s in layers
    )
    return (
        "snn 1\n\nnetwork deep {\n  target loihi { chips 4 }\n"
        "  input image 32x32x3 in 0..1\n  encode conv { filters 4 }\n"
        f"{items}  readout label {{ classes 10 }}\n}}\n"
    )


Clock = tuple[float, float]
"""Seconds that have passed, and that the threads of the server have run."""
Edit = tuple[int, int, str]
"""Start and end of the replaced text, and the new text."""


def type_edits(text: str, notation: str, chance: random.Random) -> Iterator[Edit]:
    """Type for ever; each edit is of the text that the one before has left."""
    colon = ":" if notation == "yaml" else ""
    while True:
        layer = f"c{chance.randrange(LAYERS)}"
        line = text.index(f"{layer} {{" if not colon else f"name: {layer},")
        number = text.index("filters", line) + len(f"filters{colon} ")
        end = number
        while text[end].isdigit():
            end += 1
        other = str(chance.randrange(4, 24))
        yield number, end, other
        yield number, number + len(other), text[number:end]
        close = text.index("}", line)
        word = f", kernel{colon} 5"
        for at, letter in enumerate(word):
            yield close - 1 + at, close - 1 + at, letter
        yield close - 1, close - 1 + len(word), ""


@dataclass
class Waits:
    """Milliseconds of each kind of answer: waited, and run by the server."""

    of: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, what: str, begun: Clock, ended: Clock) -> None:
        waited, run = (1000 * (b - a) for a, b in zip(begun, ended, strict=True))
        self.of.setdefault(what, []).append((waited, run))

    def table(self) -> Iterator[str]:
        yield f"{'ms':24}{'50 %':>8}{'95 %':>8}{'most':>8}{'limit':>8}{'run':>8}"
        for what, times in self.of.items():
            waited, run = ([time[i] for time in times] for i in range(2))
            shown = (_part(waited, 50), _part(waited, 95), max(waited), LIMITS[what])
            yield f"{what:24}" + "".join(
                f"{ms:8.0f}" for ms in (*shown, _part(run, 95))
            )


def _part(times: list[float], percent: int) -> float:
    cuts = quantiles(times, n=100, method="inclusive") if times[1:] else times * 100
    return cuts[percent - 1]


class Editor:
    """A client with one text open."""

    def __init__(self, notation: str) -> None:
        self.client = LanguageClient("benchmark", "1")
        self.text = spec(notation)
        self.uri = f"file:///tmp/deep.{notation}"
        self.version = 1
        self._told = asyncio.Event()
        self._last = 0

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def receive(params: types.PublishDiagnosticsParams) -> None:
            self._last = params.version or 0
            self._told.set()

    def clock(self) -> Clock:
        server = self.client._server
        tasks = Path(f"/proc/{server.pid if server else 0}/task").glob("*/schedstat")
        run = sum(int(task.read_text().split()[0]) for task in tasks)
        return time.perf_counter(), run / 1e9

    async def start(self) -> None:
        """Start the server; the first answer is for `initialize`."""
        await self.client.start_io(sys.executable, "-m", "snnc", "lsp")
        await self.client.initialize_async(
            types.InitializeParams(types.ClientCapabilities())
        )
        self.client.initialized(types.InitializedParams())

    async def open(self, notation: str) -> None:
        item = types.TextDocumentItem(self.uri, notation, self.version, self.text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        await self.wait_for_diagnostics()

    def position(self, offset: int) -> types.Position:
        line = self.text.count("\n", 0, offset)
        return types.Position(line, offset - self.text.rfind("\n", 0, offset) - 1)

    def edit(self, start: int, end: int, text: str) -> None:
        place = types.Range(self.position(start), self.position(end))
        self.text = self.text[:start] + text + self.text[end:]
        self.version += 1
        change = types.TextDocumentContentChangePartial(place, text)
        document = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(document, [change])
        )

    async def wait_for_diagnostics(self) -> None:
        """Wait for the diagnostics of the text as it is."""
        while self._last != self.version:
            self._told.clear()
            await self._told.wait()

    async def hints(self) -> None:
        whole = types.Range(types.Position(0, 0), self.position(len(self.text)))
        document = types.TextDocumentIdentifier(self.uri)
        await self.client.text_document_inlay_hint_async(
            types.InlayHintParams(document, whole)
        )


async def measure(edits: int, notation: str) -> Waits:
    """Type some edits."""
    waits, editor = Waits(), Editor(notation)
    begun = editor.clock()
    await editor.start()
    waits.add("start", begun, editor.clock())
    await editor.open(notation)
    chance = random.Random(0)
    typing = type_edits(editor.text, notation, chance)
    document = types.TextDocumentIdentifier(editor.uri)
    for number in range(edits):
        start, end, text = next(typing)
        begun = editor.clock()
        editor.edit(start, end, text)
        await asyncio.gather(editor.wait_for_diagnostics(), editor.hints())
        waits.add("diagnostics and hints", begun, editor.clock())
        if number % 5:
            continue
        place = editor.position(start + len(text))
        begun = editor.clock()
        await editor.client.text_document_completion_async(
            types.CompletionParams(document, place)
        )
        waits.add("completion", begun, editor.clock())
        await asyncio.sleep(0.4)  # as long as a cursor rests before editors ask
        begun = editor.clock()
        at = editor.text.index(f"c{chance.randrange(LAYERS)}")
        await editor.client.text_document_hover_async(
            types.HoverParams(document, editor.position(at))
        )
        waits.add("hover", begun, editor.clock())
    await editor.client.shutdown_async(None)
    editor.client.exit(None)
    await editor.client.stop()
    return waits


def main() -> None:
    """Print the times, and how busy the machine was."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--notation", choices=("snn", "yaml"), default="snn")
    options = parser.parse_args()
    waits = asyncio.run(measure(options.edits, options.notation))
    print(*waits.table(), sep="\n")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime
    print(
        f"{options.edits} edits, {options.notation}; the server took"
        f" {1000 * seconds / options.edits:.0f} ms of a processor for each and"
        f" {used.ru_maxrss / 1024:.0f} MB; load of the machine {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
