"""Run neurons with brian2-loihi, in its own environment: ``run.py IN.npz OUT.npz``.

The input has one row of parameters per neuron, and the steps in which the source of
each neuron fires. The output has the steps in which each neuron fires.
"""

import sys

import numpy as np
from brian2 import prefs
from brian2_loihi import (
    LoihiNetwork,
    LoihiNeuronGroup,
    LoihiSpikeGeneratorGroup,
    LoihiSpikeMonitor,
    LoihiSynapses,
)

prefs.codegen.target = "numpy"


BATCH = 50
"""The neurons that run at once: a step takes longer with more objects."""


def main(source: str, target: str) -> None:
    """Run all neurons for the same number of steps."""
    given = np.load(source)
    parameters, inputs = given["parameters"].tolist(), given["inputs"]
    spikes = []
    for start in range(0, len(parameters), BATCH):
        stop = start + BATCH
        spikes.append(run(parameters[start:stop], inputs[start:stop]))
        print(start, flush=True)
    np.savez(target, spikes=np.concatenate(spikes))


def run(parameters: list[list[int]], inputs: np.ndarray) -> np.ndarray:
    """Return the spikes (neurons, steps) of some neurons."""
    parts = []
    for row, sent in zip(parameters, inputs, strict=True):
        weight, exponent, decay_u, decay_v, threshold, refractory = row
        group = LoihiNeuronGroup(
            1,
            refractory=refractory,
            threshold_v_mant=threshold,
            decay_v=decay_v,
            decay_I=decay_u,
        )
        times = np.flatnonzero(sent)
        sender = LoihiSpikeGeneratorGroup(1, np.zeros_like(times), times)
        synapse = LoihiSynapses(sender, group, w_exp=exponent, sign_mode=2)
        synapse.connect()
        synapse.w = weight
        parts.append((group, sender, synapse, LoihiSpikeMonitor(group)))
    net = LoihiNetwork(*[part for row in parts for part in row])
    net.run(inputs.shape[1])
    spikes = np.zeros(inputs.shape, bool)
    for i, (*_, monitor) in enumerate(parts):
        spikes[i, np.asarray(monitor.t)] = True
    return spikes


main(*sys.argv[1:])
