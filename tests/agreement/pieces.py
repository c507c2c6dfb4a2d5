"""Write the parts of drawn networks: each function writes one or a few layers."""

from collections.abc import Callable
from math import prod

from tests.agreement.paper import Paper, Said, positions

FAN_IN = 4096
"""Neurons beyond which no Dense transform can be read on a core."""


def encoder(paper: Paper) -> None:
    said: Said = {"start": paper.one_of("rest", "rest", "spread")}
    kind, spatial = paper.one_of("rate", "conv"), paper.shape[:-1]
    channels = paper.shape[-1] * (2 if paper.range.startswith("-") else 1)
    if kind == "conv":
        channels = paper.size(1, 5)
        said |= {"filters": channels, "batchnorm": paper.one_of("off", "on")}
    if kind == "conv" and paper.flag():
        kernel, stride = paper.sizes(spatial, 3), paper.sizes(spatial, 2)
        padding = paper.one_of("same", "valid")
        said |= {"kernel": kernel, "stride": stride, "padding": padding}
        spatial = positions(spatial, kernel, stride, padding)
    paper.write(f"encode {kind}", "e", (*spatial, channels), said=said)
    paper.neurons.append("e")


def wide_dense(paper: Paper) -> None:
    """Write a fan-in that needs a convolution as large as the image."""
    filters = FAN_IN // prod(paper.shape[:-1]) + paper.size(1, 3)
    shape = (*paper.shape[:-1], filters)
    paper.write("encode conv", "e", shape, said={"filters": filters})
    paper.dense(paper.size(1, 12))


def conv(paper: Paper) -> None:
    kernel = paper.sizes(paper.spatial, 3)
    stride = tuple(paper.one_of(1, 1, 2, 3) for _ in kernel)
    paper.conv(paper.filters(), kernel, stride, paper.padding)


def _depthwise(paper: Paper) -> None:
    """Write a depthwise layer, after a pool, after joined layers or after neither."""
    kernel = paper.sizes(paper.spatial, 3)
    stride = tuple(paper.one_of(1, 1, 2, 3) for _ in kernel)
    padding = paper.one_of("same", "valid")
    paper.depthwise(paper.one_of(1, 1, 2, 3), kernel, stride, padding)


