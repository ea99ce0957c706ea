"""Where mutations begin."""

from schema.definitions import object_type
from schema.mutations.cohorts import CohortMutations
from schema.mutations.dashboards import DashboardMutations
from schema.mutations.exports import ExportMutations
from schema.mutations.insights import InsightMutations
from schema.mutations.tracking import TrackingMutations


@object_type
class Mutation(
    TrackingMutations, CohortMutations, InsightMutations, DashboardMutations, ExportMutations
):
    """Everything that can be changed. What is acknowledged is stored for good."""
