"""What a command answers: one JSON value for programs, or text for people.

With `--json`, standard output holds exactly one JSON value: the answer, or after a failure
`{"error": {"code", "message"}}`. Progress, logs and sentences for people go to standard
error. The exit status is 0, 1 after a failure, and 2 when the command line can't be
understood; then standard output stays empty.
"""

import sys
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from enum import Enum
from typing import Annotated, Any, Final, NoReturn, TypeVar

import anyio
import orjson
import typer

from app.analytics.errors import DomainError
from app.analytics.records import Json
from app.kit.jsonl import DamagedFileError
from app.settings import Settings, SettingsError

_FAILED: Final = 1

Answer = TypeVar("Answer")


class Form(Enum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


AsJson = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON value on standard output.")
]
"""The option that every command has."""


def form_of(as_json: bool) -> Form:  # noqa: FBT001 — it is the option's value.
    """The form that the option asks for."""
    return Form.JSON if as_json else Form.TEXT


def say(text: str) -> None:
    """Prints text for people on standard output."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Prints text for people on standard error."""
    sys.stderr.write(f"{text}\n")


def answer(form: Form, value: Json, text: str) -> None:
    """Prints the answer in that form, at once."""
    match form:
        case Form.JSON:
            say(orjson.dumps(value).decode())
        case Form.TEXT:
            say(text)
    sys.stdout.flush()


def read_settings(form: Form) -> Settings:
    """The settings of the environment; ends the program with the sentence for a wrong one."""
    try:
        return Settings.from_env()
    except SettingsError as error:
        fail(form, "CONFIGURATION", str(error))


def fail(form: Form, code: str, message: str) -> NoReturn:
    """Ends the program with the sentence and status 1."""
    note(f"rosetta: {message}")
    if form is Form.JSON:
        answer(form, {"error": {"code": code, "message": message}}, "")
    raise typer.Exit(_FAILED)


@contextmanager
def failures(form: Form) -> Generator[None]:
    """Turns what may go wrong into its sentence and status 1."""
    try:
        yield
    except DomainError as error:
        fail(form, error.code, error.message)
    except DamagedFileError as error:
        fail(form, "BAD_FILE", str(error))
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        fail(form, "IO", f"{error.strerror or error}{place}.")


def run(form: Form, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the work answers, done to its end; its failures end the program."""

    async def do() -> Answer:
        return await work

    with failures(form):
        return anyio.run(do)
