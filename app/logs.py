"""Logging: one structured line per event, on standard error."""

import logging
import sys
from collections.abc import Callable
from typing import Final

import orjson
import structlog

_LEVELS: Final = logging.getLevelNamesMapping()

_SHARED: Final[list[structlog.typing.Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Trap: other formatters of exceptions print local variables, and those may hold secrets.
_CONSOLE: Final = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def configure_logging(level: str) -> None:
    """Sends every log line to standard error; JSON unless a person watches a terminal."""
    watched = sys.stderr.isatty()
    structlog.configure(
        processors=[*_SHARED, _CONSOLE] if watched else [*_SHARED, *_as_json(orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=(
            structlog.PrintLoggerFactory(sys.stderr)
            if watched
            else structlog.BytesLoggerFactory(sys.stderr.buffer)
        ),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    renderers = [_CONSOLE] if watched else _as_json(_text)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
            foreign_pre_chain=_SHARED,
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # It tells of each migration that there is nothing to do.
    logging.getLogger("alembic").setLevel(max(_LEVELS[level], logging.WARNING))


def _as_json(dumps: Callable[..., str | bytes]) -> list[structlog.typing.Processor]:
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=dumps),
    ]


def _text(line: object, **options: object) -> str:
    default = options.get("default")
    return orjson.dumps(line, default=default if callable(default) else None).decode()
