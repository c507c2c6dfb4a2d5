"""The outcome of importing a model: a spec, its weights, and messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostics, Severity
from snnc.importer.convert import Conversion, compile_written, convert
from snnc.importer.model import KerasModel, ModelWeights
from snnc.importer.request import ImportRequest
from snnc.importer.statements import TOP
from snnc.ir.layout import input_scale, tensors
from snnc.passes import Compilation
from snnc.rules.files import CannotWrite
from snnc.rules.imports import NoWeights
from snnc.runtime.files import replacing
from snnc.source import whole_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.importer.tensors import TensorMaker
    from snnc.ir.logical import LogicalNetwork
    from snnc.ir.mapped import MappedNetwork

    Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The result of an import.

    Attributes
    ----------
    text :
        The spec; empty if a layer was refused.
    notes :
        Sentences for stderr.
    compilation :
        The result of compiling the spec; None without a spec.
    """

    text: str
    conversion: Conversion
    compilation: Compilation | None
    notes: tuple[str, ...]


def outcome(
    target: str,
    model: KerasModel,
    weights: ModelWeights | None,
    request: ImportRequest,
    weights_file: Path | None,
    output: Path | None,
    report: Diagnostics,
) -> ImportOutcome | None:
    """Convert a model and write the files; see `snnc.importer.read`.

    Raises
    ------
    RefusedModelError
        If the weights can't be read, or do not belong to the model.
    """
    conversion = convert(model, request, target, weights)
    report.extend(conversion.problems)
    written = conversion.written
    if written is None:
        return ImportOutcome("", conversion, None, ())
    name = "imported.snn" if output is None else output.as_posix()
    compiled = Diagnostics()
    written, made = compile_written(written, name, compiled, request)
    is_too_large = made.lowered is not None and made.mapped is None
    for diagnostic in compiled.diagnostics:
        # Unless the user chose the number of chips, the import goes on.
        warns = is_too_large and request.chips is None
        report.add(diagnostic.graded(Severity.WARNING) if warns else diagnostic)
    notes = (*model.notes, *written.notes)
    contents: dict[Path, bytes] = {}
    if weights_file is not None:
        if weights is None:
            report.add(NoWeights(span=whole_file(Path(target)), path=target))
        if weights is None or made.lowered is None:  # its diagnostics say why
            return None
        contents[weights_file], arrays, scales = _weights(
            conversion, weights, made.lowered.network
        )
        written = written.at(scales.rate)
        if scales.rate != TOP:
            own_report = Diagnostics()
            written, made = compile_written(written, name, own_report, request)
            if made.lowered is None:  # no rate is low enough
                report.extend(own_report.diagnostics)
        if made.mapped is not None:
            _warn_of_spikes(made.mapped, arrays, report)
        notes = (*notes, *_next_steps(conversion, scales, request))
    if output is not None:
        contents[output] = written.text.encode("utf-8")
    if not write_all(contents, report):
        return None
    return ImportOutcome(written.text, conversion, made, notes)


def _weights(
    conversion: Conversion, weights: ModelWeights, network: LogicalNetwork
) -> tuple[bytes, Tensors, TensorMaker]:
    """Return a file with the spec's tensors, these tensors and their scales."""
    from snnc.importer.tensors import convert_weights
    from snnc.weight_files.write import serialize

    made, scales = convert_weights(conversion, weights, network)
    scale = input_scale(network)
    return serialize(tensors(network), made, scale, "imported"), made, scales


def _warn_of_spikes(
    mapped: MappedNetwork, arrays: Tensors, report: Diagnostics
) -> None:
    """Report layers that are exact in Keras but lose information on spikes."""
    from snnc.weight_files.chip import strong_spikes
    from snnc.weight_files.cores import placed_layers

    for layer in placed_layers(mapped, arrays):
        report.extend(strong_spikes(layer))


def _next_steps(
    conversion: Conversion, scales: TensorMaker, request: ImportRequest
) -> Iterator[str]:
    """Describe how the encoder avoids clipping, and what to do next."""
    assert conversion.ends is not None
    assert conversion.written is not None
    may = f"{conversion.ends.encoder} may output up to {scales.bound:.4g}"
    if scales.encoder != 1.0:
        yield (
            f"{may}, but an encoder of 250 Hz clips at 4: its weights are divided by "
            f"{scales.encoder:g}, and those of its readers are multiplied, so outputs "
            "stay the same"
        )
    if scales.rate != TOP:
        yield f"{may}: `rate ..{scales.rate:g} Hz` prevents clipping in its encoder"
    tool, network = conversion.model.tool, conversion.written.network
    if request.rewrites:
        yield (
            f"with --rewrite, the outputs differ from {tool}'s: build the spec and "
            f"train it again; `python -m {network}.train --initial` begins with these "
            "weights"
        )
        return
    softened = conversion.ends.size.startswith("classes")
    outputs = f"the outputs are {tool}'s{', before a softmax' if softened else ''}"
    yield (
        f"{outputs}; whether rates stay within their budgets depends on the data: "
        "after a build, `snnc calibrate` scales the weights"
    )


def write_all(contents: Mapping[Path, bytes], report: Diagnostics) -> bool:
    """Write all files or, after an error, none."""
    try:
        with ExitStack() as stack:
            for path, content in contents.items():
                file = stack.enter_context(replacing(path))
                file.write(content)
                file.flush()
    except OSError as error:
        name = Path(error.filename).as_posix()
        reason = error.strerror or str(error)
        report.add(CannotWrite(span=whole_file(Path(name)), reason=reason))
        return False
    return True
