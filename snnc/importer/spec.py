"""Write the text of the spec, choose the names in it, and compile it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from snnc.diagnostics import Diagnostics, Severity
from snnc.importer.drafted import DraftedSpec
from snnc.importer.model import (
    Compiled,
    ImportRequest,
    config_of,
    network_name,
    plain_name,
)
from snnc.importer.refusals import refused
from snnc.importer.values import COUNTS, INPUT, StatementDraft
from snnc.ir.logical import LogicalNetwork
from snnc.ir.lowered import LoweredNetwork
from snnc.language.editions import EDITIONS, NEWEST
from snnc.language.keywords import may_be_bare, written_value
from snnc.language.layers import TrainingProperties
from snnc.language.models import fields_of
from snnc.language.readers import LONGEST_NAME, why_no_name, why_no_package
from snnc.language.written import extents, interval, number, rates
from snnc.loihi.plan import PlanCache
from snnc.loihi.profile import read_profile
from snnc.passes import Compilation, allow_warnings, completed, run_passes
from snnc.passes.place import cores_needed, exceeds_target, least_cores, place
from snnc.rules.imports import LongSpec
from snnc.rules.times import needed_steps
from snnc.source import SourceFile
from snnc.syntax.printer import print_snn
from snnc.syntax.snn import MOST_TOKENS, parse_snn
from snnc.text.tables import counted, dims

_DEFAULTS = EDITIONS[NEWEST]
TOP = _DEFAULTS.encoder_rate[1]
"""The upper rate of an encoder in Hz."""
LIMIT = 1000 / TOP
"""The activation at which an encoder clips: 1/(dt HI) at a time step of 1 ms."""
SPIKE = 1000 / _DEFAULTS.rate[1]
"""The activation at which other layers fire in every step of 1 ms."""
RATE = f"rate {rates(*_DEFAULTS.encoder_rate)}"
ROUND = 10
"""`present` is a multiple of this number of milliseconds."""
_TIMING = re.compile(r"\n  timing \{ present \d+ ms \}")
ENCODED = "encoded"
ALLOW = "  # snnc: allow {} the Keras model has it"
"""Allows a warning about a likely mistake, since an existing model intends it."""
LOST_PENALTY = (
    "an encoder and a readout use the L2 penalty of `train`, which all kernels share"
)
MOST_NAMES = 6
"""The most changed names in a note."""


def sanitized_names(names: Iterable[str]) -> dict[str, str]:
    """Map each name to a valid, distinct name; valid names stay unchanged."""
    valid = {name: name for name in names}
    taken = {name.lower() for name in valid if not why_no_name(name)}
    for name in valid:
        if why_no_name(name):
            valid[name] = _free(plain_name(name, "layer"), taken)
            taken.add(valid[name].lower())
    return valid


def _free(name: str, taken: set[str]) -> str:
    """Return a valid name that isn't taken; append a number if necessary."""
    free = name
    number = 0
    while why_no_name(free) or free.lower() in taken:
        # Leave four characters for `_` and a number.
        free = f"{name[: LONGEST_NAME - 4]}_{number}"
        number += 1
    return free


@dataclass(frozen=True, slots=True)
class WrittenSpec:
    """A spec, and the names in it.

    The text has the layout of ``snnc fmt``. The names are by the keys of drafts, and by
    ``INPUT`` for the input's encoder. Notes are about assumptions and lost settings.
    ``lost_penalties`` are the layers whose L2 penalty the spec has no place for.
    """

    drafted: DraftedSpec
    text: str
    network: str
    names: Mapping[str, str]
    notes: tuple[str, ...]
    lost_penalties: tuple[str, ...] = ()

    def at(self, rate: float) -> WrittenSpec:
        """Return the spec with a different upper rate for its encoder, in Hz."""
        text = self.text.replace(RATE, f"rate ..{number(rate)} Hz")
        return replace(self, text=text)

    def on(self, chips: int) -> WrittenSpec:
        """Return the spec for several chips."""
        after = "\n  timing " if _TIMING.search(self.text) else "\n  defaults "
        target = f"\n  target loihi {{ chips {chips} }}{after}"
        return replace(self, text=self.text.replace(after, target, 1))

    def lasting(self, milliseconds: int) -> WrittenSpec:
        """Return the spec with a time per example."""
        # Every written spec has `defaults`, and at most `timing` before it.
        timing = f"\n  timing {{ present {milliseconds} ms }}\n  defaults "
        text = _TIMING.sub("", self.text)
        return replace(self, text=text.replace("\n  defaults ", timing, 1))


