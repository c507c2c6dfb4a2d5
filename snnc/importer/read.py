"""Import a Keras model: read its file, and write its spec."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostics
from snnc.driver import add_advice
from snnc.importer.convert import Conversion, convert
from snnc.importer.decisions import Approximation, decisions_about
from snnc.importer.files import read_file
from snnc.importer.model import ImportRequest, KerasModel, ModelWeights
from snnc.importer.refusals import (
    NOT_A_MODEL,
    FileProblem,
    RefusedModelError,
    bad_file,
    old_weights,
    too_large,
)
from snnc.importer.spec import LIMIT, SPIKE, TOP, WrittenSpec, compile_written
from snnc.importer.weights import StoredWeights, refusing
from snnc.ir.layout import input_scale, tensors
from snnc.ir.logical import LogicalNetwork
from snnc.language.written import interval
from snnc.passes import Compilation, completed
from snnc.rules.files import CannotWrite
from snnc.rules.weights import SPIKES_RECIPE
from snnc.runtime.files import replacing
from snnc.source import whole_file
from snnc.weight_files.header import serialize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.importer.drafted import DraftedSpec
    from snnc.importer.tensors import TensorMaker

    Tensors = Mapping[str, NDArray[Any]]

LARGEST_FILE = 4 * 2**30
"""The most bytes; VGG16 with the state of its optimizer has 1.7 GB."""
CONVERSION = (
    "in Python, write `from tensorflow import keras` and "
    "`keras.models.load_model({folder!r}).save({file!r})`"
)


def read(
    target: str | Path, weights: str | Path = ""
) -> tuple[KerasModel, StoredWeights | None]:
    """Read a model, and open its weights.

    The weights are None if the file has only an architecture. They are a context
    manager; each layer is read on request. Raise RefusedModelError for any problem.

    Parameters
    ----------
    target :
        A `.keras` file, an `.h5` file, or a file with the text of ``to_json()``, which
        are recognized by their content, not their names.
    weights :
        A weight file for an architecture, written by ``save_weights`` or ``save`` of
        Keras 2 or 3.
    """
    name = target if isinstance(target, str) else target.as_posix()
    beside = weights if isinstance(weights, str) else weights.as_posix()
    with refusing(name):
        check_file(Path(name), name)
    if beside:
        with refusing(beside):
            check_file(Path(beside), beside)
    with refusing(name), ExitStack() as stack:
        # After an error, `stack` closes the resources; otherwise, the weights do.
        resources = stack.enter_context(ExitStack())
        model, stored = read_file(Path(name), name, resources, beside)
        if stored is None:
            return model, None
        owners = {layer.name: layer.shares or layer.name for layer in model.layers}
        stack.pop_all()  # the weights close the resources
        return model, replace(stored, name=name, owners=owners, resources=resources)


def check_file(path: Path, name: str) -> None:
    """Refuse a file that is not a regular file or is too large."""
    # A name with a colon may be meant as `module:function`.
    if not path.exists() and ":" in name:
        advice = "save its model in Python with `model.save('model.keras')`"
        raise bad_file(
            name, NOT_A_MODEL, "snnc runs no code to get a model", advice=advice
        )
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        if (path / "saved_model.pb").exists():
            advice = CONVERSION.format(folder=name, file=f"{path.name}.keras")
            reason = "it is a SavedModel folder"
            raise bad_file(name, NOT_A_MODEL, reason, advice=advice)
        raise bad_file(name, NOT_A_MODEL, "it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise bad_file(name, NOT_A_MODEL, "it is not a regular file")
    if status.st_size > LARGEST_FILE:
        raise too_large(name, "a file", status.st_size, LARGEST_FILE)


@dataclass(frozen=True, slots=True)
class FileNames:
    """The names of the files of an import in messages.

    Attributes
    ----------
    model, spec :
        The model, and the spec.
    weights :
        The converted weights; empty if the weights are not converted.
    """

    model: str
    spec: str
    weights: str = ""


def run(
    target: str, request: ImportRequest, names: FileNames, report: Diagnostics
) -> ImportOutcome | None:
    """Import a model; return None if it or its weights can't be read.

    ``target`` is the model's file (see `read`). ``report`` receives every problem,
    including problems in the spec.
    """
    try:
        with ExitStack() as stack:
            model, weights = read(target, request.weights)
            if weights is not None:
                stack.enter_context(weights)
            if not names.weights and not _depends_on_weights(model):
                weights = None
            return outcome(model, weights, request, names, report)
    except RefusedModelError as error:
        report.add(error.at(names.model).diagnostic)
        return None


def _depends_on_weights(model: KerasModel) -> bool:
    """Whether the spec depends on the signs of norms, or on a normalized range."""
    kinds = [layer.kind for layer in model.layers]
    return any("Max" in kind or kind == "Normalization" for kind in kinds)


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The result of an import.

    Attributes
    ----------
    text, notes :
        The spec, which is empty if a layer was refused, and sentences for stderr.
    conversion, compilation :
        None for a spec that the file contains.
    network, tensors :
        The spec's network and its tensors, if they were requested.
    commands :
        What to type next; empty for a spec that can't be built.
    """

    text: str
    notes: tuple[str, ...]
    conversion: Conversion | None = None
    compilation: Compilation | None = None
    network: LogicalNetwork | None = None
    tensors: Tensors = field(default_factory=dict)
    commands: tuple[str, ...] = ()


