"""What can go wrong with a question, said without any wire's words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with an input: where it is, and what is wrong there."""

    path: tuple[str | int, ...]
    message: str


class DomainError(Exception):
    """The base of every error that a caller may be shown.

    `code` is stable and meant for programs; the message is one sentence for people.
    """

    code = "DOMAIN_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidQueryError(DomainError):
    """The question can't be asked: each issue names a part of the input."""

    code = "BAD_USER_INPUT"

    def __init__(self, *issues: Issue) -> None:
        super().__init__("; ".join(issue.message for issue in issues))
        self.issues = issues

    @classmethod
    def at(cls, *path: str | int, message: str) -> "InvalidQueryError":
        """The error with a single issue at `path`."""
        return cls(Issue(path, message))


class UnauthenticatedError(DomainError):
    """The caller did not prove who they are; `message` is the precise reason."""

    code = "UNAUTHENTICATED"


class ForbiddenError(DomainError):
    """The caller is known and may not do this."""

    code = "FORBIDDEN"


class NotFoundError(DomainError):
    """The thing that was named does not exist."""

    code = "NOT_FOUND"


class QueryTimeoutError(DomainError):
    """The event store needed longer than the configured limit and was stopped."""

    code = "TIMEOUT"


class RateLimitedError(DomainError):
    """The caller asked too often."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class OverloadedError(DomainError):
    """The server can't take more work now; nothing of the request was kept."""

    code = "OVERLOADED"

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class PayloadTooLargeError(DomainError):
    """The request is larger than the configured limit."""

    code = "PAYLOAD_TOO_LARGE"
