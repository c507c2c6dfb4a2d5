"""A board that runs what its registers say, in the chip's integers.

It computes as nengo-loihi's emulator does, but reads all numbers from the registers and
axons that nengo-loihi's builder for the hardware wrote.
"""

# ruff: noqa: N803

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tests.board import nxsdk

if TYPE_CHECKING:
    from typing import TypeAlias

Ints = NDArray[np.int64]
Arriving: TypeAlias = "dict[tuple[int, int], list[tuple[int, int]]]"
"""By chip and core, the in-axons and atoms of the spikes that arrive in a step."""


def apply_decay(value: Ints, decay: Ints) -> Ints:
    return np.sign(value) * (np.abs(value) * (4096 - decay) >> 12)


class RunningCore:
    """The state of a core, made of its registers."""

    def __init__(self, core: nxsdk.Core) -> None:
        self._core = core
        cells = [core.cxCfg[i] for i in range(len(core.cxCfg))]
        profiles = [core.cxProfileCfg[cell["cxProfile"]] for cell in cells]
        vths = [core.vthProfileCfg[cell["vthProfile"]].staticCfg for cell in cells]
        limits = core.dendriteSharedCfg
        self.bias = _ints(cell["bias"] << cell["biasExp"] for cell in cells)
        self.threshold = _ints(vth["vth"] << 6 for vth in vths)
        self.decay_u = _ints(1 + profile["decayU"] for profile in profiles)
        self.decay_v = _ints(profile["decayV"] for profile in profiles)
        self.refractory = _ints(profile["refractDelay"] for profile in profiles)
        self.low = 1 - 2 ** limits["negVmLimit"]
        self.high = 2 ** (9 + 2 * limits["posVmLimit"]) - 1
        self.current = np.zeros(len(cells), np.int64)
        self.voltage, self.waiting = self.current.copy(), self.current.copy()
        self.spiked = np.zeros(len(cells), bool)
        self._read: dict[tuple[int, int], tuple[Ints, Ints]] = {}

    @cached_property
    def axons(self) -> dict[int, list[nxsdk.OutAxon]]:
        found = defaultdict(list)
        for axon in self._core.axons:
            found[axon.compartment].append(axon)
        return dict(found)

    def weights(self, axon: int, atom: int) -> tuple[Ints, Ints]:
        """The compartments that an atom of an in-axon reaches, and the weights."""
        if (axon, atom) not in self._read:
            entry = self._core.synapseMap[axon]
            bases = {
                "discreteMapEntry": 1,
                "population16MapEntry": 4,
                "population32MapEntry": 1,
            }
            ((kind, unit),) = ((k, n) for k, n in bases.items() if k in entry)
            start = entry["synapsePtr"] + atom * entry["synapseLen"]
            words = [
                self._core.synapses.words[start + i] for i in range(entry["synapseLen"])
            ]
            forms = self._core.synapseFmt
            base = entry[kind]["cxBase"] * unit
            self._read[axon, atom] = (
                _ints(base + word[0] for word in words),
                _ints(int(word[1]) << (6 + forms[word[2]]["wgtExp"]) for word in words),
            )
        return self._read[axon, atom]

    def step(self, arriving: list[tuple[int, int]]) -> None:
        came = np.zeros_like(self.current)
        for axon, atom in arriving:
            targets, weights = self.weights(axon, atom)
            np.add.at(came, targets, weights)
        self.current = apply_decay(self.current, self.decay_u) + came
        voltage = apply_decay(self.voltage, self.decay_v) + self.current + self.bias
        voltage = voltage.clip(self.low, self.high)
        voltage[self.waiting > 0] = 0
        self.spiked = voltage > self.threshold
        self.voltage = np.where(self.spiked, 0, voltage)
        left = np.where(self.spiked, self.refractory, self.waiting)
        self.waiting = (left - 1).clip(0)


def _ints(values: Any) -> Ints:
    return np.array([int(value) for value in values], np.int64)


class RunningBoard(nxsdk.Board):
    """A board that runs. A broken board overrides its methods."""

    global_spike_generator: nxsdk.SpikeGenerator

    def tamper(self) -> None:
        """Change registers before the first step."""

    def arrival(self, time: int, before: int) -> int | None:
        """Return when a spike of the host is sent, or None for never.

        ``before`` counts the spikes that came earlier in the same step.
        """
        return time

    def record(self, spiked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return what a probe records in a step."""
        return spiked

    @cached_property
    def _cores(self) -> dict[tuple[int, int], RunningCore]:
        self.tamper()
        return {
            (chip.id, core.id): RunningCore(core)
            for chip in self.n2Chips
            for core in chip.n2Cores
        }

    def run(self, steps: int, aSync: bool = False) -> None:
        assert not aSync
        cores, now = self._cores, self.__dict__.setdefault("now", 0)
        inputs = self._inputs()
        for time in range(now + 1, now + steps + 1):
            arriving: Arriving = defaultdict(list)
            # The host's spikes arrive in the next step, as all spikes do.
            for spike in inputs.get(time - 1, ()):
                place = spike["chipId"], spike["coreId"]
                arriving[place].append((spike["axonId"], int(spike.get("srcAtom", 0))))
            for core in cores.values():
                for compartment in np.flatnonzero(core.spiked).tolist():
                    for axon in core.axons.get(compartment, ()):
                        arriving[axon.chip, axon.core].append(
                            (axon.axon, axon.atom or 0)
                        )
            for place, core in cores.items():
                core.step(arriving.get(place, []))
            for probe in self.probes:
                core = cores[probe.states.chip, probe.states.core]
                shown = self.record(core.spiked[probe.compartments])
                for i, one in enumerate(probe.recorded):
                    one.timeSeries.data.append(int(shown[i]))
        self.now = now + steps

    def _inputs(self) -> dict[int, list[dict[str, int]]]:
        """Return the host's spikes by the step in which they are sent."""
        found: dict[int, list[dict[str, int]]] = defaultdict(list)
        before: dict[int, int] = defaultdict(int)
        for spike in self.global_spike_generator.spikes:
            time = spike["time"]
            sent = self.arrival(time, before[time])
            before[time] += 1
            if sent is not None:
                found[sent].append(spike)
        return found


@contextmanager
def board_installed(board: type[RunningBoard]) -> Iterator[None]:
    """Have a board for `nengo_loihi.Simulator`, and NxSDK to be found."""
    import nengo_loihi.simulator as simulator

    with nxsdk.install_nxsdk(board) as hardware:
        kept = simulator.HAS_NXSDK, simulator.HardwareInterface
        simulator.HAS_NXSDK = True
        simulator.HardwareInterface = hardware.interface.HardwareInterface
        try:
            yield
        finally:
            simulator.HAS_NXSDK, simulator.HardwareInterface = kept