def outcome(
    model: KerasModel,
    weights: ModelWeights | None,
    request: ImportRequest,
    names: FileNames,
    report: Diagnostics,
) -> ImportOutcome | None:
    """Convert a model; see `run`.

    Raise RefusedModelError if the weights are missing, can't be read, or do not belong
    to the model.
    """
    conversion = convert(model, request, names.model, weights)
    report.extend(conversion.problems)
    if conversion.written is None:
        return ImportOutcome("", (), conversion)
    compiled = Diagnostics()
    written, compilation = compile_written(
        conversion.written, names.spec, compiled, request
    )
    add_advice(compilation, compiled)
    report.extend(compiled)
    result = ImportOutcome(
        text=written.text,
        notes=(*model.notes, *written.notes),
        conversion=conversion,
        compilation=compilation,
    )
    if names.weights:
        if weights is None:
            raise _without_weights(model, names.model)
        if compilation.lowered is None:  # its diagnostics say why
            return None
        result = _add_tensors(result, written, weights, names, report)
    if result.compilation is None or result.compilation.mapped is None:
        return result
    commands = tuple(_next_commands(written.network, request, names))
    return replace(result, commands=commands)


def _without_weights(model: KerasModel, path: str) -> RefusedModelError:
    """Return the refusal of a model whose weights were requested."""
    if model.has_old_weights:
        return old_weights(path, f"Keras {model.keras}")
    save = (
        "save the model with `model.save('model.keras')`, or leave out `--weights-out`"
    )
    return bad_file(path, FileProblem("does not contain weights", save))


def _add_tensors(
    result: ImportOutcome,
    written: WrittenSpec,
    weights: ModelWeights,
    names: FileNames,
    report: Diagnostics,
) -> ImportOutcome:
    """Convert the weights; lower the rate of an encoder that would clip.

    Report how much accuracy the chip's integers may cost.
    """
    # These modules import NumPy.
    from snnc.importer.tensors import convert_weights
    from snnc.weight_files.cores import placed_layers, predict_loss

    conversion = completed(result.conversion)
    compilation = completed(result.compilation)
    request = conversion.builder.context.request
    network = completed(compilation.lowered).network
    model = conversion.model
    arrays, scales = convert_weights(written, model, weights, network)
    if scales.rate != TOP:
        compiled = Diagnostics()
        slower = written.at(scales.rate)
        written, compilation = compile_written(slower, names.spec, compiled, request)
        if compilation.lowered is None:  # no rate is low enough
            report.extend(compiled)
    mapped = compilation.mapped
    placed = () if mapped is None else placed_layers(mapped, arrays)
    values = "" if request.values is None else interval(*request.values)
    report.extend(predict_loss(placed, names.weights, values))
    notes = result.notes
    if mapped is not None:  # `--explain` lists the other notes
        outputs = _describe_outputs(written.drafted, conversion, scales)
        notes = (*outputs, *notes)
    return replace(
        result,
        text=written.text,
        notes=notes,
        compilation=compilation,
        network=network,
        tensors=arrays,
    )


def _next_commands(
    network: str, request: ImportRequest, names: FileNames
) -> Iterator[str]:
    """Return the commands that build, train and evaluate the network."""
    yield f"snnc build {shlex.quote(names.spec)}"
    recipe = SPIKES_RECIPE.format(network=network, file=shlex.quote(names.weights))
    if not names.weights or request.rewrites:  # train in all phases
        recipe = recipe.replace(" --phases scale,spikes", "")
    yield recipe if names.weights else recipe.replace(" --from ''", "")
    tested = "--data test.npz --weights trained.safetensors"
    yield f"snnc evaluate models/{network} {tested}"


def _describe_outputs(
    drafted: DraftedSpec, conversion: Conversion, scales: TensorMaker
) -> Iterator[str]:
    """Describe how the encoder avoids clipping, and how outputs differ from Keras's."""
    encoder = drafted.encoder
    may = f"{encoder} may output up to {scales.bound:.4g}"
    clips = scales.bound > LIMIT * scales.least
    if clips and scales.encoder_divisor != 1.0:
        yield (
            f"{may}, but an encoder of {TOP:g} Hz clips at {LIMIT:g}: its weights are "
            f"divided by {scales.encoder_divisor:g}, and those of its readers are "
            "multiplied, so outputs stay the same"
        )
    if clips and scales.rate != TOP:
        yield f"{may}: `rate ..{scales.rate:g} Hz` prevents clipping in its encoder"
    if drafted.context.request.rewrites:
        yield (
            f"with --rewrite, the outputs differ from {conversion.model.tool}'s until "
            "the weights are trained in all phases"
        )
        return
    approximations = decisions_about(conversion.decisions, Approximation)
    near = "near " if any(approximations) else ""
    finals = ", ".join(sorted(set(drafted.finals.values())))
    if scales.bound > SPIKE and scales.least != 1.0:
        spikes = scales.bound / SPIKE
        yield (
            f"{encoder} may output up to {spikes:.4g} per step: tools in which "
            "a neuron fires at most once per step clip "
            "it at 1, but the spec does not, so outputs differ for inputs with which "
            f"{encoder} is above 1; `--input-range` sets the range"
        )
        near = "near "
    outputs = f"the outputs are {near}{conversion.model.tool}'s"
    yield f"{outputs}, before the {finals}" if finals else outputs


def write_files(
    result: ImportOutcome,
    weights_file: Path | None,
    output: Path | None,
    report: Diagnostics,
) -> bool:
    """Write the tensors and the spec, if there are any; after an error, neither."""
    contents: dict[Path, bytes] = {}
    if weights_file is not None and result.network is not None:
        layout = tensors(result.network)
        scale = input_scale(result.network)
        contents[weights_file] = serialize(layout, result.tensors, scale, "imported")
    if output is not None and result.text:
        contents[output] = result.text.encode("utf-8")
    try:
        # `replacing` renames at the end, so after an error both old files remain.
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
