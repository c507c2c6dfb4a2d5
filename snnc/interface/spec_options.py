"""The options of verbs for specs, of an export, and of pictures."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from snnc.loihi.profile import DEFAULT
from snnc.text.arguments import FileName, Tensors
from snnc.verbs.options import check_options, option

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.interface.objects import Package, Spec
    from snnc.nir.graph import Neuron
    from snnc.results.evaluation import Evaluation
    from snnc.results.report import Report
    from snnc.results.sweep import Sweep
    from snnc.results.training import Training

ResultKind = Literal[
    "network", "cores", "accuracy", "raster", "rates", "confusion", "predictions",
    "correlation",
]  # fmt: skip
"""The pictures of a network, and of its evaluation."""
Kind = Literal[ResultKind, "training", "sweep", "sweep-cores"]
Drawable: TypeAlias = (
    "Spec | Report | Evaluation | Training | Sweep | Package | FileName"
)


@dataclass(frozen=True)
class CheckOptions:
    """What `check` takes.

    Parameters
    ----------
    spec
        A file, or a spec.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    """

    spec: Spec | FileName
    device: str = DEFAULT
    _: KW_ONLY
    fix: bool = option(False, "Fix problems that have one obvious fix.")


@dataclass(frozen=True)
class BuildOptions:
    """What `build` takes.

    Parameters
    ----------
    spec
        A file, or a spec.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    """

    spec: Spec | FileName
    output: FileName = option(
        "models",
        "The folder for the packages.",
        path="packages",
        names=("-o", "--output"),
    )
    device: str = DEFAULT
    _: KW_ONLY
    check: bool = option(
        False,
        "Write nothing, and fail if a package would change. The command lists such"
        " packages and exits with 1, and Python raises SpecError.",
    )
    force: bool = option(
        False,
        "Replace files that were edited by hand, and packages of other specs.",
    )


@dataclass(frozen=True)
class FitOptions:
    """What `fit` takes.

    Parameters
    ----------
    spec
        A file or a spec. If the network already fits, variants show how far layers
        could grow.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    patient
        Whether to search for several seconds if a network is large.
    """

    spec: Spec | FileName
    cores: int | None = option(
        None, "The number of cores; by default, that of the spec's target.", least=1
    )
    device: str = DEFAULT
    _: KW_ONLY
    patient: bool = True


@dataclass(frozen=True)
class ConvertOptions:
    """What `convert` takes.

    Parameters
    ----------
    spec
        A file, or a spec.
    """

    spec: Spec | FileName
    to: Literal["snn", "yaml"] | None = option(
        None,
        "The notation; by default, the other one or, with --edition, the same one.",
        choices=("yaml", "snn"),
    )


@dataclass(frozen=True)
class ExportOptions:
    """What `export_nir` takes; an unknown neuron raises ValueError.

    Parameters
    ----------
    package
        A package, its folder, a spec or its file.
    weights : path or mapping
        A safetensors file with the network's layout, or its tensors by name.
    path
        The file to write, such as ``drift.nir``. Limitations are described in
        ``PATH.txt``.
    device
        The device to compile for.
    """

    package: Package | Spec | FileName
    weights: Tensors | FileName
    path: FileName
    _: KW_ONLY
    neuron: Neuron = option(
        "if",
        "The NIR node for ReLU neurons: `if`, without the synaptic filter, or"
        " `cubalif`, with the filter.",
        choices=("if", "cubalif"),
    )
    device: str = DEFAULT

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True)
class PlotOptions:
    """What `plot` takes.

    Parameters
    ----------
    what
        The object to draw, which determines the possible kinds of pictures. A spec or
        its file, a package, or a report: ``network`` (the default) or ``cores``. An
        evaluation: ``accuracy`` (the default), ``raster``, ``rates``, ``confusion``,
        ``predictions``, ``correlation``, or the kinds for its spec. For a training
        result, there is only one kind. A sweep: ``sweep``, against energy (the
        default), or ``sweep-cores``.
    ax
        The axes to draw on; by default, new axes.
    file
        The file to write: ``.png``, ``.svg`` or ``.pdf``.
    """

    what: Drawable
    kind: Kind | None = option(
        None,
        "The kind of picture; by default, `network` for a spec or a package. Of a"
        " package, all others except `cores` need data and weights.",
        choices=get_args(ResultKind),
    )
    ax: Axes | None = None
    _: KW_ONLY
    file: FileName | None = None
    dark: bool = option(False, "Use a dark background.")
    example: int = option(
        0, "The example for the raster, among those that ran.", least=0
    )
