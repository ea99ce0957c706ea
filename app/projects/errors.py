"""What can go wrong here beyond the errors that everything shares."""

from app.analytics.errors import DomainError


class ConflictError(DomainError):
    """What was to be made exists already."""

    code = "CONFLICT"
