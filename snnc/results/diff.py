"""The changes from one network to another, and from one folder of specs to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from snnc.results.base import INLINE, TEXTS, Result, renamed

Verdict = Literal["valid", "retrain", "incompatible"]
BUDGET = ("rate", "percentile")
MUCH = 10
"""The smallest reported change of the fullest core's use, in percentage points."""


@dataclass(frozen=True, slots=True)
class ComparedSpec:
    """The names of a version's source and network."""

    source: str
    network: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A property with its old and new value; None where it does not exist."""

    key: str = field(metadata=renamed("property"))
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.key} {self.new} (new)"
        if self.new is None:
            return f"{self.key} {self.old} (gone)"
        return f"{self.key} {arrow(self.old, self.new)}"


def arrow(old: object, new: object) -> str:
    """Write a change, or only the value if nothing changed."""
    return f"{old}" if old == new else f"{old} -> {new}"


@dataclass(frozen=True, slots=True)
class WholeLayer:
    """A layer that is new or gone, with its statement."""

    change: Literal["added", "removed"]
    name: str
    kind: str
    shape: tuple[int, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class RenamedLayer:
    """A layer that has another name."""

    change: Literal["renamed"] = field(default="renamed", init=False)
    old: str
    new: str
    kind: str


@dataclass(frozen=True, slots=True)
class ChangedLayer:
    """A layer with other properties."""

    change: Literal["changed"] = field(default="changed", init=False)
    name: str
    kind: str
    properties: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class ReorderedLayers:
    """The layers in their old and their new order, under their new names."""

    change: Literal["reordered"] = field(default="reordered", init=False)
    old: tuple[str, ...]
    new: tuple[str, ...]


LayerChange = WholeLayer | RenamedLayer | ChangedLayer | ReorderedLayers


@dataclass(frozen=True, slots=True)
class TensorShape:
    """A tensor of only one of the networks."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChangedTensor:
    """A tensor with another shape; with ``zeros``, all its new values must be 0."""

    name: str
    old: tuple[int, ...]
    new: tuple[int, ...]
    zeros: bool


@dataclass(frozen=True, slots=True)
class RenamedTensor:
    """A tensor that has another name, because its layer has one."""

    old: str
    new: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorChanges:
    """The tensors that differ, and the names of those that are ``kept``."""

    added: tuple[TensorShape, ...] = ()
    removed: tuple[TensorShape, ...] = ()
    changed: tuple[ChangedTensor, ...] = ()
    renamed: tuple[RenamedTensor, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """A trait of a layer that differs; the same weights compute something else."""

    layer: str
    trait: Changed

    def __str__(self) -> str:
        return f"{self.layer}: {self.trait}"


@dataclass(frozen=True, slots=True)
class Note:
    """A change of some layers that keeps the weights valid."""

    layers: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{', '.join(self.layers)}: {self.text}"


@dataclass(frozen=True, slots=True)
class WeightsChange:
    """Whether the new network can use weights that were trained for the old network.

    The verdict is ``valid`` if the weights load and have the same meaning, ``retrain``
    if they load, but ``build_model()`` uses them to compute a different function (see
    ``causes``), and ``incompatible`` if they do not load. ``reordered`` says whether
    only the order of the tensors differs. ``notes`` are changes that keep the weights
    valid.
    """

    verdict: Verdict
    old_id: str = field(metadata=renamed("old_layout_id"))
    new_id: str = field(metadata=renamed("new_layout_id"))
    tensors: TensorChanges = field(metadata=INLINE)
    reordered: bool = False
    causes: tuple[Cause, ...] = field(default=(), metadata=TEXTS)
    notes: tuple[Note, ...] = field(default=(), metadata=TEXTS)


@dataclass(frozen=True, slots=True)
class CoresTaken:
    """The cores of a network, and upper bounds for one example, as in `Report`."""

    fits: Literal[True] = field(default=True, init=False)
    cores: int
    chips: int
    spikes: float
    energy_joules: float
    example_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class CoresRefused:
    """The first diagnostic that says why a network does not fit on the chip."""

    fits: Literal[False] = field(default=False, init=False)
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CoreUse:
    """The cores of a layer, its blocks, and the use of each limit on its fullest core.

    The use is in percent, by the name of the limit.
    """

    cores: int = 0
    block: str = ""
    percent: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LayerCores:
    """A layer whose use of cores differs; None where the layer does not exist."""

    layer: str
    old: CoreUse | None
    new: CoreUse | None

    @property
    def rows(self) -> tuple[Changed, ...]:
        """The numbers of cores, the blocks, and the limits used differently."""
        old = self.old or CoreUse()
        new = self.new or CoreUse()
        rows = [Changed("cores", str(old.cores), str(new.cores))]
        if old.block or new.block:
            rows.append(Changed("block", old.block or "none", new.block or "none"))
        for limit, percent in new.percent.items():
            before = old.percent.get(limit, percent)
            if abs(percent - before) >= MUCH:
                rows.append(Changed(limit, f"{before} %", f"{percent} %"))
        return tuple(rows)


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of both networks, and the layers whose use differs."""

    old: CoresTaken | CoresRefused
    new: CoresTaken | CoresRefused
    layers: tuple[LayerCores, ...]


@dataclass(frozen=True, slots=True)
class RateChange:
    """The old and new rate budget of a layer, or its percentile, marked as such."""

    layer: str
    old: str
    new: str


@dataclass(frozen=True, eq=False, repr=False)
class Diff(Result):
    """The changes from one network to another, for reviewers.

    Attributes
    ----------
    old, new : ComparedSpec
        The names of the two sources and networks.
    same : bool
        Whether the two specs have the same meaning.
    tensors, layers, cores, rates, sections
        Internal: the changes of weights, layers, cores, rate budgets, and statements
        about the whole network, such as ``train``.
    respelt : bool
        Whether the specs differ in words with the same meaning.
    """

    _omitted = ("respelt",)

    _internal = frozenset(("cores", "layers", "rates", "sections", "tensors"))

    old: ComparedSpec
    new: ComparedSpec
    same: bool
    tensors: WeightsChange = field(metadata=renamed("weights"))
    layers: tuple[LayerChange, ...]
    cores: Cores
    rates: tuple[RateChange, ...]
    sections: Mapping[str, tuple[Changed, ...]] = field(metadata=INLINE)
    respelt: bool

    @property
    def weights(self) -> Verdict:
        """The verdict on trained weights: ``valid``, ``retrain``, ``incompatible``."""
        return self.tensors.verdict

    def __repr__(self) -> str:
        same = "same" if self.same else "changed"
        return f"<snnc.Diff {self.old.source} -> {self.new.source}: {same}>"


@dataclass(frozen=True, slots=True)
class SpecChange:
    """The change of one spec; ``path`` is relative to both folders.

    ``old`` and ``new`` are None for a missing or broken spec. ``weights`` is None
    unless both networks can be compared.
    """

    path: str
    change: Literal["added", "removed", "changed", "same", "broken"]
    old: CoresTaken | CoresRefused | None = None
    new: CoresTaken | CoresRefused | None = None
    weights: Verdict | None = None


@dataclass(frozen=True)
class FolderDiff(Result):
    """The changes of the specs of a folder, by path."""

    old: str
    new: str
    same: bool
    specs: tuple[SpecChange, ...]

    @property
    def broken(self) -> bool:
        """Whether any spec has errors."""
        return any(spec.change == "broken" for spec in self.specs)
