"""What the exact engine does not run, each with the sentence that users read."""

from __future__ import annotations

from snnc.output.imported import (
    CannotRunError,
    NoPackageError,
    OtherFormatError,
    OtherLayoutError,
)

__all__ = [
    "CannotRunError",
    "NoPackageError",
    "NotFixedError",
    "NotStoredError",
    "NothingOnChipError",
    "OtherFormatError",
    "OtherLayoutError",
    "OtherShapeError",
    "TooManyStepsError",
]


class NothingOnChipError(CannotRunError):
    """No layer of the network is on the chip."""

    def __init__(self) -> None:
        super().__init__(
            "no layer of this network is on the chip, so there is nothing to run "
            "exactly; use `--simulator nengo`, or write `place chip` in a layer"
        )


class NotFixedError(CannotRunError):
    """The chip's state would change in a way that the engine does not follow."""

    def __init__(self, what: str, block: object) -> None:
        super().__init__(
            f"{block} has {what}, which the exact engine does not follow; run this "
            "network on nengo-loihi's own emulator"
        )


class TooManyStepsError(CannotRunError):
    """An example lasts longer than the spike counters can count."""

    def __init__(self, steps: int, limit: int) -> None:
        super().__init__(
            f"an example of {steps} steps is longer than the {limit} that the spike "
            "counters hold; give fewer steps, or write a smaller `present` or a "
            "larger `dt`"
        )


class NotStoredError(CannotRunError):
    """The chip has no integers for the weights."""

    def __init__(self, layers: str) -> None:
        super().__init__(
            f"the chip can't store the weights of {layers}; `snnc weights FILE SPEC` "
            "tells why, and what would do"
        )


class OtherShapeError(CannotRunError):
    """The examples are not of the shape that the network reads."""

    def __init__(self, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
        read = " x ".join(map(str, wanted))
        super().__init__(
            f"the examples have the shape {shape}; this network reads one or more "
            f"examples of {read}"
        )