def write(drafted: DraftedSpec) -> WrittenSpec:
    """Write the spec of a model whose layers can all be imported.

    Raise RefusedModelError if the spec is too long to be read.
    """
    return _SpecWriter(drafted).written()


class _SpecWriter:
    """Writes the statements of a spec, and collects notes on what it leaves out."""

    def __init__(self, drafted: DraftedSpec) -> None:
        self._drafted = drafted
        self._context = drafted.context
        self._encoder = drafted.encoder
        self._size = drafted.size
        self._drafts = list(drafted.drafts.values())
        self._notes: list[str] = list(drafted.notes)
        self._input = self._context.inputs[0]
        self._names = sanitized_names([self._input, *drafted.drafts])
        # Layers that read the input in Keras read its encoder in the spec.
        self._names[INPUT] = ENCODED
        if self._encoder:
            self._names[INPUT] = self._names[self._encoder]
        self._l2 = self._shared_l2()
        self._lost_penalties = () if self._l2 else tuple(self._find_lost_penalties())
        self._groups = dict(self._find_groups())
        self._tell_penalties()

    def written(self) -> WrittenSpec:
        model = self._context.model
        entry = self._drafted.input
        plain = network_name(model.name)
        name = self._context.request.name or plain
        chips = self._context.request.chips
        input_range = interval(*entry.given)
        encoded = interval(*entry.encoded)
        lines = [
            f"snn {NEWEST}",
            f"network {name} {{",
            f'about "The {model.tool} model {plain}."',
            f"defaults {{ rate {rates(*_DEFAULTS.rate)} }}",
            "",
            f"input {self._names[self._input]} {dims(entry.shape)} in {input_range}"
            + (f" as {encoded}" if input_range != encoded else ""),
            *self._statements(),
            *self._train(),
            "}",
        ]
        report = Diagnostics()
        # Only the formatter decides on the layout, so `snnc fmt` changes nothing.
        document = parse_snn(SourceFile(name, "\n".join(lines)), report)
        if report.errors:  # it is too long to be read
            count = len(self._drafts)
            raise refused(LongSpec, name=name, layers=count, limit=MOST_TOKENS)
        self._tell()
        text = print_snn(document)
        written = WrittenSpec(
            drafted=self._drafted,
            text=text,
            network=name,
            names=self._names,
            notes=tuple(self._notes),
            lost_penalties=self._lost_penalties,
        )
        return written if chips is None else written.on(chips)

    def _statements(self) -> Iterator[str]:
        """Yield the layers; `from` is omitted if a layer reads the previous layer."""
        if self._encoder is None:
            named = f" {ENCODED}" if self._is_named(INPUT) else ""
            yield f"encode rate{named} {{ {RATE} }}"
        yield ""
        crossed = set(crossing(self._drafts))
        before = INPUT
        for draft in self._drafts:
            name = self._names[draft.layer]
            yield from self._group_comment(draft)
            for replaced in draft.rewritten:
                yield f"# {name} replaces {replaced} in Keras."
            if skips(draft):
                yield ALLOW.format("SNN308")
            if draft.layer in crossed:
                yield ALLOW.format("SNN309")
            yield block(self._head(draft, before), self._properties(draft))
            before = draft.layer

    def _find_groups(self) -> Iterator[tuple[str, tuple[int, str]]]:
        """Yield each draft with its group: a number, and the Keras layer of the group.

        A group consists of consecutive statements for the same layer.
        """
        number = 0
        before = ""
        for draft in self._drafts:
            owner = draft.owner or draft.layer
            # `neurons` adds suffixes if a layer needs several statements.
            while owner not in self._context.layers and "_" in owner:
                owner, _, _ = owner.rpartition("_")
            if owner != before or owner not in self._context.layers:
                number += 1
            yield draft.layer, (number, owner)
            before = owner

    def _group_comment(self, draft: StatementDraft) -> Iterator[str]:
        """Yield a comment on the group that a draft begins, or on its own neurons."""
        group = self._groups[draft.layer]
        keys = [key for key, other in self._groups.items() if other == group]
        if len(keys) == 1 and len(draft.units) > 1:
            name = self._names[draft.layer]
            yield f"# {name}: {COUNTS[len(draft.units)]} neurons per value."
        elif len(keys) > 1 and keys[0] == draft.layer:
            _, owner = group
            kind = self._context.layers[owner].kind
            name = plain_name(owner, "layer")
            yield f"# The next {len(keys)} statements compute {name} ({kind})."

    def _head(self, draft: StatementDraft, before: str) -> str:
        """Return a statement up to its braces; omit a name that is not needed."""
        words = [draft.word, self._names[draft.layer]]
        if draft.layer == self._encoder:
            words[0] = "encode conv"
        if may_be_bare(draft.word) and not self._is_named(draft.layer):
            words.pop()
        if draft.sources != (before,):
            words.append("from " + ", ".join(self._names[s] for s in draft.sources))
        return " ".join(words)

    def _is_named(self, key: str) -> bool:
        """Whether a statement other than the next one refers to a draft."""
        place = [INPUT, *(draft.layer for draft in self._drafts)].index(key)
        return any(
            key in draft.reads
            and (other != place + 1 or len(draft.sources) > 1 or draft.shortcut == key)
            for other, draft in enumerate(self._drafts, start=1)
        )

    def _properties(self, draft: StatementDraft) -> Iterator[str]:
        """Yield the properties of a statement in the order of `snnc fmt`."""
        yield from own_properties(draft, self._size)
        if draft.kind not in ("conv", "dense", "downsample"):
            return
        if draft.bias != "on":
            yield f"bias {draft.bias}"
        if draft.shortcut is not None:
            yield f"shortcut {self._names[draft.shortcut]}"
        for key, field in fields_of(TrainingProperties).items():
            value = getattr(draft.training, key)
            if value is not None:
                yield f"{key} {written_value(value, field)}"
        # An `encode conv` has no `neuron` and no `l2`.
        if draft.layer == self._encoder:
            yield RATE
            return
        yield from draft.properties
        if draft.l2 and not self._l2:
            yield f"l2 {short_number(draft.l2)}"

    def _shared_l2(self) -> float:
        """Return the L2 factor that all Keras kernels share, or 0."""
        factors = {d.l2 for d in self._drafts if any(s.is_kernel for s in d.steps)}
        return factors.pop() if len(factors) == 1 else 0.0

    def _find_lost_penalties(self) -> Iterator[str]:
        """Yield the layers on the host whose L2 penalty differs from others."""
        for draft in self._drafts:
            is_on_host = draft.kind == "readout" or draft.layer == self._encoder
            if draft.l2 and is_on_host:
                yield draft.layer

    def _train(self) -> Iterator[str]:
        """Yield the statement `train`, if the model was compiled or has penalties."""
        compiled = self._context.model.compiled
        decides = self._size.startswith("classes")
        lines = list(train_lines(compiled, self._notes, decides=decides))
        if self._l2:
            lines.append(f"l2 {short_number(self._l2)}")
        if lines:
            yield ""
            yield block("train", lines)

    def _tell_penalties(self) -> None:
        if self._lost_penalties:
            names = ", ".join(self._names[layer] for layer in self._lost_penalties)
            self._notes.append(f"the L2 penalty of {names} is not kept: {LOST_PENALTY}")

    def _tell(self) -> None:
        """Add notes about the range and the names that snnc chooses."""
        model = self._context.model
        request = self._context.request
        entry = self._drafted.input
        if request.values is None:
            self._notes.append(
                f"{model.tool} does not state the range of the input: snnc assumes "
                f"{interval(*entry.given)}; to change the range, use `--input-range "
                "LO..HI`"
            )
        if entry.divisor != 1:
            self._notes.append(
                f"the spec divides the input by {number(entry.divisor)}, so the "
                "imported weights of the layers that read the input are multiplied by "
                "this number"
            )
        why = why_no_package(model.name)
        if request.name is None and why:
            self._notes.append(
                f"the network is named {network_name(model.name)}, not {model.name}: "
                f"{why}; to choose a name, use `--name NAME`"
            )
        changed = [f"{k} -> {n}" for k, n in self._names.items() if k and k != n]
        if changed:
            more = len(changed) - MOST_NAMES
            others = f" and {more} more" if more > 0 else ""
            listed = ", ".join(changed[:MOST_NAMES])
            self._notes.append(
                "layers renamed because their names are not valid in "
                f"a spec: {listed}{others}"
            )


