"""The types of property values: located syntax or plain Python in, plain Python out.

What a type refuses it raises as `snnc.language.scalars` says.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.language import extents, names, scalars
from snnc.language import phases as course
from snnc.language.table import Key, Word

Bare = BeforeValidator(scalars.bare)
Chosen = BeforeValidator(scalars.choice)

Amount = Annotated[float, BeforeValidator(scalars.amount)]
Share = Annotated[float, BeforeValidator(scalars.share), Field(ge=0, lt=1)]
Whole = Annotated[int, BeforeValidator(scalars.whole)]
Flag = Annotated[bool, BeforeValidator(scalars.flag)]
KernelBias = Annotated[bool | Literal["neuron"], BeforeValidator(scalars.bias)]
Seconds = Annotated[float, BeforeValidator(scalars.seconds)]
Hertz = Annotated[float, BeforeValidator(scalars.hertz)]
RateRange = Annotated[tuple[float, float], BeforeValidator(extents.rates)]
UpperRateRange = Annotated[tuple[float, float], BeforeValidator(extents.upper_rate)]
ValueRange = Annotated[tuple[float, float], BeforeValidator(extents.values)]
DimsValue = Annotated[tuple[int, ...], BeforeValidator(extents.dims)]
ShapeValue = Annotated[tuple[int, ...], BeforeValidator(extents.shape)]
Window = Annotated[tuple[int, ...] | Literal["all"], BeforeValidator(extents.window)]
Block = Annotated[tuple[int, ...] | Literal["auto"], BeforeValidator(extents.block)]
Identifier = Annotated[str, BeforeValidator(names.identifier)]
Phases = Annotated[tuple[course.Phase, ...], BeforeValidator(course.phases)]
ClassNames = Annotated[int | tuple[str, ...], BeforeValidator(names.classes)]


class NeuronSpec(BaseModel):
    """``relu`` or ``lif``; time constants in seconds, of ``lif`` alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: Annotated[
        Literal["relu", "lif"],
        Bare,
        Key(
            "Which neurons",
            usual="relu",
            words=(
                Word(
                    "relu",
                    "Rectified linear neurons: the rate is linear in the current.",
                    nearby="if integrate_and_fire spiking_relu rectified_linear "
                    "relurate spiking_rectified_linear",
                ),
                Word(
                    "lif",
                    "Leaky integrate-and-fire neurons.",
                    nearby="leaky alif plif adlif cuba cubalif lapicque synaptic "
                    "soft_lif lif_rate adaptive_lif parametric_lif lifcell",
                ),
            ),
        ),
    ]
    tau_rc: Annotated[
        Seconds,
        Field(gt=0),
        Key(
            "Time constant of the membrane, a time",
            usual="20 ms",
            same="tau_m tau_mem tau_membrane membrane_time_constant",
            nearby="tau tau_v",
        ),
    ] = 20e-3
    tau_ref: Annotated[
        Seconds,
        Field(ge=0),
        Key(
            "Refractory period, a time",
            usual="2 ms",
            same="t_ref tau_refrac tau_refractory refractory refractory_period",
        ),
    ] = 2e-3

    @model_validator(mode="before")
    @classmethod
    def _written(cls, value: Any) -> Any:
        return scalars.choice(value)

    @model_validator(mode="after")
    def _relu_takes_nothing(self) -> Self:
        written = self.model_fields_set - {"kind"}
        if self.kind == "relu" and written:
            raise PydanticCustomError(
                "not_taken",
                "`relu` takes no {key}",
                {"key": min(written), "owner": "relu"},
            )
        return self
