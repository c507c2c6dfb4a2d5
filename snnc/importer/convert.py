"""Convert a Keras model to a spec, layer by layer, and write the spec and weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostic, Diagnostics, Severity
from snnc.driver import allow_warnings
from snnc.importer.draft import Decision, Rule, StatementDraft
from snnc.importer.ends import NetworkEnds, convert_ends, without_lambdas
from snnc.importer.model import (
    REWRITES,
    ImportRequest,
    KerasModel,
    ModelWeights,
    RefusedModelError,
)
from snnc.importer.spec import TOP, WrittenSpec, write
from snnc.importer.state import ConversionState
from snnc.importer.table import (  # noqa: F401  modules that register readers
    arithmetic,
    pooling,
    read_layer,
)
from snnc.ir.layout import input_scale, tensors
from snnc.loihi.plan import PlanCache
from snnc.loihi.profile import read_profile
from snnc.passes import Compilation, run_passes
from snnc.passes.place import cores_needed, exceeds_target, place
from snnc.rules import imports
from snnc.rules.files import CannotWrite
from snnc.runtime.files import replacing
from snnc.source import SourceFile, whole_file
from snnc.text.tables import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.importer.tensors import TensorMaker
    from snnc.ir.logical import LogicalNetwork
    from snnc.ir.mapped import MappedNetwork

    Tensors = Mapping[str, NDArray[Any]]


RULES: dict[Rule, type[Diagnostic]] = {
    "layer": imports.LayerRefused,
    "option": imports.OptionRefused,
    "activation": imports.ActivationRefused,
    "maxpool": imports.MaxPoolRefused,
    "input": imports.InputRefused,
    "inputs": imports.SeveralModelInputs,
    "foreign": imports.CustomObject,
}
WEIGHTED = ("Conv", "Dense", "Depthwise", "Separable", "BatchNorm", "PReLU", "Norm")
"""Prefixes of the imported classes with weights."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """The result of a conversion.

    Attributes
    ----------
    state :
        The final state, whose model lacks the layers that the host computes.
    decisions :
        All decisions, in the order of the layers.
    ends, written :
        The parts of the spec; None if a layer was refused.
    problems :
        The reasons for refusals, or warnings.
    """

    model: KerasModel
    state: ConversionState
    decisions: tuple[Decision, ...]
    ends: NetworkEnds | None
    written: WrittenSpec | None
    problems: tuple[Diagnostic, ...]

    @property
    def drafts(self) -> tuple[StatementDraft, ...]:
        """The statements of the spec; empty if a layer was refused."""
        return tuple(self.state.drafts.values()) if self.ends else ()


def convert(
    model: KerasModel,
    request: ImportRequest,
    path: str,
    weights: ModelWeights | None = None,
) -> Conversion:
    """Convert a model to a spec.

    Parameters
    ----------
    path :
        The name of the model in diagnostics.
    weights :
        The model's weights, or None if they are unknown. Without weights, norms are
        assumed not to change signs.

    Raises
    ------
    RefusedModelError
        If an option has a value that Keras does not write, or if the spec would be too
        long.
    """
    rest, cut = without_lambdas(model)
    state = ConversionState(rest, request, weights)
    for name, kind in cut.items():
        if kind == "Lambda":
            state.finals[name] = kind
        why = "removed: at the end of the model, the host can compute it"
        state.decide(Decision(name, "", "rewritten", why))
    for layer in state.layers.values():
        state.values[layer.name] = read_layer(layer)
    ends = convert_ends(state)
    _tell_rest(state)
    written = None if ends is None else write(state, ends)
    places = {layer.name: place for place, layer in enumerate(model.layers)}
    decisions = sorted(state.decisions, key=lambda d: (places[d.layer], d.option != ""))

    problems = tuple(_diagnose(decisions, model, request, path))
    return Conversion(model, state, tuple(decisions), ends, written, problems)


def _tell_rest(state: ConversionState) -> None:
    """Give each layer a verdict, even if its sources were refused."""
    for layer in state.layers.values():
        if layer.shares and layer.kind.startswith(WEIGHTED):
            layer.rewrite(
                f"shared with `{layer.shares}` in Keras; retraining changes them "
                "separately",
                "weights of its own",
            )
        is_broken = state.values[layer.name].broken
        when = "as soon as its input can be imported"
        state.tell(
            layer.name, "kept", when if is_broken else "in the kernels that read it"
        )


def compile_written(
    written: WrittenSpec, name: str, report: Diagnostics, request: ImportRequest
) -> tuple[WrittenSpec, Compilation]:
    """Run snnc's own passes over a written spec, and map it to cores.

    If the network needs more than one chip and the user did not choose a number, the
    spec gets as many chips as its cores need. This function does not search for a
    smaller network that fits, because the search takes longer than the import. `snnc
    check` searches for one.
    """
    own, cache = Diagnostics(), PlanCache()
    made = _lower_spec(written, name, own, request, cache)
    if made.lowered is not None and not own.errors:
        mapped, cores = None, None
        is_large = request.chips is None and exceeds_target(made.lowered)
        if not is_large:
            mapped = place(made.lowered, own, cache)
        if mapped is None and request.chips is None:
            cores = cores_needed(made.lowered, cache)
        chips = ceil((cores or 1) / made.device.chip.cores)
        if cores is not None:
            own, written = Diagnostics(), written.on(chips)
            made = _lower_spec(written, name, own, request, cache)
        if (is_large or cores is not None) and made.lowered is not None:
            mapped = place(made.lowered, own, cache)
        if mapped is not None and cores is not None:
            is_least = chips == ceil(mapped.cores / made.device.chip.cores)
            fits = "is the smallest that fits" if is_least else "fits"
            note = f"the network takes {mapped.cores} cores: `chips {chips}` {fits}"
            written = replace(written, notes=(*written.notes, note))
        made = replace(made, mapped=mapped)
    allow_warnings(made, own)
    report.extend(own.diagnostics)
    return written, made


def _lower_spec(
    written: WrittenSpec,
    name: str,
    report: Diagnostics,
    request: ImportRequest,
    cache: PlanCache,
) -> Compilation:
    source = SourceFile(name, written.text)
    start = Compilation(source, request.device or read_profile(), cache)
    return run_passes(start, report, "lower")


def _diagnose(
    decisions: Sequence[Decision], model: KerasModel, request: ImportRequest, path: str
) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each cause of refusals, in the order of the layers.

    If no layer was refused, yield one for each rewrite that no layer needs.
    """
    span = whole_file(Path(path))
    kinds = {layer.name: layer.kind for layer in model.layers}
    causes: dict[tuple[Rule, str, str, str], dict[str, str]] = {}
    for d in decisions:
        if d.verdict == "refused":
            layers = causes.setdefault((d.rule, d.option, d.why, d.remedy), {})
            layers[d.layer] = kinds[d.layer]
    is_pool = any(rule == "maxpool" for rule, *_ in causes)
    costs = ", ".join(_pool_costs(model, request, path)) if is_pool else ""
    for (rule, option, why, remedy), layers in causes.items():
        fields: dict[str, Any] = {
            "layers": tuple(layers),
            "kinds": tuple(dict.fromkeys(layers.values())),
            "why": why,
            "advice": remedy,
        }
        if rule == "maxpool":
            fields["costs"] = costs
        elif rule in ("option", "activation"):
            fields["option"] = option
        yield RULES[rule](span=span, **fields)
    rewritten = " ".join(d.why for d in decisions if d.verdict == "rewritten")
    for what, by in () if causes else request.rewrites:
        if f"`{what}={by}`" not in rewritten:
            yield imports.RewriteUnused(span=span, rewrite=f"{what}={by}")


