"""Replace NxSDK: record the registers that nengo-loihi writes.

NxSDK is Intel's and not public. nengo-loihi needs little of it: registers to write,
calls that make axons, and sources of snips to compile. With these, nengo-loihi's own
builder for the hardware runs without a board.
"""

# ruff: noqa: N802, N803, N815

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from importlib.machinery import ModuleSpec
from itertools import accumulate
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

HARDWARE = "nengo_loihi.hardware."
COPIED = ("nxsdk_shim", "builder", "interface")
"""The modules of nengo-loihi that look for NxSDK as they are imported."""


if TYPE_CHECKING:
    Fields = dict[Any, Any]
else:
    Fields = dict  # dict takes no type arguments in Python 3.8


class Registers(Fields):
    """Registers by number, or the fields of one by name; made as they are named."""

    def __missing__(self, key: Any) -> Registers:
        made = self[key] = Registers()
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def configure(self, **fields: Any) -> None:
        self.update(fields)


class Synapses:
    """The words of a core's synapse memory; there may be a million."""

    def __init__(self) -> None:
        self.words: dict[int, tuple[int, int, int, int]] = {}
        self._place = 0

    def __getitem__(self, place: int) -> Synapses:
        self._place = place
        return self

    def configure(self, CIdx: int, Wgt: int, synFmtId: int, LrnEn: int) -> None:
        """Write a word: compartment, weight, format, and whether it learns."""
        self.words[self._place] = CIdx, Wgt, synFmtId, LrnEn


class OutAxon(NamedTuple):
    """An entry of an out-axon list: from a compartment to an in-axon of a core.

    A discrete axon has ``pop`` 0, and None for population and atom.
    """

    compartment: int
    pop: int
    chip: int
    core: int
    axon: int
    population: int | None = None
    atom: int | None = None


class Core(Registers):
    """A core: its registers, and the axons that were made."""

    def __init__(self, number: int, chip: Any) -> None:
        super().__init__()
        self.update(id=number, parent=chip, axons=[], synapses=Synapses())
        self.cxState = SimpleNamespace(chip=chip.id, core=number)

    def createDiscreteAxon(
        self, srcCxId: int, dstChipId: int, dstCoreId: int, dstSynMapId: int
    ) -> None:
        """Make an axon that says nothing but that a compartment fired."""
        self.axons.append(OutAxon(int(srcCxId), 0, dstChipId, dstCoreId, dstSynMapId))

    def createPop16Axon(self, **given: int) -> None:
        self._population(16, **given)

    def createPop32Axon(self, **given: int) -> None:
        self._population(32, **given)

    def _population(
        self,
        pop: int,
        popId: int,
        srcCxId: int,
        srcRelCxId: int,
        dstChipId: int,
        dstCoreId: int,
        dstSynMapId: int,
    ) -> None:
        to = dstChipId, dstCoreId, dstSynMapId
        self.axons.append(OutAxon(int(srcCxId), pop, *to, popId, srcRelCxId))


class Graph:
    """Keep the snips that NxSDK would compile."""

    def __init__(self) -> None:
        self.snips: list[dict[str, Any]] = []

    def createSnip(self, phase: Any, **given: Any) -> SimpleNamespace:
        self.snips.append({"phase": phase, **given})
        return SimpleNamespace(name=given.get("name", "host"))


class SpikeGenerator:
    """Takes the spikes of the host ahead of a run."""

    def __init__(self, board: Any) -> None:
        self.spikes: list[dict[str, int]] = []

    def _add(self, **given: int) -> None:
        self.spikes.append(given)

    addSpike = addPop16Spike = addPop32Spike = _add


class Phase(Enum):
    EMBEDDED_MGMT = 1
    EMBEDDED_PRELEARN_MGMT = 2
    HOST_CONCURRENT_EXECUTION = 3


class SpikeProbe:
    """NxSDK's probe of spikes, with the list that nengo-loihi empties."""

    probeDict: ClassVar[dict[Any, Any]] = {}


