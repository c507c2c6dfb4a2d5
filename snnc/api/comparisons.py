"""Compare networks: variants that fit, and changes between two specs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snnc.api.display import Displayed
from snnc.api.specs import FileName, Spec, as_spec
from snnc.loihi.profile import DEFAULT
from snnc.text.arguments import check_count
from snnc.text.tables import counted

if TYPE_CHECKING:
    from snnc.diff import Difference
    from snnc.fit.variants import FitVariant, Offer


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Displayed):
    """Variants that fit, those first that keep most of the network.

    Attributes
    ----------
    spec : Spec
        The original spec.
    offer
        All that was found: internal.
    """

    _internal = frozenset(("offer",))

    spec: Spec
    offer: Offer

    @property
    def cores(self) -> int:
        """The number of cores available."""
        return self.offer.cores

    @property
    def needed(self) -> int | None:
        """The cores that the unchanged network takes; None if they can't be counted."""
        return self.offer.needed

    @property
    def fits(self) -> bool:
        """Whether the unchanged network fits."""
        return self.offer.present is not None

    @property
    def variants(self) -> tuple[FitVariant, ...]:
        """Changes, their ``cost`` (cores, neurons, weights), and what is ``kept``."""
        return self.offer.variants

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The specs of the variants, in order."""
        return tuple(map(self._applied, self.variants))

    def _applied(self, variant: FitVariant) -> Spec:
        changes: dict[str, dict[str, Any]] = {}
        for change in variant.changes:
            changes.setdefault(change.layer, {})[change.key] = change.value
        return self.spec.replace(**changes)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``snnc fit --format json`` prints."""
        from snnc.fit.variants import document

        return document(self.offer)

    def __str__(self) -> str:
        from snnc.fit.variants import table

        return table(self.offer, len(self.variants))

    def __repr__(self) -> str:
        count = counted(len(self.variants), "variant")
        cores = counted(self.cores, "core")
        return f"<snnc.Fit {self.spec.name}: {count} on {cores}>"


def fit(
    spec: Spec | FileName,
    cores: int | None = None,
    device: str = DEFAULT,
    *,
    patient: bool = True,
) -> Fit:
    """Look for variants of a network (filters, strides) that fit the cores.

    Parameters
    ----------
    spec
        A file, or a spec. If it fits already, variants show how far layers could grow.
    cores
        The number of cores; by default those of the spec's target.
    device
        The device to compile a file for: ``loihi1``, or a device's file.
    patient
        Whether to search for seconds if a network is large.

    Raises
    ------
    SpecError
        If the spec has errors.
    ValueError
        If there are no cores: for ``target nengo``, or below 1.
    """
    from snnc.fit.trials import Trials, target_of
    from snnc.fit.variants import offer

    check_count("cores", cores, 1)
    spec = as_spec(spec, device)
    made = spec.made
    assert made.spec is not None
    assert made.lowered is not None
    target = target_of(made.lowered.network, cores)
    if target is None:
        raise ValueError("`target nengo` has no cores; nothing to fit")
    trials = Trials(made.spec, target, made.device, patient, made.mapped)
    return Fit(spec, offer(trials))


@dataclass(frozen=True, eq=False, repr=False)
class Diff(Displayed):
    """The changes from one network to another, for reviewers.

    Attributes
    ----------
    difference
        All that changed: internal.
    """

    _internal = frozenset(("difference",))

    difference: Difference

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
        from snnc.diff.render import text as render

        return render(self.difference)

    def markdown(self) -> str:
        """Return the changes as Markdown for a comment on a pull request."""
        from snnc.diff.render import markdown as render

        return render(self.difference)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``snnc diff --format json`` prints."""
        from snnc.diff import document

        return document(self.difference)

    def __str__(self) -> str:
        return self.text().rstrip("\n")

    def __repr__(self) -> str:
        old, new = self.difference.old.source, self.difference.new.source
        return f"<snnc.Diff {old} -> {new}: {'same' if self.same else 'changed'}>"


def diff(old: Spec | FileName, new: Spec | FileName, device: str = DEFAULT) -> Diff:
    """Compare two networks instead of their texts.

    Parameters
    ----------
    old, new
        Files, specs, or ``git:REV:PATH`` as in ``git show REV:PATH``.
    device
        The device to compile files for: ``loihi1``, or a device's file.

    Raises
    ------
    SpecError
        If one of them has errors. A network that does not fit its chip is a change, not
        an error.
    """
    from snnc.diff import compare, version_of

    versions = []
    for side in (old, new):
        spec = as_spec(side, device)
        version = version_of(spec.made, spec.found)
        assert version is not None, "a spec has no errors"
        versions.append(version)
    return Diff(compare(*versions))
