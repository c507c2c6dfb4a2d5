"""Check whether a network accepts the tensors of a file, and give advice."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.ir.layout import TensorSpec, layout_id
from snnc.text.tables import dims
from snnc.weight_files.header import StoredTensor, WeightsHeader


@dataclass(frozen=True, slots=True)
class Pair:
    """A tensor of the network and the tensor with the same name in the file.

    Either may be None, but not both.
    """

    wanted: TensorSpec | None
    stored: StoredTensor | None

    @property
    def name(self) -> str:
        return (self.wanted or self.stored).name  # type: ignore[union-attr]

    @property
    def problem(self) -> str:
        """The problem in one phrase; empty if the tensor fits."""
        if self.stored is None:
            return "missing"
        if self.wanted is None:
            return "not in the network"
        problems = []
        if self.stored.shape != self.wanted.shape:
            problems.append(f"should be {dims(self.wanted.shape)}")
        if self.stored.dtype != self.wanted.dtype:
            problems.append(f"should be {self.wanted.dtype}")
        return ", ".join(problems)


@dataclass(frozen=True, slots=True)
class LayoutFit:
    """A comparison of a file with a layout.

    Attributes
    ----------
    pairs
        The network's tensors in order, then the file's other tensors.
    layout
        The identity of the network's layout.
    written
        The layout identity in the file; None if the file has none.
    scale
        A description of how the scale of the file's input differs; empty if it does
        not.
    """

    pairs: tuple[Pair, ...]
    layout: str
    written: str | None
    scale: str = ""

    @property
    def problems(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.problem)

    @property
    def fits(self) -> bool:
        """Whether the package's `load_weights` accepts the file, apart from values."""
        is_same = self.written == self.layout and not self.scale
        return not self.problems and is_same


def fit(
    header: WeightsHeader, wanted: tuple[TensorSpec, ...], scale: str = "x"
) -> LayoutFit:
    """Compare a file with a network, tensor by tensor."""
    pairs = [Pair(tensor, header.tensors.get(tensor.name)) for tensor in wanted]
    known = {tensor.name for tensor in wanted}
    others = (t for t in header.tensors.values() if t.name not in known)
    pairs += [Pair(None, tensor) for tensor in others]
    stored = header.metadata.get("input_scale", scale)
    other = "" if stored == scale else f"its input is {stored}, not {scale}"
    return LayoutFit(tuple(pairs), layout_id(wanted), header.layout_id, other)


KERAS = (
    "the tensor names come from Keras: write the file with the package's "
    "`export_weights`"
)
TYPES = (
    "convert the tensors to float32, and write the file with the package's "
    "`save_weights`"
)
SCALED = (
    "in the input, write the `in` and `as` with which the file was trained, or train "
    "again"
)
UNMARKED = (
    "the tensors match, but the package's `save_weights` did not write the file: use "
    "it to write the file again"
)
TURNED = (
    "the kernels look transposed, as in PyTorch: snnc expects the input and output "
    "channels as the last axes"
)
NAMES = "the shapes match: rename the tensors in the file, or"
MIGRATE = (
    "train again, or keep the tensors that still fit with `snnc weights FILE --migrate"
    " OLD_SPEC NEW_SPEC -o NEW_FILE`; `git:HEAD:PATH` is the last committed version "
    "of a spec"
)
OLD_SPEC = (
    "name the spec that the file was trained for as OLD_SPEC; `git:REV:PATH` is a "
    "spec from an earlier revision"
)


def advice(fitting: LayoutFit, migrating: bool = False) -> str:
    """Return the help for a file that does not fit.

    Parameters
    ----------
    migrating
        Whether the network is the OLD_SPEC of a migration.
    """
    problems = fitting.problems
    if not problems and fitting.scale:
        return SCALED
    if not problems and fitting.written is None:
        return UNMARKED
    if any("/" in pair.name or pair.name.endswith(":0") for pair in problems):
        return KERAS
    if problems and all(map(_is_only_a_type, problems)):
        return TYPES
    if any(map(_is_turned, problems)):
        return TURNED
    way = OLD_SPEC if migrating else MIGRATE
    return f"{NAMES} {way}" if _is_renamed(problems) else way


def _is_only_a_type(pair: Pair) -> bool:
    stored, wanted = pair.stored, pair.wanted
    return stored is not None and wanted is not None and stored.shape == wanted.shape


def _is_turned(pair: Pair) -> bool:
    """Return whether the axes are in PyTorch order: out, in, height, width."""
    stored, wanted = pair.stored, pair.wanted
    if stored is None or wanted is None or len(wanted.shape) < 2:
        return False
    *spatial, inward, outward = wanted.shape
    return stored.shape == (outward, inward, *spatial) != wanted.shape


def _is_renamed(problems: tuple[Pair, ...]) -> bool:
    """Return whether all missing shapes are in the file under unknown names."""
    missing = [pair.wanted for pair in problems if pair.stored is None]
    unknown = [pair.stored for pair in problems if pair.wanted is None]
    if not missing or len(missing) + len(unknown) < len(problems):
        return False
    return sorted(map(_shape, missing)) == sorted(map(_shape, unknown))


def _shape(tensor: TensorSpec | StoredTensor | None) -> tuple[int, ...]:
    return () if tensor is None else tensor.shape
