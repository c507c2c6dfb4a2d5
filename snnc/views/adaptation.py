"""The document of the results before, during and after learning."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.results.adaptation import AdaptedData, AdaptedEvaluation, presented
from snnc.results.evaluation import Evaluation
from snnc.text.display import Json
from snnc.text.tables import TextTable, percent
from snnc.views.document import MARKUP, TEXT, Items, Part, Sentence, Table
from snnc.views.evaluation import known, score_writer


def document(result: AdaptedEvaluation) -> Iterator[Part]:
    """Yield the score while learning, and tables of scores and of classes."""
    sentences = tuple(_sentences(result))
    yield Items((*sentences, ""), TEXT)
    yield from (Sentence(sentence, MARKUP) for sentence in sentences)
    yield Table(_scores(result))
    if result.learning.classes:
        yield Table(_classes(result))
    yield from _lost(result)


def _sentences(result: AdaptedEvaluation) -> Iterator[str]:
    learning = result.learning
    where = f"{result.after.network} on {result.after.simulator}"
    kind = "RMSE"
    if learning.classes:
        kind = "accuracy"
    reached = score_writer(classes=learning.classes)(learning.score)
    yield f"{where}: {kind} {reached} while learning {presented(learning)}"
    if learning.clipped:
        reason = "which were larger than `error` in `learn pes`; write a larger one"
        yield f"clipped: {percent(learning.clipped)} of the errors, {reason}"


def _scores(result: AdaptedEvaluation) -> TextTable:
    """Return the scores of each data set with their intervals."""
    head: tuple[str, ...] = ("data", "examples", "before", "after")
    if result.data.refit is not None:
        head = (*head, "ridge regression")
    rows = []
    for each in _sets(result):
        results = [each.before, each.after, *filter(None, [each.refit])]
        scores = map(_with_interval, results)
        rows.append((each.file, str(each.after.examples), *scores))
    return TextTable.of(head, rows, ("data",))


def _sets(result: AdaptedEvaluation) -> list[AdaptedData]:
    return [result.data, *filter(None, [result.kept])]


def _classes(result: AdaptedEvaluation) -> TextTable:
    """Return the recall of each class of the data."""
    rows = []
    for before, learning, after in zip(
        result.data.before.by_class,
        result.learning.recalls,
        result.after.by_class,
        strict=True,
    ):
        recalls = map(known, (before.recall, learning, after.recall))
        rows.append((before.name, *recalls))
    return TextTable.of(("class", "before", "learning", "after"), rows, ("class",))


def _lost(result: AdaptedEvaluation) -> Iterator[Part]:
    """Say which classes are no longer recognised."""
    lost = [each.name for each in result.after.by_class if each.recall == 0]
    if lost:
        word = "class" if len(lost) == 1 else "classes"
        problem = f"no example of {word} {', '.join(lost)} is recognised after learning"
        advice = (
            "learn from more examples of it, mixed with the others, or use --passes"
        )
        yield Sentence(f"note: {problem}: {advice}")


def _with_interval(result: Evaluation) -> str:
    """Return an accuracy or error with its 95 % interval."""
    score = result.score
    show = score_writer(classes=result.classes)
    if score.interval is None:
        return show(score.value)
    low, high = map(show, score.interval)
    return f"{show(score.value)} ({low.removesuffix(' %')} to {high})"


def records(result: AdaptedEvaluation) -> list[Json]:
    """Return the scores of each data set."""
    return [
        {
            "data": each.file,
            "before": each.before.score.value,
            "after": each.after.score.value,
        }
        for each in _sets(result)
    ]
