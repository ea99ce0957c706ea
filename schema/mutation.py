"""Where mutations begin."""

from schema.definitions import object_type
from schema.mutations.cohorts import CohortMutations
from schema.mutations.tracking import TrackingMutations


@object_type
class Mutation(TrackingMutations, CohortMutations):
    """Everything that can be changed. What is acknowledged is stored for good."""
