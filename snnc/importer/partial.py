"""What can be costed of a model that is refused: all layers that were drafted."""

from __future__ import annotations

from copy import copy

from snnc.importer.draft import INPUT, Draft
from snnc.importer.finish import NEURAL, Ends, encoder_of, read_by
from snnc.importer.refusal import RefusedError
from snnc.importer.spec import Written, write
from snnc.importer.walk import Walk

UNREAD = "unread"


def written_part(walk: Walk) -> Written | None:
    """Write a spec of what was drafted, which only cores are to be counted of.

    ReLU stands for refused activations, and a readout of one unit reads what nothing
    else does. None if no neurons were drafted.
    """
    drafts = list(walk.drafts.values())
    read = {key for draft in drafts for key in (*draft.sources, draft.shortcut)}
    ends = [draft for draft in drafts if draft.layer not in read]
    if not ends or not any(draft.kind in NEURAL for draft in drafts):
        return None
    trial = copy(walk)
    trial.decisions, trial.drafts = list(walk.decisions), dict(walk.drafts)
    last = ends[-1]
    beside = [d for d in ends if d.shape[:-1] == last.shape[:-1]]
    source = last.layer
    if len(beside) > 1:
        shape = (*last.shape[:-1], sum(draft.shape[-1] for draft in beside))
        source = trial.join(UNREAD, tuple(draft.layer for draft in beside), shape)
    key = trial.free(UNREAD)
    trial.add(Draft(layer=key, kind="readout", sources=(source,), shape=(1,)))
    trial.drafts = read_by(trial, key)
    if not any(INPUT in draft.sources for draft in trial.drafts.values()):
        return None
    try:
        return write(trial, Ends(encoder_of(trial, key), key, "units 1", False, ()))
    except RefusedError:  # it is too long to be read
        return None
