"""Graphs of NIR that `snnc import` can't follow."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class NotNir(Diagnostic):
    """A file is no graph of NIR, or none that is sound.

    `snnc import` reads as NIR what ends in `.nir`: HDF5 with a `version` and a `node`,
    as `nir.write` makes them. It reads it in a process of its own, with limits, and
    follows no link out of the file.
    """

    code = "SNN850"
    title = "no NIR graph"
    message = "`{path}` is no sound graph of NIR: {reason}"
    help = "write it anew with `nir.write`"

    path: str
    reason: str


class NewerNir(Diagnostic):
    """A graph was written by a version of NIR that is not known here.

    A new major version may give nodes another meaning under the same name.
    """

    code = "SNN851"
    title = "graph of another NIR"
    message = "`{path}` was written by NIR {version}; 1.x is known here"
    help = "write it with `pip install 'nir<2'`"

    path: str
    version: str


class NodeRefused(Diagnostic):
    """A node of a NIR graph computes what the chip can't, or says what makes no sense.

    `snnc import --explain` lists what becomes of every other node.
    """

    code = "SNN852"
    title = "NIR node that can't be imported"
    message = "`{node}` ({kind}) can't be imported: {why}"
    help = "{remedy}"

    node: str
    kind: str
    why: str
    remedy: str


class RecurrentNir(Diagnostic):
    """Nodes of a NIR graph read one another in a circle.

    Networks of snnc are feed-forward: an example is shown, and its spikes run through.
    """

    code = "SNN853"
    title = "recurrent graph"
    message = "{nodes} read one another in a circle; networks here are feed-forward"
    help = "train a network without recurrent connections"

    nodes: str


class LooseEdge(Diagnostic):
    """An edge of a NIR graph begins or ends at a node that is not there."""

    code = "SNN854"
    title = "edge to nowhere"
    message = "an edge leads from `{source}` to `{target}`, but there is no `{missing}`"
    help = "write the graph anew, with all its nodes"

    source: str
    target: str
    missing: str


class SeveralNirEnds(Diagnostic):
    """A NIR graph has not exactly one input and one output.

    A network here reads one input and has one readout.
    """

    code = "SNN855"
    title = "graph without one input and one output"
    message = "the graph has {count} nodes of kind `{kind}`{names}; one is needed"
    help = "join them before the graph is written"

    kind: str
    count: int
    names: str
