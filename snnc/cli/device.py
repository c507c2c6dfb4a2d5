"""The device of ``snnc --device``, for the verbs."""

from __future__ import annotations

import click

from snnc.ir.device import Profile
from snnc.loihi.profile import DEFAULT, read_profile


def chosen_device() -> str | None:
    """The name or the file of the device, as it was given; None for Loihi 1."""
    context = click.get_current_context(silent=True)
    name = None if context is None else context.find_root().params.get("device")
    return None if name == DEFAULT else name


def device() -> Profile:
    """What is compiled for."""
    return read_profile(chosen_device() or DEFAULT)
