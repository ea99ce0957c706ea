"""Questions about journeys: asked of the core, and shown as the schema's types."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from app.analytics import journey_results as results
from app.analytics.journey_results import conversions
from app.analytics.journeys import (
    FunnelProfilesQuery,
    FunnelQuery,
    JourneyQuery,
    LifecycleQuery,
    Outcome,
    PathsQuery,
    RetentionQuery,
    StickinessQuery,
)
from app.analytics.periods import TimeRange, to_datetime
from app.analytics.plans import Label, Labels
from app.projects.answer_cache import Answered
from app.projects.scopes import Scope
from schema.analysis import Asked, all_shown, info_of, shown, text_of, texts_of
from schema.enums import Interval
from schema.journey_enums import StepOutcome
from schema.paging import Slicing
from schema.scalars import Long
from schema.types.connections import Connection, Row, connection_of, slice_of
from schema.types.journey_answers import (
    Behind,
    Funnel,
    FunnelGroup,
    FunnelStep,
    Lifecycle,
    PathLink,
    PathNode,
    Paths,
    Retention,
    RetentionCohort,
    RetentionGroup,
    Stickiness,
)
from schema.types.nodes import Profile, profile_node

OTHERS: Final = "(others)"
_PROFILES: Final = 50
_NOBODY: Final = TimeRange(0, 0)


class AskedForJourneys(Asked):
    """One project, and the request that asks about journeys in it."""

    async def _answered(self, query: JourneyQuery) -> Answered[Any]:
        self.context.demand(Scope.READ_STATS)
        return await self.context.services.reader.answer(query, self.project)

    async def funnel(self, query: FunnelQuery) -> Funnel:
        """How many journeys get how far."""
        answered: Answered[results.FunnelResult] = await self._answered(query)
        answer = answered.result
        groups = [self._group(query, answer, group) for group in answer.groups]
        return Funnel(groups=groups, info=info_of(answered, answer.range, answer.zone))

    def _group(
        self, query: FunnelQuery, answer: results.FunnelResult, group: results.FunnelGroup
    ) -> FunnelGroup:
        # The profiles are those of the range that was told, whenever they are asked for.
        settled = replace(query, range=answer.range, compare=None)
        rates = conversions(group.steps)
        before = group.previous
        return FunnelGroup(
            key=texts_of(group.labels),
            labels=all_shown(group.labels, query.breakdown),
            conversion=rates[-1].from_start,
            previous_conversion=None if before is None else conversions(before)[-1].from_start,
            steps=[
                FunnelStep(
                    behind=self._behind(settled, place, group.labels),
                    label=query.steps[place].label,
                    count=Long(step.count),
                    conversion=rate.from_start,
                    from_previous=rate.from_previous,
                    dropped=Long(rate.dropped),
                    average_seconds_from_previous=step.average_seconds,
                    median_seconds_from_previous=step.median_seconds,
                    previous_count=None if before is None else Long(before[place].count),
                )
                for place, (step, rate) in enumerate(zip(group.steps, rates, strict=True))
            ],
        )

    def _behind(self, funnel: FunnelQuery, step: int, labels: Labels) -> Behind:
        async def ask(outcome: StepOutcome, slicing: Slicing) -> Connection[Profile]:
            return await self._profiles(funnel, step, labels, outcome, slicing)

        return ask

    async def _profiles(
        self,
        funnel: FunnelQuery,
        step: int,
        labels: Labels,
        outcome: StepOutcome,
        slicing: Slicing,
    ) -> Connection[Profile]:
        self.context.demand(Scope.READ_PROFILES)
        window = slicing.window(_PROFILES, (str,))
        dropped = outcome is StepOutcome.DROPPED
        query = FunnelProfilesQuery(
            # Nobody drops at the first step.
            funnel=replace(funnel, range=_NOBODY) if dropped and step == 0 else funnel,
            step=step,
            outcome=Outcome.DROPPED if dropped and step else Outcome.COMPLETED,
            labels=labels,
            after=str(window.key[0]) if window.key else None,
            limit=window.limit,
        )
        services = self.context.services
        found = await services.reader.ask(query, self.project)
        known = await services.profiles.get_many(self.project.number, found.profile_ids)
        rows = [
            Row(profile_node(known[id_], self.project), (id_,))
            for id_ in found.profile_ids
            if id_ in known
        ]

        async def count() -> int:
            return found.total_count

        return connection_of(slice_of(rows), window, count, has_more=found.has_more)

    async def retention(self, query: RetentionQuery) -> Retention:
        """How many come back."""
        answered: Answered[results.RetentionResult] = await self._answered(query)
        answer = answered.result
        groups = [
            RetentionGroup(
                key=texts_of(group.labels),
                labels=all_shown(group.labels, query.breakdown),
                cohorts=[
                    RetentionCohort(
                        start=to_datetime(cohort.start, answer.zone),
                        size=Long(cohort.size),
                        counts=_longs(cohort.counts),
                    )
                    for cohort in group.cohorts
                ],
                average=list(group.average),
            )
            for group in answer.groups
        ]
        return Retention(
            period=Interval(answer.interval.value),
            groups=groups,
            info=info_of(answered, answer.range, answer.zone),
        )

    async def paths(self, query: PathsQuery) -> Paths:
        """Which items follow which."""
        answered: Answered[results.PathsResult] = await self._answered(query)
        answer = answered.result
        nodes = [
            PathNode(
                key=_key(node.step, node.item),
                step=node.step,
                item=text_of(node.item),
                label=OTHERS if node.item is None else shown(node.item, query.item),
                count=Long(node.count),
            )
            for node in answer.nodes
        ]
        links = [
            PathLink(
                source=_key(link.step, link.source),
                target=_key(link.step + 1, link.target),
                count=Long(link.count),
                average_seconds=link.average_seconds,
            )
            for link in answer.links
        ]
        info = info_of(answered, answer.range, answer.zone)
        return Paths(count=Long(answer.paths), nodes=nodes, links=links, info=info)

    async def stickiness(self, query: StickinessQuery) -> Stickiness:
        """In how many intervals journeys are active."""
        answered: Answered[results.StickinessResult] = await self._answered(query)
        answer = answered.result
        return Stickiness(
            interval=Interval(answer.interval.value),
            counts=_longs(answer.counts),
            info=info_of(answered, answer.range, answer.zone),
        )

    async def lifecycle(self, query: LifecycleQuery) -> Lifecycle:
        """Who comes, stays, comes again and goes."""
        answered: Answered[results.LifecycleResult] = await self._answered(query)
        answer = answered.result
        return Lifecycle(
            interval=Interval(answer.interval.value),
            buckets=[to_datetime(start, answer.zone) for start in answer.buckets],
            new=_longs(answer.new),
            returning=_longs(answer.returning),
            resurrecting=_longs(answer.resurrecting),
            dormant=_longs(answer.dormant),
            info=info_of(answered, answer.range, answer.zone),
        )


def _key(step: int, item: Label) -> str:
    return f"{step}" if item is None else f"{step}:{text_of(item)}"


def _longs(numbers: Sequence[int]) -> list[Long]:
    return [Long(number) for number in numbers]
