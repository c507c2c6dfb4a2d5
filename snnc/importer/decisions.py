"""Decisions on the layers of a model: the lines of the explanation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from snnc.rules.imports import LayerRefusal, LayerRefused

Verdict = Literal["kept", "training", "rewritten", "refused"]
Rule = type[LayerRefusal]


@dataclass(frozen=True, slots=True)
class DataChange:
    """The topic of a decision that changes the input.

    ``sentence`` says how, and ends with ``todo``: what to do with the data.
    """

    sentence: str
    todo: str


@dataclass(frozen=True, slots=True)
class LostDropout:
    """The topic of a decision to leave out a `Dropout`."""


@dataclass(frozen=True, slots=True)
class KeptPenalty:
    """The topic of a decision to keep the L2 penalty of a kernel."""


@dataclass(frozen=True, slots=True)
class AppliedRewrite:
    """The topic of a decision that the user requested, as ``maxpool=avgpool``."""

    text: str


@dataclass(frozen=True, slots=True)
class Approximation:
    """The topic of a decision for neurons that only approximate an activation.

    Attributes
    ----------
    function :
        Its name in `snnc.importer.functions`.
    neurons :
        The number of neurons per value.
    error :
        The largest difference to the activation.
    """

    function: str
    neurons: int
    error: float


Topic = DataChange | LostDropout | KeptPenalty | AppliedRewrite | Approximation
AnyTopic = TypeVar("AnyTopic", bound=Topic)


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the explanation.

    Attributes
    ----------
    option :
        One of the layer's options and its value, such as ``padding same``; empty for
        the layer as a whole.
    verdict :
        ``kept``: the option means the same in the spec. ``training``: the option only
        matters in training. ``rewritten``: it is replaced. ``refused``: it prevents the
        import.
    why, remedy :
        The reason, as a phrase, and what the user can do, as a command if possible.
    rule :
        The kind of diagnostic that reports a refusal.
    topic :
        What notes and warnings say about the decision; None without any.
    """

    layer: str
    option: str
    verdict: Verdict
    why: str = ""
    remedy: str = ""
    rule: Rule = LayerRefused
    topic: Topic | None = None


def decisions_about(
    decisions: Iterable[Decision], kind: type[AnyTopic]
) -> Iterator[tuple[str, AnyTopic]]:
    """Yield the layers of the decisions on one kind of topic, with the topics."""
    for decision in decisions:
        if isinstance(decision.topic, kind):
            yield decision.layer, decision.topic


class RefusedLayerError(Exception):
    """Raised if a layer can't be imported.

    The arguments are attributes of its `Decision`. Without a remedy, the caller gives
    general advice. If another layer is the cause, ``layer`` is its name.
    """

    def __init__(
        self,
        why: str,
        remedy: str = "",
        option: str = "",
        rule: Rule = LayerRefused,
        layer: str = "",
    ) -> None:
        super().__init__(why)
        self.remedy = remedy
        self.option = option
        self.rule = rule
        self.layer = layer