def _pool_costs(model: KerasModel, request: ImportRequest, path: str) -> Iterator[str]:
    """Yield the cost in cores of each rewrite of all max pools.

    Yield nothing if the user asked for a rewrite, or other layers are refused.
    """
    offered = () if request.rewrite("maxpool") else REWRITES["maxpool"]
    for by in offered:
        asked = replace(request, rewrites=(*request.rewrites, ("maxpool", by)))
        try:
            written = convert(model, asked, path).written
        except RefusedModelError:  # its spec is too long
            continue
        if written is None:
            continue
        report = Diagnostics()
        _, results = compile_written(written, "imported.snn", report, request)
        errors = [d for d in report.diagnostics if d.severity is Severity.ERROR]
        if results.mapped is not None:
            yield f"{by} takes {counted(results.mapped.cores, 'core')} in all"
        elif errors:
            yield f"{by}: {errors[0].message}"


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The result of an import.

    Attributes
    ----------
    text :
        The spec; empty if a layer was refused.
    notes :
        Sentences for stderr.
    conversion :
        None for a spec that the file contains.
    compilation :
        The result of compiling the spec; None without a spec.
    """

    text: str
    notes: tuple[str, ...]
    conversion: Conversion | None = None
    compilation: Compilation | None = None


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
        return ImportOutcome("", (), conversion)
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
            report.add(imports.NoWeights(span=whole_file(Path(target)), path=target))
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
    return ImportOutcome(written.text, notes, conversion, made)


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
            f"train it again; `python -m {network}.train --from WEIGHTS` begins with "
            "these weights"
        )
        return
    softened = conversion.ends.size.startswith("classes")
    outputs = f"the outputs are {tool}'s{', before a softmax' if softened else ''}"
    yield (
        f"{outputs}; whether rates stay within their budgets depends on the data: "
        f"after a build, `snnc calibrate models/{network} --data DATA.npz --weights "
        "WEIGHTS -o NEW` scales the weights"
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
