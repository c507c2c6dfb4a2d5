"""Import a Keras model: read it in any format or from code, and write its spec."""

from __future__ import annotations

import importlib.util
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostics
from snnc.driver import add_advice
from snnc.importer.convert import Conversion, convert
from snnc.importer.files import read_file
from snnc.importer.from_code import saved_by_code
from snnc.importer.model import ImportRequest, KerasModel, ModelWeights
from snnc.importer.refusals import RefusedModelError, not_a_model, refused, too_large
from snnc.importer.spec import LIMIT, SPIKE, TOP, compile_written
from snnc.importer.weights import StoredWeights, refusing
from snnc.ir.layout import input_scale, tensors
from snnc.ir.logical import LogicalNetwork
from snnc.language.written import interval
from snnc.passes import Compilation
from snnc.rules.files import CannotWrite
from snnc.rules.model_files import NoWeights, OldModel, PackageMissing
from snnc.rules.weights import SCALING_RECIPE, SPIKES_RECIPE
from snnc.runtime.files import replacing
from snnc.source import whole_file
from snnc.text.installing import installation
from snnc.weight_files.header import serialize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.importer.tensors import TensorMaker

    Tensors = Mapping[str, NDArray[Any]]

LARGEST_FILE = 4 * 2**30
"""The most bytes; VGG16 with the state of its optimizer has 1.7 GB."""
CALL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def read(
    target: str | Path,
    tell: Callable[[str], None] = print,
    weights: str | Path = "",
) -> tuple[KerasModel, StoredWeights | None]:
    """Read a model, and open its weights.

    The weights are None if the file has only an architecture. They are a context
    manager; each layer is read on request. Raise RefusedModelError for any problem.

    Parameters
    ----------
    target :
        A `.keras` file, an `.h5` file, a file with the text of ``to_json()``, a
        TensorFlow.js ``model.json``, the folder of a SavedModel, or
        ``module:function``. Files are recognized by their content, not their names.
    tell :
        Called with a sentence before a SavedModel or a user's function runs.
    weights :
        A weight file for an architecture, written by ``save_weights`` or ``save`` of
        Keras 2 or 3.
    """
    name = target if isinstance(target, str) else target.as_posix()
    beside = weights if isinstance(weights, str) else weights.as_posix()
    with refusing(name):
        how = how_to_read(Path(name), name, tell)
        if beside and how != "file":
            raise not_a_model(
                name, "`--weights` needs a file that contains an architecture"
            )
    if beside:
        with refusing(beside):
            check_file(Path(beside), beside)
    with refusing(name), ExitStack() as stack:
        resources = stack.enter_context(ExitStack())
        file = Path(name)
        if how != "file":
            file = resources.enter_context(saved_by_code(how, name))
        model, stored = read_file(file, name, resources, beside)
        if stored is None:
            return model, None
        owners = {layer.name: layer.shares or layer.name for layer in model.layers}
        stack.pop_all()  # the weights close the resources
        return model, replace(stored, name=name, owners=owners, resources=resources)


def how_to_read(path: Path, name: str, tell: Callable[[str], None]) -> str:
    """Return whether to read a ``file``, ``load`` a folder or ``call`` a function."""
    if not path.exists() and CALL.fullmatch(name):
        tell(f"note: running your code `{name}` to get the model")
        return "call"
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        _check_folder(path, name)
        tell(
            f"note: loading the SavedModel `{name}` with TensorFlow, which runs code "
            "in it"
        )
        return "load"
    check_file(path, name)
    return "file"


def check_file(path: Path, name: str) -> None:
    """Refuse a file that is not a regular file or is too large."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise not_a_model(name, "it is not a regular file")
    if status.st_size > LARGEST_FILE:
        raise too_large(name, "a file", status.st_size, LARGEST_FILE)


def _check_folder(path: Path, name: str) -> None:
    """Refuse a folder that is not a SavedModel, or can't be loaded."""
    files = {
        "config.json": "it is the folder of an unpacked `.keras` archive: pack the "
        "folder with zip",
        "model.json": "it is a folder: name the `model.json` in the folder",
    }
    for file, reason in files.items():
        if (path / file).exists():
            raise not_a_model(name, reason)
    if not (path / "saved_model.pb").exists():
        raise not_a_model(name, "it is a folder without a saved_model.pb")
    if importlib.util.find_spec("tensorflow") is None:
        raise refused(
            PackageMissing,
            path=name,
            package="TensorFlow",
            command=installation("keras"),
        )


