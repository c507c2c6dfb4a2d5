"""Check for the libraries that a run needs, before importing them."""

from __future__ import annotations

from snnc.text.installing import require


def require_simulator(simulator: str, cluster: str | None = None) -> None:
    """Raise ModuleNotFoundError if a run needs libraries that are not installed."""
    needed = ["numpy", "scipy", "safetensors", "nengo_loihi", "numba"]
    extras = "evaluate"
    if cluster is not None:
        needed.append("distributed")
    if simulator == "keras":
        needed.append("tensorflow")
        extras = "evaluate,keras"
    require(needed, extras, f"the simulator {simulator}")
