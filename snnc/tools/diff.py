"""The changes from one network to another: `snnc diff`."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.diagnostics import Report
from snnc.diff import Difference, compare, document, render, version_of
from snnc.passes import Compilation
from snnc.text.display import Displayed, Json


@dataclass(frozen=True, eq=False, repr=False)
class Diff(Displayed):
    """The changes from one network to another, for reviewers.

    Attributes
    ----------
    difference
        All that changed: internal.
    """

    _internal = frozenset(("difference", "of"))

    difference: Difference

    @classmethod
    def of(
        cls, old: tuple[Compilation, Report], new: tuple[Compilation, Report]
    ) -> Diff:
        """Compare two compilations without errors in their specs."""
        versions = (version_of(*old), version_of(*new))
        assert versions[0] is not None
        assert versions[1] is not None
        return cls(compare(versions[0], versions[1]))

    @property
    def same(self) -> bool:
        """Whether the two specs mean the same."""
        return self.difference.same

    @property
    def weights(self) -> str:
        """Whether trained weights stay valid: ``valid``, ``incompatible`` ..."""
        return self.difference.weights.verdict

    def text(self) -> str:
        """Return the changes, one section after another."""
        return render.text(self.difference)

    def markdown(self) -> str:
        """Return the changes as Markdown for a comment on a pull request."""
        return render.markdown(self.difference)

    def as_dict(self) -> Json:
        """Return what ``snnc diff --format json`` prints."""
        return document(self.difference)

    def __str__(self) -> str:
        return self.text().rstrip("\n")

    def __repr__(self) -> str:
        old, new = self.difference.old.source, self.difference.new.source
        return f"<snnc.Diff {old} -> {new}: {'same' if self.same else 'changed'}>"