def run(
    target: str,
    request: ImportRequest,
    weights_out: str,
    spec: str,
    report: Diagnostics,
    say: Callable[[str], None],
    shown: str = "",
    limits: AbstractContextManager[None] | None = None,
) -> ImportOutcome | None:
    """Import a model; return None if it or its weights can't be read.

    Parameters
    ----------
    target :
        See `read`.
    weights_out, spec, shown :
        The names of the converted weights, the spec and the model in messages. If
        ``weights_out`` is empty, the weights are not converted; ``shown`` is by default
        ``target``.
    report :
        Receives every problem, including problems in the spec.
    limits :
        A context that limits time and memory; all weights are read inside it.
    """
    shown = shown or target
    try:
        with ExitStack() as stack:
            with limits or nullcontext():
                model, weights = read(target, say, request.weights)
                if weights is not None:
                    stack.enter_context(weights)
                # A spec depends on the signs of norms before a maximum, or on a range.
                kinds = [layer.kind for layer in model.layers]
                is_used = any("Max" in k or k == "Normalization" for k in kinds)
                if not weights_out and not is_used:
                    weights = None
                elif weights is not None and limits is not None:
                    weights.load()
            return outcome(shown, model, weights, request, weights_out, spec, report)
    except RefusedModelError as error:
        report.add(error.at(shown).diagnostic)
        return None


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
    """

    text: str
    notes: tuple[str, ...]
    conversion: Conversion | None = None
    compilation: Compilation | None = None
    network: LogicalNetwork | None = None
    tensors: Tensors = field(default_factory=dict)


def outcome(
    target: str,
    model: KerasModel,
    weights: ModelWeights | None,
    request: ImportRequest,
    weights_out: str,
    spec: str,
    report: Diagnostics,
) -> ImportOutcome | None:
    """Convert a model; see `run`.

    Raise RefusedModelError if the weights can't be read, or do not belong to the model.
    """
    conversion = convert(model, request, target, weights)
    report.extend(conversion.problems)
    written = conversion.written
    if written is None:
        return ImportOutcome("", (), conversion)
    compiled = Diagnostics()
    written, made = compile_written(written, spec, compiled, request)
    add_advice(made, compiled)
    report.extend(compiled.diagnostics)
    notes = (*model.notes, *written.notes)
    network: LogicalNetwork | None = None
    arrays: Tensors = {}
    if weights_out:
        if weights is None and model.has_old_weights:
            raise refused(OldModel, path=target, writer=f"Keras {model.keras}")
        if weights is None:
            report.add(NoWeights(span=whole_file(Path(target)), path=target))
        if weights is None or made.lowered is None:  # its diagnostics say why
            return None
        # These modules import NumPy.
        from snnc.importer.tensors import convert_weights
        from snnc.weight_files.cores import placed_layers, predict_loss

        network = made.lowered.network
        arrays, scales = convert_weights(conversion, weights, network)
        written = written.at(scales.rate)
        if scales.rate != TOP:
            own_report = Diagnostics()
            written, made = compile_written(written, spec, own_report, request)
            if made.lowered is None:  # no rate is low enough
                report.extend(own_report.diagnostics)
        placed = placed_layers(made.mapped, arrays) if made.mapped is not None else ()
        given = "" if request.values is None else interval(*request.values)
        report.extend(predict_loss(placed, weights_out, given))
        if made.mapped is not None:
            notes = (*notes, *_next_steps(conversion, scales, spec, weights_out))
    return ImportOutcome(written.text, notes, conversion, made, network, arrays)


def _next_steps(
    conversion: Conversion, scales: TensorMaker, spec: str, weights: str
) -> Iterator[str]:
    """Describe how the encoder avoids clipping, and what to do next."""
    assert conversion.written is not None
    may = f"{conversion.state.encoder} may output up to {scales.bound:.4g}"
    clips = scales.bound > LIMIT * scales.least
    if clips and scales.encoder != 1.0:
        yield (
            f"{may}, but an encoder of {TOP:g} Hz clips at {LIMIT:g}: its weights are "
            f"divided by {scales.encoder:g}, and those of its readers are multiplied, "
            "so outputs stay the same"
        )
    if clips and scales.rate != TOP:
        yield f"{may}: `rate ..{scales.rate:g} Hz` prevents clipping in its encoder"
    state, network = conversion.state, conversion.written.network
    recipe = SPIKES_RECIPE.format(network=network, file=weights)
    if state.request.rewrites:
        every_phase = recipe.replace(" --phases scale,spikes", "")
        yield (
            f"with --rewrite, the outputs differ from {conversion.model.tool}'s: run "
            f"`snnc build {spec}`, and train these weights in all phases: "
            f"`{every_phase}`"
        )
        return
    near = "near " if state.curves else ""
    finals = ", ".join(sorted(set(state.finals.values())))
    if scales.bound > SPIKE and scales.least != 1.0:
        spikes = scales.bound / SPIKE
        yield (
            f"{state.encoder} may output up to {spikes:.4g} per step: tools in which "
            "a neuron fires at most once per step clip "
            "it at 1, but the spec does not, so outputs differ for inputs with which "
            f"{state.encoder} is above 1; `--input-range` sets the range"
        )
        near = "near "
    outputs = f"the outputs are {near}{conversion.model.tool}'s"
    yield f"{outputs}, before the {finals}" if finals else outputs
    yield (
        f"after `snnc build {spec}`, training on spikes usually gives the best "
        f"accuracy: `{recipe}`"
    )
    scaling = SCALING_RECIPE.format(network=network, file=weights)
    yield (
        "if you don't train, and `snnc evaluate` says that rates are not held, scale "
        f"the weights: `{scaling}`"
    )


def write_files(
    done: ImportOutcome,
    weights_file: Path | None,
    output: Path | None,
    report: Diagnostics,
) -> bool:
    """Write the tensors and the spec, if there are any; after an error, neither."""
    contents: dict[Path, bytes] = {}
    if weights_file is not None and done.network is not None:
        layout, scale = tensors(done.network), input_scale(done.network)
        contents[weights_file] = serialize(layout, done.tensors, scale, "imported")
    if output is not None and done.text:
        contents[output] = done.text.encode("utf-8")
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
