import structlog

from app.http.ratelimit import Allowance, Budget, RateLimiter
from app.http.responses import rate_headers

TWO = Budget("two", 2, 60)


def test_budget_is_used_up_request_by_request() -> None:
    limiter = RateLimiter()
    spent = [limiter.spend(TWO, "someone") for _ in range(4)]
    assert [each.remaining for each in spent] == [1, 0, 0, 0]
    assert [each.is_exceeded for each in spent] == [False, False, True, True]
    assert all(each.limit == 2 and 1 <= each.reset_seconds <= 60 for each in spent)


def test_keys_and_budgets_are_counted_apart() -> None:
    limiter = RateLimiter()
    for _ in range(3):
        limiter.spend(TWO, "someone")
    assert not limiter.spend(TWO, "someone else").is_exceeded
    assert not limiter.spend(Budget("other", 2, 60), "someone").is_exceeded


def test_without_a_storage_nothing_is_limited() -> None:
    limiter = RateLimiter(None)
    assert not any(limiter.spend(TWO, "someone").is_exceeded for _ in range(10))


def test_storage_that_fails_lets_everyone_pass_and_is_told_once_a_minute() -> None:
    now = 0.0
    limiter = RateLimiter(monotonic=lambda: now)

    def fail(*_: object, **__: object) -> int:
        raise ConnectionError

    counter = limiter._counter  # pyright: ignore[reportPrivateUsage] # Its storage goes down.
    assert counter is not None
    counter.storage.incr = fail  # type: ignore[method-assign]
    with structlog.testing.capture_logs() as lines:
        for now in (0, 1, 59.9, 60):  # noqa: B007 — the limiter's clock reads it.
            assert limiter.spend(TWO, "someone") == Allowance(2, 2, 60, is_exceeded=False)
    assert [line["uncounted"] for line in lines] == [1, 3]


def test_headers_tell_limit_remaining_and_reset() -> None:
    assert rate_headers(Allowance(100, 99, 10, is_exceeded=False)) == {
        "x-ratelimit-limit": "100",
        "x-ratelimit-remaining": "99",
        "x-ratelimit-reset": "10",
    }
