"""The settings of the repository in which a command runs, read once per run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from snnc.verbs.settings import Settings

_KEY = "snnc.settings"


def repository_settings() -> Settings:
    """Return ``[tool.snnc]``; raise click.UsageError if it is invalid."""
    # The help and the version, which start fastest, need no settings.
    from pathlib import Path

    from snnc.loihi.profile import ProfileError, read_profile
    from snnc.verbs.settings import Settings, SettingsError, read_settings

    context = click.get_current_context(silent=True)
    if context is None:
        return Settings()
    known = context.find_root().meta
    if _KEY not in known:
        try:
            current = read_settings(Path.cwd())
            if current.device is not None:
                read_profile(current.device)
        except FileNotFoundError:  # a deleted folder; absolute paths still work
            return Settings()
        except (SettingsError, ProfileError) as error:
            raise click.UsageError(str(error)) from error
        known[_KEY] = current
    settings: Settings = known[_KEY]
    return settings
