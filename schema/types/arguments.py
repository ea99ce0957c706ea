"""Arguments that several questions have."""

from typing import Annotated

import strawberry

from schema.enums import WeekStart
from schema.inputs import questions as words
from schema.inputs.metrics import MetricInput
from schema.inputs.ranges import CompareInput, RangeInput
from schema.scalars import TimeZone

MetricsArgument = Annotated[list[MetricInput], strawberry.argument(description=words.METRICS)]
RangeArgument = Annotated[RangeInput, strawberry.argument(name="range", description=words.RANGE)]
OptionalRange = Annotated[
    RangeInput | None,
    strawberry.argument(name="range", description="When; by default at any time."),
]
CompareArgument = Annotated[CompareInput | None, strawberry.argument(description=words.COMPARE)]
ZoneArgument = Annotated[
    TimeZone | None,
    strawberry.argument(description=words.ZONE),
]
WeekArgument = Annotated[WeekStart, strawberry.argument(description=words.WEEK)]
