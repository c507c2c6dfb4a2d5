"""The program that reads a graph of NIR, in a process of its own.

Its arguments are ``file PATH``. It tells the graph as a model, then the arrays of each
node that it is asked for, as `snnc.importer.reader` does.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from snnc.importer.messages import model_message
from snnc.importer.process import limit, of_file
from snnc.importer.reader import answer, quiet_channel, refusing
from snnc.nir.graph_file import read_graph
from snnc.nir.neurons import NEURONS
from snnc.nir.translate import translate


def main(how: str, target: str) -> None:
    """Answer on stdout."""
    channel = quiet_channel()
    with refusing(channel, target):
        limit(of_file(Path(target)))
        graph = read_graph(Path(target), target)
        translated = translate(graph, Path(target).stem)
        message = {
            "edges": graph.edges,
            "facts": dict(graph.facts),
            "notes": translated.notes,
            "kinds": {node.name: node.kind for node in graph.nodes},
            "cells": {
                node.name: {
                    key: float(array.reshape(-1)[0])
                    for key, array in node.arrays.items()
                }
                for node in graph.nodes
                if node.kind in NEURONS
            },
        }
        channel.send({**model_message(translated.model, True), "nir": message})
        answer(channel, target, translated.weights)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main(*sys.argv[1:])