class Board:
    """Chips of cores, in numbers of their own, as on a board."""

    def __init__(
        self,
        board_id: int,
        n_chips: int,
        n_cores_per_chip: Sequence[int],
        n_synapses_per_core: Sequence[Sequence[int]],
    ) -> None:
        self.started = False
        self.n2Chips = [self._chip(i, n) for i, n in enumerate(n_cores_per_chip)]
        self.monitor = SimpleNamespace(probe=self._probe)
        self.executor = SimpleNamespace(hasStarted=lambda: self.started)
        self.probes: list[Probe] = []
        # nengo-loihi puts its own in the place of NxSDK's.
        self.graph = import_module("nxsdk.graph.graph").Graph()
        self.createSnip = self.graph.createSnip

    def _chip(self, number: int, cores: int) -> SimpleNamespace:
        chip = SimpleNamespace(id=number + 1, parent=self)
        chip.n2Cores = chip.n2CoresAsList = [Core(3 + i, chip) for i in range(cores)]
        return chip

    def _probe(self, states: Any, compartments: Any, key: str) -> list[Any]:
        made = [
            SimpleNamespace(timeSeries=SimpleNamespace(data=[])) for _ in compartments
        ]
        self.probes.append(Probe(states, list(compartments), key, made))
        return made

    def createChannel(self, name: bytes, **size: int) -> SimpleNamespace:
        return SimpleNamespace(name=name, size=size, connect=lambda *_: None)

    def start(self) -> None:
        self.started = True

    def disconnect(self) -> None:
        self.started = False


@dataclass(frozen=True)
class Probe:
    """Recorded values of compartments, one list for each."""

    states: Any
    compartments: list[int]
    key: str
    recorded: list[Any]


class _Trace:
    def genTraceCfg(self, **given: int) -> SimpleNamespace:
        return SimpleNamespace(writeToRegister=lambda register: register.update(given))


def _microcode(rules: Sequence[str], doOptimize: bool) -> SimpleNamespace:
    return SimpleNamespace(numUCodes=len(rules), uCodes=list(rules))


def modules(board: type = Board) -> dict[str, ModuleType]:
    """Return the modules of a package `nxsdk` whose boards are of a class."""
    contents: dict[str, dict[str, Any]] = {
        "": {"__version__": "1.0.0", "__file__": __file__},
        ".compiler.microcodegen.interface": {"ruleToUCode": _microcode},
        ".graph.graph": {"Graph": Graph},
        ".graph.nxinputgen.nxinputgen": {"BasicSpikeGenerator": SpikeGenerator},
        ".graph.nxprobes": {"N2SpikeProbe": SpikeProbe},
        ".graph.processes.phase_enums": {"Phase": Phase},
        ".arch.n2a.compiler.tracecfggen.tracecfggen": {"TraceCfgGen": _Trace},
        ".arch.n2a.n2board": {"N2Board": board},
    }
    made: dict[str, ModuleType] = {}
    for path, names in contents.items():
        for name in accumulate(f"nxsdk{path}".split("."), "{}.{}".format):
            if name not in made:
                made[name] = ModuleType(name)
                made[name].__spec__ = ModuleSpec(name, None)
                made[name].__path__ = []
                parent, _, own = name.rpartition(".")
                if parent:
                    setattr(made[parent], own, made[name])
        vars(made[name]).update(names)
    return made


@contextmanager
def install_nxsdk(board: type = Board) -> Iterator[SimpleNamespace]:
    """nengo-loihi's modules for the hardware, as they are where NxSDK is.

    Other tests import nengo-loihi without it, so that these are copies.
    """
    import_module(f"{HARDWARE}interface")
    package = sys.modules[HARDWARE[:-1]]
    kept = {name: sys.modules.pop(f"{HARDWARE}{name}") for name in COPIED}
    fakes = modules(board)
    sys.modules.update(fakes)
    try:
        yield SimpleNamespace(
            **{name: import_module(f"{HARDWARE}{name}") for name in COPIED}
        )
    finally:
        for name in fakes:
            del sys.modules[name]
        for name, module in kept.items():
            sys.modules[f"{HARDWARE}{name}"] = module
            setattr(package, name, module)