def cores_text(written: WrittenSpec, request: ImportRequest, cache: PlanCache) -> str:
    """Describe the cores that a spec takes, or its first error.

    A network with more neurons than a chip is not mapped, because that takes long. For
    such a network, the text has a lower bound.
    """
    attempt = _lower(written, "imported.snn", request, cache)
    compilation = attempt.compilation
    report = attempt.report
    if attempt.sound_network is not None:
        least = least_cores(attempt.sound_network)
        if least > compilation.device.chip.cores:
            return f" takes at least {counted(least, 'core')} in all"
        _, compilation = compile_written(
            written, "imported.snn", report, request, cache
        )
    if compilation.mapped is not None:
        return f" takes {counted(compilation.mapped.cores, 'core')} in all"
    errors = [d for d in report.diagnostics if d.severity is Severity.ERROR]
    return f": {errors[0].message}" if errors else ""


def lengthen(written: WrittenSpec, network: LogicalNetwork) -> WrittenSpec:
    """Return a spec whose `present` is not shorter than the network's delay."""
    steps = needed_steps(network, network.readout.decide)
    if steps <= network.timing.steps:
        return written
    milliseconds = 1000 * steps * network.timing.dt
    # Without the subtraction, a rounding error of `dt` could add 10 ms.
    return written.lasting(ROUND * ceil(milliseconds / ROUND - 1e-6))


