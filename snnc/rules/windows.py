"""Rules for windows: kernels, strides, padding, pools and the paths through pools."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from snnc.diagnostics import LayerDiagnostic, LayerWarning, PropertyDiagnostic
from snnc.ir.logical import LogicalLayer, LogicalNetwork, ReadoutLayer
from snnc.ir.lowered import MAX_PATHS, KnownPaths, TooManyPathsError, paths
from snnc.ir.operation import Sliding
from snnc.ir.paths import Path, SizedPool
from snnc.ir.reach import Pooling
from snnc.ir.shapes import Shape, Triple, of_rank, pads, triple_of
from snnc.language.written import extents
from snnc.rules.times import spiking_layers
from snnc.text.tables import dims


class KernelTooLarge(LayerDiagnostic):
    """Checks that a window with `padding valid` fits into its input.

    With `padding valid`, the output has `(size - kernel) // stride + 1` positions per
    axis. There must be at least one position.
    """

    code = "SNN301"
    title = "window larger than its input"
    message = (
        "{what} {size}{spread} is larger than the {axis} of `{source}`, "
        "which is {limit}"
    )
    label = "must be at most {limit}"
    notes = ("`{source}` has the shape {shape}",)

    what: str
    size: int
    axis: str
    limit: int
    source: str
    shape: Shape
    dilation: int
    legal: Shape

    @property
    def spread(self) -> str:
        return f", with dilation {self.dilation}," if self.dilation > 1 else ""


class WrongDims(PropertyDiagnostic):
    """Checks that a property has one size per spatial axis.

    A single size applies to all axes.
    """

    code = "SNN302"
    title = "wrong number of sizes"
    message = "`{key} {value}` has {given} sizes, but `{kind}` expects {expected}"

    value: Shape
    kind: str
    given: int
    expected: int

    @property
    def hint(self) -> str:
        padded = (*self.value, *self.value[-1:] * self.expected)
        sizes = dims(padded[: self.expected])
        whole = f"write `{self.key} {self.value[-1]}`"
        if self.expected == 1:
            return whole
        return f"{whole} for all axes, or `{self.key} {sizes}` to set each axis"


class CausalInSpace(LayerDiagnostic):
    """Checks that `padding causal` in `defaults` applies only to `conv1d`.

    The axis of a `conv1d` can be time. `padding causal` puts all zeros before the first
    step, so that no output reads later steps. The axes of an image have no such order,
    and Keras has no causal padding for images.
    """

    code = "SNN317"
    title = "causal padding outside conv1d"
    message = "`defaults` sets `padding causal` for the `{kind}` `{name}`"
    label = "only for `conv1d`"
    help = "write `defaults conv1d`, or `padding same` in `{name}`"

    kind: str


class DilatedStride(LayerDiagnostic):
    """Checks for dilation with a stride.

    Keras refuses a convolution with both. Such a layer would skip most of the values
    between its taps.
    """

    code = "SNN314"
    title = "dilation with a stride"
    message = (
        "`{name}` has dilation {dilation} and stride {stride}, but only one is allowed"
    )
    notes = ("Keras refuses a convolution with both",)
    help = "remove one of them, or put the stride into the layer before `{name}`"

    dilation: Shape
    stride: Shape


class GroupsDontDivide(LayerDiagnostic):
    """Checks that `groups` divides the channels and the filters.

    Each group of filters reads one group of channels, and all groups have the same
    size.
    """

    code = "SNN315"
    title = "uneven groups"
    message = (
        "the {groups} groups of `{name}` don't divide both the {channels} channels of "
        "`{source}` and the {filters} filters"
    )
    label = "divides {divisible}"
    help = "write `groups {nearest}`, or other `filters`"

    groups: int
    channels: int
    filters: int
    source: str

    @property
    def divisible(self) -> str:
        if self.filters % self.groups == 0:
            return "only the filters"
        return "only the channels" if self.channels % self.groups == 0 else "neither"

    @property
    def nearest(self) -> int:
        both = gcd(self.channels, self.filters)
        fit = (n for n in range(1, both + 1) if both % n == 0)
        return min(fit, key=lambda n: (abs(n - self.groups), n))


class PooledSamePadding(LayerDiagnostic):
    """Checks for `same` or `causal` padding after a pool that doesn't divide its input.

    snnc folds a pool into the kernel of its reader. Keras pads the pooled image, but
    the folded kernel pads the image before the pool. The results are equal only if the
    pool's window equals its stride and divides the input.
    """

    code = "SNN305"
    title = "padding after an uneven pool"
    message = (
        "`{name}` has `padding {padding}` after an average pool with window {window} "
        "and stride {stride} over {size}"
    )
    notes = (
        "this is exact only if the window equals the stride and divides the input",
    )
    help = "{valid}use a pool window that divides {size}, with an equal stride"

    padding: str
    window: Shape
    stride: Shape
    size: Shape
    can_be_valid: bool

    @property
    def valid(self) -> str:
        choice = f"write `padding valid` in `{self.name}`, or "
        return choice if self.can_be_valid else ""

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[PooledSamePadding]:
        for layer in network.layers:
            sliding = layer.operation.sliding
            if sliding is None or sliding.padding == "valid":
                continue
            *read, _ = network.shape_of(layer.sources[0])
            extents = zip(sliding.extent, read, strict=True)
            fits = all(extent <= size for extent, size in extents)
            for pool, size in _uneven_pools(network, layer, sliding):
                yield cls.at(
                    layer,
                    "padding",
                    padding=sliding.padding,
                    window=of_rank(pool.window, len(read)),
                    stride=of_rank(pool.stride, len(read)),
                    size=of_rank(size, len(read)),
                    can_be_valid=fits,
                )
                break


class NoReadoutImage(LayerDiagnostic):
    """Checks that the kernel of a readout fits into its input.

    A readout with `filters` is a convolution over length x channels or height x width x
    channels. Without `padding same`, its kernel can't be larger than its input.
    """

    code = "SNN319"
    title = "readout kernel that does not fit"
    message = (
        "`{name}` can't convolve `{source}` ({shape}) with kernel {kernel}, stride "
        "{stride}"
    )

    kernel: Shape
    stride: Shape
    source: str
    shape: Shape
    fits: bool
    """Whether the source has as many axes as the kernel."""

    @property
    def hint(self) -> str:
        dense = "write `units N` for a dense readout"
        if not self.fits:
            return dense
        kernel = tuple(map(min, self.kernel, self.shape))
        return f"write `kernel {extents(kernel)}` or `padding same`, or {dense}"


class PooledTranspose(LayerDiagnostic):
    """Checks for a transposed convolution that reads an average pool.

    snnc folds a pool into the kernel of its reader. A transposed convolution has zeros
    between the positions that it reads, so no kernel over the pool's input is
    equivalent.
    """

    code = "SNN318"
    title = "average pool before a transposed convolution"
    message = "`{name}` is a transposed convolution and reads an average pool"
    help = (
        "remove the pool, or replace it with a layer of neurons, such as `downsample "
        "NAME {{ factor 2 }}`"
    )

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[PooledTranspose]:
        for layer in network.layers:
            operation = layer.operation
            if operation.is_path or operation.reads_pools:
                continue
            if any(path.pools for path in _paths(network, layer.sources[0])):
                yield cls.at(layer)


class UnfoldedUpsampling(LayerDiagnostic):
    """Checks that an `upsample` can be folded into the layers that read it.

    snnc folds an `upsample` into the kernels of convolutions: each tap reads the
    position that was repeated. `add` and `concat` may be in between. Other layers, and
    pools before an `upsample`, need neurons in between. Depth can't be repeated.
    """

    code = "SNN320"
    title = "upsampling that can't be folded"
    message = "`{name}` {what}"
    help = "{advice}"

    what: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[UnfoldedUpsampling]:
        known = KnownPaths()
        for layer in network.layers:
            operation = layer.operation
            if operation.repeats != (1, 1, 1):
                yield from cls._check_upsampling(network, layer, known)
        # Without an upsampling, the paths need not be found.
        if not known:
            return
        for layer in network.layers:
            operation = layer.operation
            is_upsampling = operation.repeats != (1, 1, 1)
            if not (is_upsampling or operation.joins or operation.reads_repeats):
                yield from cls._check_reader(network, layer, "from", known)
            if layer.shortcut is not None:
                yield from cls._check_reader(network, layer, "shortcut", known)
        yield from cls._check_reader(network, network.readout, "from", known)

    @classmethod
    def _check_upsampling(
        cls, network: LogicalNetwork, layer: LogicalLayer, known: KnownPaths
    ) -> Iterator[UnfoldedUpsampling]:
        depth, height, width = layer.operation.repeats
        if depth > 1:
            advice = f"write `factor 1x{height}x{width}`"
            yield cls.at(layer, "factor", what="repeats depth slices", advice=advice)
        if any(path.pools for path in _paths(network, layer.sources[0], known)):
            what = "repeats the output of an average pool"
            advice = (
                "remove the pool, or put a convolution between them, such as "
                "`conv2d NAME { filters 8, kernel 3 }`"
            )
            yield cls.at(layer, what=what, advice=advice)

    @classmethod
    def _check_reader(
        cls,
        network: LogicalNetwork,
        reader: LogicalLayer | ReadoutLayer,
        key: str,
        known: KnownPaths,
    ) -> Iterator[UnfoldedUpsampling]:
        sources = reader.sources
        if isinstance(reader, LogicalLayer) and reader.shortcut and key == "shortcut":
            sources = (reader.shortcut.source,)
        read = (path for source in sources for path in _paths(network, source, known))
        # With pools, the pool or the upsampling has the error.
        if any(path.is_repeated and not path.pools for path in read):
            kind = f"conv{network.rank}d"
            yield cls.at(
                reader,
                key,
                what="reads an `upsample`, which only the kernel of a "
                "convolution can read",
                advice=f"put `{kind} NAME {{ filters 8, kernel 3 }}` after the "
                "`upsample`, or remove it",
            )


class TooManyPaths(LayerDiagnostic):
    """Checks that there are not too many paths between two layers.

    Every path through pools, `add` and `concat` becomes a connection. Every `add` or
    `concat` multiplies the number of paths.
    """

    code = "SNN258"
    title = "too many paths"
    message = f"there are more than {MAX_PATHS} paths to `{{name}}`"
    help = "put a spiking layer between the joins"

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[TooManyPaths]:
        readout = network.readout
        known = KnownPaths()
        reads = [(e.name, e.span, e.reads) for e, _ in spiking_layers(network)]
        reads.append((readout.name, readout.span, readout.sources))
        for name, span, sources in reads:
            try:
                for each in sources:
                    paths(network.by_name, each, known)
            except TooManyPathsError:
                yield cls(span=span, name=name)


class StrideAboveKernel(LayerWarning):
    """Checks for a stride that is larger than the kernel.

    Such a layer skips part of its input. The skipped neurons use cores, although no
    layer reads these neurons.
    """

    code = "SNN308"
    title = "stride larger than the kernel"
    message = (
        "stride {stride} of `{name}` is larger than its {what} {kernel}, so it skips "
        "part of the input"
    )
    help = "use a stride that is not larger than the {what}"

    what: str
    kernel: Shape
    stride: Shape

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[StrideAboveKernel]:
        for layer in network.layers:
            sliding = layer.operation.sliding
            if sliding is None:
                continue
            kernel = sliding.size
            stride = sliding.stride
            if any(s > k for s, k in zip(stride, kernel, strict=True)):
                yield cls.at(
                    layer, "stride", what=sliding.key, kernel=kernel, stride=stride
                )


def _uneven_pools(
    network: LogicalNetwork, layer: LogicalLayer, sliding: Sliding
) -> Iterator[SizedPool]:
    """Yield pools over which `same` padding can't be folded, with their input sizes."""
    read = triple_of(network.shape_of(layer.sources[0])[:-1])
    extent = triple_of(sliding.extent)
    stride = triple_of(sliding.stride)
    padded = [
        max(pads(n, k, s, sliding.padding)) > 0
        for n, k, s in zip(read, extent, stride, strict=True)
    ]
    # A 2-D convolution has a common padding for height and width, and none for depth.
    padded[1:] = [any(padded[1:])] * 2
    for path in _paths(network, layer.sources[0]):
        for pool, size in path.pools:
            if _is_uneven(pool, size, padded, has_gaps=path.picked is not None):
                yield pool, size


def _is_uneven(
    pool: Pooling, sizes: Triple, padded: list[bool], *, has_gaps: bool
) -> bool:
    """Return whether a pool does not cover a padded axis exactly.

    With ``has_gaps``, only some positions of the source are read, which may be further
    apart than the width of a window.
    """
    axes = zip(padded, pool.window, pool.stride, sizes, strict=True)
    for is_padded, window, stride, size in axes:
        is_tight = window <= stride if has_gaps else window == stride
        if is_padded and not (is_tight and (size - window) % stride == 0):
            return True
    return False


def _paths(
    network: LogicalNetwork, source: str, known: KnownPaths | None = None
) -> tuple[Path, ...]:
    try:
        return paths(network.by_name, source, known)
    except TooManyPathsError:
        return ()
