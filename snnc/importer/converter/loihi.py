"""What nengo-loihi refuses of a converted model.

The neurons that read the input run on the host (``net.config[ens].on_chip = False``),
as in nengo-loihi's example "Converting a Keras model to an SNN on Loihi", unless no
others are in the model; all others run on the chip. Block shapes are assumed to be
chosen so that layers fit, and the numbers of weights are not judged.
"""

from __future__ import annotations

from collections import defaultdict

from snnc.importer.converter.activations import SPIKING
from snnc.importer.converter.clusters import Cluster, find_clusters
from snnc.importer.converter.network import Connection, NengoObject, Network

IN_AXONS = 4096
"""Of a core (``nengo_loihi/block.py``); a Dense transform takes one an element."""
NO_NEURONS = "nengo-loihi wants neurons on the chip, and the model has none"


class Judge:
    """Judges the objects and connections of a network.

    Attributes
    ----------
    chip :
        Neurons on the chip; all other objects are on the host.
    merged, away :
        Passthrough Nodes between chip and chip, as clusters and one by one:
        nengo-loihi merges their connections.
    """

    def __init__(self, network: Network) -> None:
        neurons = [o for o in network.objects if o.kind == "neurons"]
        self.network = network
        self.chip = {o for o in neurons if o.fed} or set(neurons)
        clusters = find_clusters(network.connections)
        self.merged = [cluster for cluster in clusters if self._is_merged(cluster)]
        self.away = {c.post for m in self.merged for c in m.into + m.between}
        self.refusals: dict[str, str] = {}

    def judge(self) -> dict[str, str]:
        """Return for each layer that is refused the reason."""
        for cluster in self.merged:
            for connection in cluster.merged(self.network.outputs):
                self._say(connection.layer, self._merging(connection, cluster))
        inside = {id(c) for cluster in self.merged for c in cluster.connections}
        for connection in self.network.connections:
            if id(connection) not in inside:
                self._say(connection.layer, self._connection(connection))
        for neurons in self.chip:
            if neurons.neurons not in ("", SPIKING):
                reason = f"nengo-loihi has no {neurons.neurons} neurons on the chip"
                self._say(neurons.layer, reason)
        self._axons(inside)
        return self.refusals

    def _is_merged(self, cluster: Cluster) -> bool:
        return any(c.pre in self.chip for c in cluster.into) and any(
            c.post in self.chip for c in cluster.out
        )

    def _say(self, layer: str, reason: str) -> None:
        if reason:
            self.refusals.setdefault(layer, reason)

    def _merging(self, connection: Connection, cluster: Cluster) -> str:
        if connection.transform == "Convolution":
            return _unmerged_convolution(connection)
        if connection.transform == "Sparse":
            return _SPARSE
        if connection.transform == "vector":
            return (
                "its Node lies between layers on the chip, and nengo-loihi cannot merge"
                " the vector of its scales"
            )
        if connection in cluster.into and connection.repeated:
            return "nengo-loihi cannot merge a Node that reads neurons more than once"
        if _mismatched(connection, cluster):
            return "nengo-loihi cannot merge its indices with those of the layer before"
        return ""

    def _connection(self, connection: Connection) -> str:
        pre, post = connection.pre, connection.post
        if connection.dimensions > 2:
            return _THREE
        if post in self.chip and pre.kind == "neurons":
            return _onto_chip(connection)
        if post in self.chip:
            return _from_node(connection)
        if pre in self.chip and connection.transform in ("Convolution", "Sparse"):
            return (
                "it has no neurons on the chip, and nengo-loihi takes no convolution"
                " from the chip to the host"
            )
        return ""

    def _axons(self, inside: set[int]) -> None:
        """Sum the in-axons of Dense transforms, which no block shape makes fewer."""
        axons: defaultdict[NengoObject, int] = defaultdict(int)
        for connection in self.network.connections:
            if id(connection) not in inside and connection.transform == "Dense":
                axons[connection.post] += _in_axons(connection)
        for cluster in self.merged:
            for post in {c.post for c in cluster.out}:
                axons[post] += sum(_in_axons(c) for c in cluster.into)
        for post, count in axons.items():
            if post in self.chip and count > IN_AXONS:
                reason = f"it takes {count} in-axons, and a core has {IN_AXONS}"
                self._say(post.layer, reason)


_THREE = "neither Nengo nor nengo-loihi has 3-D convolutions, NengoDL alone does"
_SPARSE = (
    "the biases of a convolution are a Sparse transform of a Node, which nengo-loihi"
    " does not take into the chip (use_bias=False)"
)


def _unmerged_convolution(connection: Connection) -> str:
    if connection.dimensions > 2:
        return _THREE
    if connection.pre.kind == "passthrough":
        return (
            f"it convolves the Node of `{connection.pre.layer}` between layers on the"
            " chip, and nengo-loihi merges such a Node into Dense transforms alone"
        )
    return (
        "it has no neurons of its own, and nengo-loihi merges a Node between layers on"
        " the chip into Dense transforms alone"
    )


def _mismatched(connection: Connection, cluster: Cluster) -> bool:
    if connection.pre_indices is None:
        return False
    before = [c.post_indices for c in cluster.connections if c.post is connection.pre]
    return any(
        count is not None and count != connection.pre_indices and count != 1
        for count in before
    )


def _onto_chip(connection: Connection) -> str:
    if connection.transform != "Convolution":
        return ""
    if connection.dimensions != 2:
        return "nengo-loihi takes no 1-D convolutions onto the chip"
    return "nengo-loihi takes no `groups`" if connection.groups != 1 else ""


def _from_node(connection: Connection) -> str:
    if connection.transform == "Sparse":
        return _SPARSE
    if connection.transform == "Convolution":
        return (
            f"it convolves the Node of `{connection.pre.layer}` on the host, and"
            " nengo-loihi takes convolutions into the chip from neurons alone"
        )
    return ""


def _in_axons(connection: Connection) -> int:
    # A Node is coded by two neurons a value (`nengo_loihi.builder.inputs`).
    return (connection.size or 0) * (1 if connection.pre.kind == "neurons" else 2)
