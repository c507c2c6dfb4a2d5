"""Run the work of a chip with SANA-FE: ``run.py IN.npz COSTS.json OUT.json``.

The input has the neurons of each core, the number of neurons on the host, the messages
(source, core, weights), and the spikes (steps, sources). Neurons are replayed: each
fires when the input says so, and its synapses have the weight 0. The costs are those
of the device, in picojoules and nanoseconds.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import sanafe

TILE = 4
WIDTH = 8
UNITS = ("synapse", "soma", "network")


def architecture(
    cores: int, most_neurons: int, most_hosted: int, costs: dict[str, float]
) -> sanafe.Architecture:
    """Return a mesh of tiles like Loihi's with the given costs, and one for the host.

    Each replayed neuron needs its own unit. The host's units cost nothing.
    """
    height = -(-(cores + TILE) // (TILE * WIDTH))
    tiles = height * WIDTH - 1
    soma = {
        "model": "input",
        "energy_access_neuron": 1e-12 * costs["energy_update"],
        "latency_access_neuron": 1e-9 * costs["time_update"],
        "energy_update_neuron": 0.0,
        "latency_update_neuron": 0.0,
        "energy_spike_out": 0.0,
        "latency_spike_out": 1e-9 * costs["time_spike"],
    }
    free = {key: 0.0 if key != "model" else value for key, value in soma.items()}
    synapse = {
        "model": "current_based",
        "energy_process_spike": 1e-12 * costs["energy_operation"],
        "latency_process_spike": 1e-9 * costs["time_operation"],
    }
    message_in = {
        "energy_message_in": 1e-12 * costs["energy_spike"],
        "latency_message_in": 1e-9 * costs["time_in"],
    }
    out = {"energy_message_out": 0.0, "latency_message_out": 1e-9 * costs["time_out"]}
    nothing = {"energy_message_out": 0.0, "latency_message_out": 0.0}
    hops = {
        f"{kind}_{side}_hop": 1e-9 * time if kind == "latency" else 0.0
        for kind in ("energy", "latency")
        for side, time in (("north", 6.5), ("south", 6.5), ("east", 4.1), ("west", 4.1))
    }
    core = {
        "name": f"core[0..{TILE - 1}]",
        "attributes": {
            "buffer_position": "soma",
            "buffer_inside_unit": False,
            "max_neurons_supported": max(most_neurons, most_hosted),
        },
        "axon_in": [{"name": "in", "attributes": message_in}],
        "soma": [{"name": f"neuron[0..{most_neurons - 1}]", "attributes": soma}],
        "dendrite": [
            {
                "name": "dendrite",
                "attributes": {
                    "model": "accumulator",
                    "energy_update": 0.0,
                    "latency_update": 0.0,
                },
            }
        ],
        "synapse": [{"name": "synapse", "attributes": synapse}],
        "axon_out": [{"name": "out", "attributes": out}],
    }
    host = {
        **core,
        "soma": [{"name": f"host[0..{most_hosted - 1}]", "attributes": free}],
        "axon_out": [{"name": "out", "attributes": nothing}],
    }
    chip = {
        "architecture": {
            "name": "chip",
            "attributes": {
                "topology": "mesh",
                "width": WIDTH,
                "height": height,
                "link_buffer_size": 16,
                "sync_model": "fixed",
                "latency_sync": 1e-9 * costs["time_barrier"],
            },
            "tile": [
                {"name": f"tile[0..{tiles - 1}]", "attributes": hops, "core": [core]},
                {"name": f"host[{tiles}]", "attributes": hops, "core": [host]},
            ],
        }
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chip.yaml"
        path.write_text(json.dumps(chip, indent=1))
        return sanafe.load_arch(path)


def main(source: str, costs: str, target: str) -> None:
    """Build the network, and run it with each model of time."""
    given = np.load(source)
    neurons = given["neurons"].tolist()
    hosted = int(given["hosted"])
    spikes = given["spikes"]
    parts = [hosted // TILE + (i < hosted % TILE) for i in range(TILE)]
    sizes = [*neurons, *parts]
    table = json.loads(Path(costs).read_text())
    chip = architecture(len(neurons), max(neurons), max(parts), table)
    cores = [core for tile in chip.tiles for core in tile.cores]
    places = [*range(len(neurons)), *range(len(cores) - TILE, len(cores))]
    net = sanafe.Network()
    groups: list[Any] = []
    first = 0
    for i, size in enumerate(sizes):
        groups.append(None)
        if size == 0:
            continue
        group = net.create_neuron_group(
            f"g{i}",
            size,
            default_synapse_hw_name="synapse",
            default_dendrite_hw_name="dendrite",
        )
        kind = "neuron" if i < len(neurons) else "host"
        for n, neuron in enumerate(group):
            train = spikes[:, first + n].tolist()
            neuron.set_attributes(
                soma_hw_name=f"{kind}[{n}]", model_attributes={"spikes": train}
            )
        for neuron in group:
            neuron.map_to_core(cores[places[i]])
        groups[i] = group
        first += size
    starts = np.cumsum([0, *sizes])
    owner = np.repeat(np.arange(len(sizes)), sizes)
    keys = owner[given["source"]] * len(sizes) + given["core"]
    for key in np.unique(keys):
        chosen = np.flatnonzero(keys == key)
        here, there = divmod(int(key), len(sizes))
        sources = (given["source"][chosen] - starts[here]).tolist()
        words = given["words"][chosen].tolist()
        pairs = [(s, n) for s, w in zip(sources, words, strict=True) for n in range(w)]
        weights = {"weight": [0.0] * len(pairs)}
        groups[here].connect_neurons_sparse(groups[there], weights, pairs)
    results = {}
    for model in ("simple", "detailed"):
        running = sanafe.SpikingChip(chip)
        running.load(net)
        results[model] = running.sim(len(spikes), timing_model=model)
    Path(target).write_text(json.dumps(results))


main(*sys.argv[1:])
