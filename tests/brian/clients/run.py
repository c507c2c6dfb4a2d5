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


def main(source: str, target: str) -> None:
    """Run all neurons for the same number of steps."""
    given = np.load(source)
    steps = len(given["inputs"][0])
    parts = []
    for i, row in enumerate(given["parameters"].tolist()):
        weight, exponent, decay_u, decay_v, threshold, refractory = row
        group = LoihiNeuronGroup(
            1,
            refractory=refractory,
            threshold_v_mant=threshold,
            decay_v=decay_v,
            decay_I=decay_u,
        )
        times = np.flatnonzero(given["inputs"][i])
        sender = LoihiSpikeGeneratorGroup(1, np.zeros_like(times), times)
        synapse = LoihiSynapses(sender, group, w_exp=exponent, sign_mode=2)
        synapse.connect()
        synapse.w = weight
        parts.append((group, sender, synapse, LoihiSpikeMonitor(group)))
    net = LoihiNetwork(*[part for row in parts for part in row])
    net.run(steps)
    spikes = np.zeros((len(parts), steps), bool)
    for i, (*_, monitor) in enumerate(parts):
        spikes[i, np.asarray(monitor.t)] = True
    np.savez(target, spikes=spikes)


main(*sys.argv[1:])
