"""The types of property values: located syntax or plain Python in, plain Python out.

What a type refuses it raises as `snnc.language.scalars` says.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from snnc.language import extents, names, scalars

Bare = BeforeValidator(scalars.bare)
Chosen = BeforeValidator(scalars.choice)

Amount = Annotated[float, BeforeValidator(scalars.amount)]
Whole = Annotated[int, BeforeValidator(scalars.whole)]
Flag = Annotated[bool, BeforeValidator(scalars.flag)]
Seconds = Annotated[float, BeforeValidator(scalars.seconds)]
Hertz = Annotated[float, BeforeValidator(scalars.hertz)]
RateRange = Annotated[tuple[float, float], BeforeValidator(extents.rates)]
ValueRange = Annotated[tuple[float, float], BeforeValidator(extents.values)]
DimsValue = Annotated[tuple[int, ...], BeforeValidator(extents.dims)]
ShapeValue = Annotated[tuple[int, ...], BeforeValidator(extents.shape)]
Window = Annotated[tuple[int, ...] | Literal["all"], BeforeValidator(extents.window)]
Block = Annotated[tuple[int, ...] | Literal["auto"], BeforeValidator(extents.block)]
Identifier = Annotated[str, BeforeValidator(names.identifier)]
ClassNames = Annotated[int | tuple[str, ...], BeforeValidator(names.classes)]


class NeuronSpec(BaseModel):
    """``relu`` or ``lif``; time constants in seconds, of ``lif`` alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[Literal["relu", "lif"], Bare]
    tau_rc: Annotated[Seconds, Field(gt=0)] = 20e-3
    tau_ref: Annotated[Seconds, Field(ge=0)] = 2e-3

    @model_validator(mode="before")
    @classmethod
    def _written(cls, value: Any) -> Any:
        return scalars.choice(value)

    @model_validator(mode="after")
    def _relu_takes_nothing(self) -> NeuronSpec:
        written = self.model_fields_set - {"kind"}
        if self.kind == "relu" and written:
            raise PydanticCustomError(
                "not_taken",
                "`relu` takes no {key}",
                {"key": min(written), "owner": "relu"},
            )
        return self
