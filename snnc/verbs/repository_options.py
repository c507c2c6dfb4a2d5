"""The options of `snnc report`, `snnc status`, `snnc init` and `snnc demo`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from snnc.text.arguments import FileName
from snnc.verbs.options import option


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """The options of a report."""

    packages: FileName = option(
        "models",
        "With a folder of specs, the folder of their packages.",
        path="packages",
    )


@dataclass(frozen=True)
class StatusOptions:
    """What `status` takes.

    Parameters
    ----------
    specs
        Files and folders; by default, those in ``[tool.snnc]`` of ``pyproject.toml``,
        or the folder ``specs``.
    device
        ``loihi1`` or the path of a device file; by default, that in the settings.
    """

    specs: Sequence[FileName] = ()
    packages: FileName | None = option(
        None,
        "The folder of the packages; by default, that in the settings, or `models`.",
        path="packages",
    )
    device: str | None = None


@dataclass(frozen=True)
class InitOptions:
    """What `init` takes.

    Parameters
    ----------
    folder
        The folder for specs and packages.
    """

    folder: FileName = "."
    requirement: str | None = option(
        None,
        "The pip requirement in the workflow; by default, the git commit that this snnc"
        " was installed from, or else a wheel in the repo.",
        metavar="REQUIREMENT",
    )


@dataclass(frozen=True)
class DemoOptions:
    """What `demo` takes.

    Parameters
    ----------
    tell
        Called with the text of each step.
    """

    folder: FileName = option(
        "snnc-demo",
        "The folder for data, package and weights.",
        path="folder",
        names=("-o", "--output"),
    )
    _: KW_ONLY
    every: bool = option(
        False,
        "Then also run it on Nengo, NengoDL and Loihi's emulator.",
        names=("--all",),
    )
    tell: Callable[[str], None] = print
