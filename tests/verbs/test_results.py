"""Compare results as text and JSON with a text next to this file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from snnc.results.adaptation import Adaptation, AdaptedData, AdaptedEvaluation
from snnc.results.evaluation import Evaluation
from snnc.results.scores import (
    ClassResult,
    LayerResult,
    ReadoutVariant,
    Score,
    ScoreAtTime,
    UnitResult,
    Work,
)
from snnc.results.training import Training
from tests.rules.checking import assert_accepted

GOLDEN = Path(__file__).parent / "results.txt"
SLACK = (10.0, 17.0)
LAYERS = (
    LayerResult(
        "encode", 0, 250, 99.9, 210.0, "held", (0, 17), 2600.0, 0.5, 0.0, 0.99712
    ),
    LayerResult("c0", 20, 150, 99.9, 183.3, "missed", SLACK, 924.4, 0.0, 0.0013, None),
    LayerResult("c1", 20, 150, 90, 160, "tolerated", SLACK, 12.34, 0.25, 0.0, 0.5),
    LayerResult("c2", 20, 150, 90, 11.0, "tolerated", SLACK, 12.34, 0.0, 0.0, 0.5),
    LayerResult("d0", 20, 150, 90, 3.2, "missed", SLACK, 1.5, 0.0, 0.0, None),
)
CLASSES = Evaluation(
    network="drift",
    simulator="exact",
    presentation="row",
    examples=200,
    steps=60,
    classes=True,
    score=Score(0.98, (0.9497, 0.9922), 0.955, 0.985, "smooth", (-0.001, 0.031), 0.995),
    over_time=(
        ScoreAtTime(15, 0.125, (0.8, 0.9)),
        ScoreAtTime(30, 0.5, (0.4, 0.56)),
        ScoreAtTime(60, 0.98),
    ),
    readings=(ReadoutVariant("last", 0.01, 0.995, (0.003, 0.027)),),
    confusion=((97, 3, 0), (1, 99, 0), (0, 0, 0)),
    names=("left", "right", "up"),
    layers=LAYERS,
    spikes=3927.2,
    work=Work(160_020.3, 16.9e-6),
    clipped=0.004,
    overflows=(3, 0, 12),
    cores=5,
    seconds=1.24,
)
VALUES = Evaluation(
    network="ripples",
    simulator="nengo",
    presentation="row",
    examples=1,
    steps=20,
    classes=False,
    score=Score(
        *(0.12345, (0.1, 0.15), 0.11, 0.05, "smooth", (0.002, 0.045), 0.1), r2=0.875
    ),
    units=(UnitResult(0.1, 0.9), UnitResult(0.2, None)),
    over_time=(ScoreAtTime(10, 0.2345, (0.02, 0.3)), ScoreAtTime(20, 0.12345)),
    readings=(ReadoutVariant("mean", None, 0.1, (0.001, 0.02)),),
    layers=LAYERS[:1],
    spikes=2600.0,
    clipped=0.0,
    seconds=0.1,
)
TRAINING = Training(
    network="drift",
    model=None,
    weights={},
    file=Path("drift.safetensors"),
    history={
        "loss": [0.9, 0.5, 0.6, 0.4],
        "accuracy": [0.5, 0.7, 0.8, 0.9],
        "val_loss": [0.8, 0.7, 0.6, 0.65],
        "val_accuracy": [0.6, 0.75, 0.85, 0.8],
    },
    phases=[("smooth", 0), ("scale", 2), ("spikes", 2)],
    kept={"val_loss": 0.6, "val_accuracy": 0.85},
    seconds=71.3,
    phase_seconds=[9.04, 1.5, 57.3],
)
FITTING = replace(
    TRAINING,
    file=None,
    history={"loss": [0.9, 0.5, 0.25], "rmse": [0.95, 0.71]},
    kept={},
)
RESULTS = {
    "classes": CLASSES,
    "values": VALUES,
    "without TensorFlow": replace(
        CLASSES, score=Score(1.0, (0.98, 1.0)), layers=LAYERS[2:3], overflows=(0, 0, 0)
    ),
    "before spikes unknown": replace(
        VALUES,
        score=replace(
            VALUES.score, before=None, loss=None, unknown="w.smooth is missing"
        ),
    ),
    "from rest": replace(CLASSES, presentation="rest", names=()),
    "Keras alone": Evaluation(
        "ripples", "keras", None, 2, None, False, Score(0.12345), seconds=0.1
    ),
    "imported, with a gain by spikes and a silent layer": replace(
        CLASSES,
        score=replace(
            CLASSES.score, before=0.96, loss=(-0.035, -0.005), model="imported"
        ),
        layers=(*LAYERS, replace(LAYERS[1], silent=1.0)),
    ),
    "training": TRAINING,
    "training of a regression, with nothing held out": FITTING,
}


def test_the_words() -> None:
    texts = [f"=== {name}\n{result}\n" for name, result in RESULTS.items()]
    for name in ("classes", "values", "training"):
        told = json.dumps(RESULTS[name].as_dict(), indent=1)
        texts.append(f"=== {name} as JSON\n{told}\n")
    assert_accepted(GOLDEN, "\n".join(texts))


def test_more_than_20_classes_have_no_table() -> None:
    for count, shown in ((20, True), (21, False)):
        counts = tuple(tuple(range(count)) for _ in range(count))
        result = replace(CLASSES, confusion=counts, names=())
        assert ("taken for" in str(result)) == shown
        assert len(result.as_dict()["classes"]) == count


def test_classes_by_themselves() -> None:
    left, right, up = CLASSES.by_class
    assert left == ClassResult("left", 100, 0.97, 97 / 98)
    assert right == ClassResult("right", 100, 0.99, 99 / 102)
    assert up == ClassResult("up", 0, None, None)
    assert [each.name for each in replace(CLASSES, names=()).by_class] == [*"012"]
    assert VALUES.by_class == ()


def test_uneven_classes_have_a_balanced_accuracy() -> None:
    """A network that says 0 of all is right in 90 %, and finds one class of two."""
    counts = ((90, 0), (10, 0))
    rare = replace(CLASSES, confusion=counts, names=())
    assert rare.balanced_accuracy == 0.5
    assert "balanced accuracy         50.0 %, the mean recall" in str(rare)
    few = replace(rare, confusion=((4, 0), (1, 1)))  # 4 and 2 may be chance
    for even in (CLASSES, few):
        assert "balanced" not in str(even)
    assert VALUES.balanced_accuracy is None


def test_a_result_answers_by_name() -> None:
    assert (CLASSES.accuracy, CLASSES.rmse) == (0.98, None)
    assert (VALUES.accuracy, VALUES.rmse) == (None, 0.12345)
    assert CLASSES.missed == ("c0", "d0")
    rates = {"encode": 210.0, "c0": 183.3, "c1": 160, "c2": 11.0, "d0": 3.2}
    assert CLASSES.rates == rates


def test_results_of_learning_contain_those_of_evaluations() -> None:
    y = np.array([0, 1])
    learning = Adaptation(y, np.eye(2), {}, classes=False, score=0.5)
    data = AdaptedData("new.npz", before=VALUES, after=VALUES)
    adapted = AdaptedEvaluation(data, learning, kept=data)
    found = adapted.as_dict()
    assert found["before"] == found["kept"]["after"] == VALUES.as_dict()
    assert found["refit"] is None
    row = {"data": "new.npz", "before": 0.12345, "after": 0.12345}
    assert adapted.to_pandas().to_dict("records") == [row, row]
