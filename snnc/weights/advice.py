"""What to do about a weights file that does not fit, by what is wrong with it."""

from __future__ import annotations

from snnc.graph.layout import Tensor
from snnc.weights.fit import Fit, Pair
from snnc.weights.header import Stored

KERAS = "these are names of Keras: write the file with the package's `export_weights`"
TYPES = "convert them to float32, and write them with the package's `save_weights`"
UNMARKED = (
    "the tensors agree, but the file was written without `save_weights` of the package:"
    " write it with that"
)
TURNED = (
    "the kernels look transposed, as PyTorch stores them: out and in are the last axes"
    " here"
)
NAMES = "the shapes agree: rename the tensors in the file, or"
MIGRATE = (
    "train anew, or carry over what still fits with `snnc weights FILE --migrate"
    " OLD_SPEC NEW_SPEC -o NEW_FILE`; `git:HEAD:PATH` is a spec as it was committed"
)
OLD_SPEC = (
    "name the spec that the file was trained for as OLD_SPEC; `git:REV:PATH` is one as"
    " it was in a revision"
)


def advice(fitting: Fit, migrating: bool = False) -> str:
    """Return the help for a file that does not fit.

    Parameters
    ----------
    migrating
        Whether the network is the OLD_SPEC of a migration already.
    """
    problems = fitting.problems
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
    """Whether out and in stand first: out, in, height, width."""
    stored, wanted = pair.stored, pair.wanted
    if stored is None or wanted is None or len(wanted.shape) < 2:
        return False
    *spatial, inward, outward = wanted.shape
    return stored.shape == (outward, inward, *spatial) != wanted.shape


def _is_renamed(problems: tuple[Pair, ...]) -> bool:
    """Whether the file has all shapes, under names that the network does not know."""
    missing = [pair.wanted for pair in problems if pair.stored is None]
    unknown = [pair.stored for pair in problems if pair.wanted is None]
    if not missing or len(missing) + len(unknown) < len(problems):
        return False
    return sorted(map(_shape, missing)) == sorted(map(_shape, unknown))


def _shape(tensor: Tensor | Stored | None) -> tuple[int, ...]:
    return () if tensor is None else tensor.shape
