"""Paths: which items follow which."""

from collections.abc import Sequence

from app.analytics.answers.steps import Steps
from app.analytics.journey_results import PathLink, PathNode, PathsResult
from app.analytics.journeys import PathsQuery
from app.analytics.plans import Label
from app.analytics.queries import Moment
from app.analytics.resolve_journeys import resolve_paths
from app.analytics.sql.build import paths_statement


def answer_paths(query: PathsQuery, moment: Moment) -> Steps[PathsResult]:
    """The nodes and links of the paths."""
    paths = resolve_paths(query, moment)
    (rows,) = yield (paths_statement(paths),)
    nodes: list[PathNode] = []
    links: list[PathLink] = []
    for step, source, target, is_link, count, wait in rows:
        if is_link:
            links.append(PathLink(int(step), source, target, int(count), wait / 1000))
        else:
            nodes.append(PathNode(int(step), source, int(count)))
    nodes.sort(key=lambda node: _place(node.step, node.count, (node.item,)))
    links.sort(key=lambda link: _place(link.step, link.count, (link.source, link.target)))
    # Every path has an item at the step where all of them are aligned.
    aligned = paths.steps - 1 if paths.is_from_end else 0
    total = sum(node.count for node in nodes if node.step == aligned)
    return PathsResult(paths.scope.range, paths.scope.zone, total, tuple(nodes), tuple(links))


def _place(step: int, count: int, items: Sequence[Label]) -> tuple[object, ...]:
    return (step, -count, *((item is None, item or "") for item in items))