def compile_written(
    written: WrittenSpec,
    name: str,
    report: Diagnostics,
    request: ImportRequest,
    cache: PlanCache | None = None,
) -> tuple[WrittenSpec, Compilation]:
    """Run snnc's own passes over a written spec, and map it to cores.

    If the network needs more than one chip and the user did not choose a number, the
    spec gets as many chips as its cores need. This function does not search for a
    smaller network that fits. If the network responds later than an example of the
    usual length ends, the spec gets a longer `present`.
    """
    cache = PlanCache() if cache is None else cache
    attempt = _lower(written, name, request, cache)
    network = attempt.sound_network
    if network is not None:
        longer = lengthen(written, network.network)
        if longer is not written:
            attempt = _lower(longer, name, request, cache)
    if attempt.sound_network is not None:
        attempt = _place(attempt, name, request, cache)
    allow_warnings(attempt.compilation, attempt.report)
    report.extend(attempt.report)
    return attempt.written, attempt.compilation


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A spec, its compilation, and the problems that this reported."""

    written: WrittenSpec
    compilation: Compilation
    report: Diagnostics

    @property
    def sound_network(self) -> LoweredNetwork | None:
        """The network; None after an error."""
        return None if self.report.errors else self.compilation.lowered

    def placed(self, cache: PlanCache) -> _Attempt:
        """Return the attempt with its network on cores, if it fits."""
        mapped = place(completed(self.compilation.lowered), self.report, cache)
        return replace(self, compilation=replace(self.compilation, mapped=mapped))


def _lower(
    written: WrittenSpec, name: str, request: ImportRequest, cache: PlanCache
) -> _Attempt:
    """Run the passes before the mapping over a spec."""
    report = Diagnostics()
    source = SourceFile(name, written.text)
    device = request.device or read_profile()
    start = Compilation(source, device, cache, parse_snn(source, report))
    return _Attempt(written, run_passes(start, report, "lower"), report)


def _place(
    attempt: _Attempt, name: str, request: ImportRequest, cache: PlanCache
) -> _Attempt:
    """Map a network to cores, if necessary on more chips."""
    lowered = completed(attempt.compilation.lowered)
    if request.chips is not None:
        return attempt.placed(cache)
    # A network with more neurons than the chip fails only after a long time.
    is_large = exceeds_target(lowered)
    if not is_large:
        attempt = attempt.placed(cache)
        if attempt.compilation.mapped is not None:
            return attempt
    cores = cores_needed(lowered, cache)
    if cores is None:
        return attempt.placed(cache) if is_large else attempt
    per_chip = attempt.compilation.device.chip.cores
    chips = ceil(cores / per_chip)
    attempt = _lower(attempt.written.on(chips), name, request, cache).placed(cache)
    mapped = attempt.compilation.mapped
    if mapped is None:
        return attempt
    fits = (
        "is the smallest that fits"
        if chips == ceil(mapped.cores / per_chip)
        else "fits"
    )
    note = f"the network takes {mapped.cores} cores: `chips {chips}` {fits}"
    written = attempt.written
    return replace(attempt, written=replace(written, notes=(*written.notes, note)))


def block(head: str, properties: Iterable[str]) -> str:
    """Return a head with its properties in braces, if there are any."""
    within = ", ".join(properties)
    return f"{head} {{ {within} }}" if within else head


def skips(draft: StatementDraft) -> bool:
    """Whether a stride is larger than its kernel or window."""
    if draft.kind not in ("conv", "avgpool") or draft.is_global:
        return False
    sizes = zip(draft.window.stride, draft.window.kernel, strict=True)
    return any(stride > kernel for stride, kernel in sizes)


def crossing(drafts: list[StatementDraft]) -> Iterator[str]:
    """Yield drafts whose shortcuts cross another shortcut (`CrossingShortcuts`)."""
    place = {INPUT: -1, **{draft.layer: at for at, draft in enumerate(drafts)}}
    arcs = [
        (place[draft.shortcut], place[draft.layer])
        for draft in drafts
        if draft.shortcut is not None
    ]
    for start, end in arcs:
        if any(a < start < b < end for a, b in arcs):
            yield drafts[end].layer


def own_properties(draft: StatementDraft, size: str) -> Iterator[str]:
    """Yield the properties of a statement's kernel, window or units.

    ``size`` is the property of a readout without a kernel: `classes` or `units`, with
    its number.
    """
    window = draft.window
    if draft.kind in ("conv", "readout") and window.kernel:
        yield from _convolution(draft)
    elif draft.kind in ("avgpool", "maxpool"):
        yield from _pool(draft)
    elif draft.repeats:
        yield f"factor {extents(draft.repeats)}"
    elif draft.kind == "downsample":
        yield f"factor {extents(window.kernel)}"
    elif draft.image:
        *kernel, filters = draft.image
        yield from (f"filters {filters}", f"kernel {extents(tuple(kernel))}")
    elif draft.kind == "readout":
        yield size
    elif draft.kind == "dense":
        yield f"units {draft.shape[-1]}"


def _pool(draft: StatementDraft) -> Iterator[str]:
    window = draft.window
    if draft.is_global:
        yield "window all"
    else:
        yield f"window {extents(window.kernel)}"
        if window.stride != window.kernel:
            yield f"stride {extents(window.stride)}"
    if window.padding == "same":
        yield "padding same"


def _convolution(draft: StatementDraft) -> Iterator[str]:
    if not draft.is_depthwise:
        yield f"filters {draft.shape[-1]}"
    window = draft.window
    yield f"kernel {extents(window.kernel)}"
    stride = window.upscale or window.stride
    if set(stride) != {1}:
        yield f"stride {extents(stride)}"
    if window.padding != "valid":
        yield f"padding {window.padding}"
    if window.extent != window.kernel:
        yield f"dilation {extents(window.dilation)}"
    multiplier = draft.shape[-1] // draft.groups
    if draft.is_depthwise and multiplier > 1:
        yield f"multiplier {multiplier}"
    elif draft.groups > 1 and not draft.is_depthwise:
        yield f"groups {draft.groups}"


CROSS_ENTROPIES = (
    "categoricalcrossentropy", "sparsecategoricalcrossentropy", "binarycrossentropy",
)  # fmt: skip
FOCAL = ("categoricalfocalcrossentropy", "binaryfocalcrossentropy")
MEAN_SQUARES = ("mse", "meansquarederror")
_ADAM = {"beta_1": "0.9", "beta_2": "0.999", "epsilon": "1e-7"}
OPTIMIZERS: dict[str, dict[str, str]] = {
    "adam": {"learning_rate": "", **_ADAM},
    "adamw": {"learning_rate": "", "weight_decay": "", **_ADAM},
    "sgd": {"learning_rate": "", "momentum": "0", "nesterov": ""},
}
"""The optimizers of `train`, and their default values."""


def loss_name(compiled: Compiled | None) -> str:
    """Return a loss's name as Keras spells its functions, or ""."""
    loss = compiled.loss if compiled is not None else None
    # `compile` also takes a list or a mapping with one loss per output.
    while isinstance(loss, (list, Mapping)) and len(loss) == 1:
        (loss,) = loss.values() if isinstance(loss, Mapping) else loss
    if isinstance(loss, Mapping):
        kind = loss.get("class_name")
        loss = loss.get("config") if kind == "function" else kind
    return str(loss or "").lower().replace("_", "")


