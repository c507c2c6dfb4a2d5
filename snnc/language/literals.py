"""The types of property values: located syntax or plain Python in, plain Python out.

What a type refuses it raises as `snnc.language.scalars` says.
"""

from typing import Annotated, Any, Literal

from snnc.language import extents, names, scalars
from snnc.language.base import Model
from snnc.language.reading import Limits, Read
from snnc.language.table import Key, ValueWord

Bare = Read(scalars.bare)
Chosen = Read(scalars.choice)

Amount = Annotated[float, Read(scalars.amount)]
Share = Annotated[float, Read(scalars.share), Limits(ge=0, lt=1)]
Whole = Annotated[int, Read(scalars.whole)]
Flag = Annotated[bool, Read(scalars.flag)]
KernelBias = Annotated[bool | Literal["neuron"], Read(scalars.bias)]
Seconds = Annotated[float, Read(scalars.seconds)]
Hertz = Annotated[float, Read(scalars.hertz)]
RateRange = Annotated[tuple[float, float], Read(extents.rates)]
UpperRateRange = Annotated[tuple[float, float], Read(extents.upper_rate)]
ValueRange = Annotated[tuple[float, float], Read(extents.values)]
DimsValue = Annotated[tuple[int, ...], Read(extents.dims)]
ShapeValue = Annotated[tuple[int, ...], Read(extents.shape)]
Window = Annotated[tuple[int, ...] | Literal["all"], Read(extents.window)]
Block = Annotated[tuple[int, ...] | Literal["auto"], Read(extents.block)]
Identifier = Annotated[str, Read(names.identifier)]
Phases = Annotated[tuple[extents.Phase, ...], Read(extents.phases)]
ClassNames = Annotated[int | tuple[str, ...], Read(names.classes)]


class NeuronSpec(Model):
    """``relu`` or ``lif``; time constants in seconds, of ``lif`` alone."""

    kind: Annotated[
        Literal["relu", "lif"],
        Bare,
        Key(
            "Which neurons",
            usual="relu",
            words=(
                ValueWord(
                    "relu",
                    "Rectified linear neurons: the rate is linear in the current.",
                    nearby="if integrate_and_fire spiking_relu rectified_linear "
                    "relurate spiking_rectified_linear",
                ),
                ValueWord(
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
        Limits(gt=0),
        Key(
            "Time constant of the membrane, a time",
            usual="20 ms",
            same="tau_m tau_mem tau_membrane membrane_time_constant",
            nearby="tau tau_v",
        ),
    ] = 20e-3
    tau_ref: Annotated[
        Seconds,
        Limits(ge=0),
        Key(
            "Refractory period, a time",
            usual="2 ms",
            same="t_ref tau_refrac tau_refractory refractory refractory_period",
        ),
    ] = 2e-3

    @classmethod
    def read(cls, value: Any) -> Any:
        return scalars.choice(value)

    def check(self) -> None:
        """Refuse time constants of ``relu``."""
        written = {*self.model_fields_set} - {"kind"}
        if self.kind == "relu" and written:
            raise scalars.problem(
                "not_taken",
                "`relu` takes no {key}",
                {"key": min(written), "owner": "relu"},
            )
