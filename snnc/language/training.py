"""The `train` statement: losses, optimisers and schedules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from snnc.language.literals import Amount, Bare, Chosen, Flag, Whole


class Choice(BaseModel):
    """A named choice with settings of its own, such as ``adam { ... }``."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class CrossEntropy(Choice):
    """Softmax cross entropy over the classes."""

    kind: Literal["cross_entropy"] = "cross_entropy"


class Focal(Choice):
    """Focal loss (Lin et al., 2017, https://arxiv.org/abs/1708.02002, eq. 5)."""

    kind: Literal["focal"] = "focal"
    gamma: Annotated[Amount, Field(ge=0)] = 2.0
    alpha: Annotated[Amount, Field(gt=0, le=1)] = 0.25


class MeanSquaredError(Choice):
    """Mean squared error, the loss of a regression."""

    kind: Literal["mse"] = "mse"


class Adam(Choice):
    """Adam (Kingma and Ba, 2014)."""

    kind: Literal["adam"] = "adam"
    learning_rate: Annotated[Amount, Field(gt=0)] = 1e-3
    beta_1: Annotated[Amount, Field(ge=0, lt=1)] = 0.9
    beta_2: Annotated[Amount, Field(ge=0, lt=1)] = 0.999
    epsilon: Annotated[Amount, Field(gt=0)] = 1e-7


class AdamW(Choice):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2017)."""

    kind: Literal["adamw"] = "adamw"
    learning_rate: Annotated[Amount, Field(gt=0)] = 1e-3
    weight_decay: Annotated[Amount, Field(ge=0)] = 4e-3
    beta_1: Annotated[Amount, Field(ge=0, lt=1)] = 0.9
    beta_2: Annotated[Amount, Field(ge=0, lt=1)] = 0.999
    epsilon: Annotated[Amount, Field(gt=0)] = 1e-7


class Sgd(Choice):
    """Stochastic gradient descent with momentum."""

    kind: Literal["sgd"] = "sgd"
    learning_rate: Annotated[Amount, Field(gt=0)] = 1e-2
    momentum: Annotated[Amount, Field(ge=0, lt=1)] = 0.0
    nesterov: Flag = False


LOSSES: tuple[type[Choice], ...] = (CrossEntropy, Focal, MeanSquaredError)
OPTIMIZERS: tuple[type[Choice], ...] = (Adam, AdamW, Sgd)

Loss = Annotated[
    CrossEntropy | Focal | MeanSquaredError, Field(discriminator="kind"), Chosen
]
Optimizer = Annotated[Adam | AdamW | Sgd, Field(discriminator="kind"), Chosen]


class TrainSpec(BaseModel):
    """How `train.py` trains; None where the readout decides."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    loss: Loss | None = None
    optimizer: Optimizer = Field(default_factory=Adam)
    batch: Annotated[Whole, Field(ge=1)] = 64
    epochs: Annotated[Whole, Field(ge=1)] = 20
    l2: Annotated[Amount, Field(ge=0)] = 0.0
    label_smoothing: Annotated[Amount, Field(ge=0, lt=1)] = 0.0
    schedule: Annotated[Literal["constant", "cosine"], Bare] = "constant"
    rate_weight: Annotated[Amount, Field(ge=0)] = 1e-3
    aware: Flag = True
    validation: Annotated[Amount, Field(ge=0, lt=1)] = 0.1
    seed: Annotated[Whole, Field(ge=0)] = 0
