"""Fixtures and test settings shared by every test."""

import os

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    max_examples=60,
    # Machines are shared: a slow example is no failure.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "thorough",
    settings.get_profile("default"),
    max_examples=250,
    # The same commit gives the same verdict; other examples are tried on people's machines.
    derandomize=True,
)
settings.load_profile("thorough" if os.environ.get("CI") else "default")

# Exceptions are told as the server tells them: a picture of every local variable takes a second.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the server does."""
    return "asyncio"
