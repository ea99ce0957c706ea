"""Arguments that several questions have."""

from typing import Annotated

import strawberry

from schema.enums import WeekStart
from schema.inputs.metrics import MetricInput
from schema.inputs.ranges import CompareInput, RangeInput
from schema.scalars import TimeZone

MetricsArgument = Annotated[list[MetricInput], strawberry.argument(description="What is measured.")]
RangeArgument = Annotated[RangeInput, strawberry.argument(name="range", description="When.")]
OptionalRange = Annotated[
    RangeInput | None,
    strawberry.argument(name="range", description="When; by default at any time."),
]
CompareArgument = Annotated[
    CompareInput | None, strawberry.argument(description="Which range to compare with.")
]
ZoneArgument = Annotated[
    TimeZone | None,
    strawberry.argument(
        description="The zone in which local days are cut; by default the project's."
    ),
]
WeekArgument = Annotated[
    WeekStart, strawberry.argument(description="The day on which weeks begin.")
]