def train_lines(
    compiled: Compiled | None, notes: list[str], *, decides: bool
) -> Iterator[str]:
    """Yield the properties of `train`.

    Append to ``notes`` which arguments of ``compile`` a spec can't express.
    ``decides`` says whether the readout has classes; without them, the only loss is
    `mse`.
    """
    if compiled is None:
        return
    loss = _loss(compiled, decides=decides)
    if loss is None:
        instead = "cross_entropy" if decides else "mse"
        name = loss_name(compiled) or "none"
        notes.append(f"the loss {name} is not kept: `train` has {instead} here")
    else:
        yield f"loss {loss}"
    smoothing = config_of(compiled.loss).get("label_smoothing")
    if decides and isinstance(smoothing, float) and 0 < smoothing < 1:
        yield f"label_smoothing {number(smoothing)}"
    yield from _optimizer(compiled.optimizer, notes)


def _optimizer(optimizer: Any, notes: list[str]) -> Iterator[str]:
    """Yield the property for an optimizer, or add a note if `train` has no such one."""
    kind = optimizer if isinstance(optimizer, str) else ""
    if isinstance(optimizer, Mapping):
        # Keras 2.9 to 2.12 registers its own new optimizers as custom objects.
        kind = str(optimizer.get("class_name")).removeprefix("Custom>")
    usual = OPTIMIZERS.get(kind.lower())
    if usual is not None:
        settings = _settings(usual, config_of(optimizer), notes)
        yield block(f"optimizer {kind.lower()}", settings)
    elif kind:
        notes.append(f"the optimizer {kind} is not kept: `train` has adam")