def _apart(paper: Paper) -> None:
    """Write a convolution with groups, with dilation, or with both."""
    channels = paper.shapes[paper.last][-1]
    groups = paper.one_of(*(n for n in range(1, channels + 1) if channels % n == 0))
    kernel = paper.sizes(paper.spatial, 3)
    dilation = tuple(
        paper.size(1, min(3, (n - 1) // (k - 1))) if k > 1 else 1
        for n, k in zip(paper.spatial, kernel, strict=True)
    )
    stride = tuple(paper.one_of(1, 2) for _ in kernel)
    if paper.flag():
        stride = (1,) * len(kernel)
    if max(stride) > 1:
        dilation = ()
    filters, padding = groups * paper.size(1, 4), paper.padding
    paper.conv(filters, kernel, stride, padding, dilation=dilation, groups=groups)


def _conv_transpose(paper: Paper) -> None:
    """Write a transposed convolution of an image, or of features as one pixel."""
    sizes = paper.spatial or (1,) * paper.rank
    if paper.rank != 2 or max(sizes) > 8:
        return (conv if paper.spatial else dense)(paper)
    kernel = tuple(paper.size(1, 4) for _ in sizes)
    stride = tuple(paper.one_of(1, 2, 2, 3) for _ in sizes)
    return paper.transpose(
        paper.size(1, 9), kernel, stride, paper.one_of("same", "valid")
    )


def _downsample(paper: Paper) -> None:
    factor = paper.sizes(paper.spatial, 2)
    channels = paper.shapes[paper.last][-1]
    shape = positions(paper.spatial, factor, factor, "valid")
    paper.neural("downsample", {"factor": factor}, (*shape, channels))


def _pool(paper: Paper) -> None:
    """Write one or two pools of any stride, and a reader that takes all of them."""
    for _ in range(paper.one_of(1, 1, 2)):
        window = paper.sizes(paper.spatial, 3)
        stride = tuple(paper.size(1, 3) for _ in window) if paper.flag() else None
        paper.pool(window, stride)
    if paper.flag():
        kernel = paper.sizes(paper.spatial, 2)
        stride = tuple(paper.size(1, 2) for _ in kernel)
        if paper.flag():
            paper.depthwise(paper.size(1, 2), kernel, stride, "valid")
        else:
            paper.conv(paper.filters(), kernel, stride, "valid")
    else:
        paper.dense(paper.size(1, 30))


def _pool_under_same(paper: Paper) -> None:
    """Write a pool whose windows divide the image, and a reader that pads."""
    window = tuple(
        paper.one_of(*(w for w in (1, 2, 3) if n % w == 0)) for n in paper.spatial
    )
    paper.pool(window, None)
    kernel = tuple(paper.size(1, 3) for _ in window)
    stride = tuple(paper.size(1, 2) for _ in window)
    paper.conv(paper.filters(), kernel, stride, "same")


def _maximum(paper: Paper) -> None:
    """Write a max pool, after a pool, a join or neither, and its readers."""
    if paper.host:
        return conv(paper)
    window = paper.sizes(paper.spatial, paper.one_of(2, 2, 3, 5))
    stride = window if paper.flag() else tuple(paper.size(1, 3) for _ in window)
    paper.maximum(window, stride, paper.one_of("same", "valid"))
    return paper.one_of(conv, conv, dense, _depthwise, _apart, _pool, _pools)(paper)


def _pools(paper: Paper) -> None:
    """Write a maximum of averages."""
    window = paper.sizes(paper.spatial, 3)
    paper.pool(window, tuple(paper.size(1, 3) for _ in window))
    _maximum(paper)


def _shortcut(paper: Paper) -> None:
    """Write a convolution with a shortcut around the one before it."""
    filters, stride = paper.filters(), paper.size(1, 2)
    kernel = (3,) * paper.rank
    source = paper.conv(filters, kernel, (1,) * paper.rank, "same")
    if paper.flag():
        paper.conv(paper.filters(), kernel, (1,) * paper.rank, "same")
    if paper.flag():
        filters, stride = paper.filters(), paper.one_of(1, 2, 2)
    paper.conv(filters, kernel, (stride,) * paper.rank, "same", shortcut=source)


def _branches(paper: Paper) -> None:
    """Two readers of one layer, joined again for a reader."""
    source, kind = paper.last, paper.one_of("add", "concat")
    filters = paper.filters()
    stride = (paper.size(1, 2),) * paper.rank
    one = paper.conv(filters, (3,) * paper.rank, stride, "same", source)
    if kind == "concat":
        filters = paper.filters()
    kernel = (paper.size(1, 2),) * paper.rank
    two = paper.conv(filters, kernel, stride, "same", source)
    paper.join(kind, one, two)
    paper.one_of(conv, _depthwise, _apart, _pool, _maximum, _maximum, dense)(paper)


def dense(paper: Paper) -> None:
    """Write dense layers; the last of several may have a shortcut."""
    units = paper.size(1, 30)
    flat = [n for n in paper.neurons if len(paper.shapes[n]) == 1 and n != paper.last]
    if paper.host or not paper.flag():
        paper.dense(units)
        return
    if not flat:
        flat = [paper.dense(units)]
        paper.dense(paper.size(1, 30))
    shortcut = paper.one_of(*flat)
    if paper.flag():
        units = paper.shapes[shortcut][0]
    paper.dense(units, shortcut=shortcut)


def _flat(piece: Callable[[Paper], None]) -> Callable[[Paper], None]:
    """Return the piece, or `dense` if no spatial axis is left."""

    def either(paper: Paper) -> None:
        (piece if paper.spatial else dense)(paper)

    return either


PIECES = (
    *map(_flat, (conv, _depthwise, _apart, _downsample, _pool, _pool_under_same)),
    *map(_flat, (_maximum, _maximum, _pools, _shortcut, _branches, _branches)),
)
DECODER_PIECES = (
    _conv_transpose,
    _conv_transpose,
    *map(_flat, (conv, _maximum, _shortcut, _branches)),
)
"""What networks with images that grow are made of."""