def _loss(compiled: Compiled, *, decides: bool) -> str | None:
    """Return the `train` loss for a model's loss, or None if specs don't have it."""
    name = loss_name(compiled)
    if decides and name in CROSS_ENTROPIES:
        return "cross_entropy"
    if decides and name in FOCAL:
        options = config_of(compiled.loss)
        names = [name for name in ("gamma", "alpha") if name in options]
        return block("focal", (f"{name} {number(options[name])}" for name in names))
    return "mse" if not decides and name in MEAN_SQUARES else None


def _settings(
    usual: Mapping[str, str], options: Mapping[str, Any], notes: list[str]
) -> Iterator[str]:
    """Yield an optimizer's settings that differ from its defaults."""
    for key, default in usual.items():
        value = options.get(key)
        if value is None and key == "learning_rate":
            value = options.get("lr")  # before Keras 2.3
        if isinstance(value, Mapping):
            kind = value.get("class_name")
            notes.append(f"the schedule {kind} of {key} is not kept")
        elif isinstance(value, bool):
            if value:
                yield f"{key} on"
        elif isinstance(value, (int, float)) and short_number(value) != default:
            yield f"{key} {short_number(value)}"


def short_number(value: float) -> str:
    """Shorten a float32 such as 0.0010000000474974513."""
    return number(float(f"{value:.7g}"))
