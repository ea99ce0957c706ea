"""Parameters as this API's clients send them: in the query, in a form, or in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.compat.mixpanel.bodies import plain_body
from app.ingest.bodies import read_json

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"

_MOST_FIELDS: Final = 1_000
_TRUE: Final = frozenset({"true", "1", "t"})
_FALSE: Final = frozenset({"false", "0", "f"})
_MOST_DIGITS: Final = 15


def wrong(name: str, message: str) -> InvalidQueryError:
    """The error of a parameter."""
    return InvalidQueryError.at(name, message=message)


@dataclass(frozen=True, slots=True)
class Params:
    """Each parameter's values in their order; those of the body go before the query's."""

    values: Mapping[str, list[str]]

    def text(self, name: str) -> str | None:
        """The last value that isn't empty."""
        given = [value for value in self.values.get(name, ()) if value.strip()]
        return given[-1] if given else None

    def texts(self, name: str) -> list[str]:
        """All values that aren't empty."""
        return [value for value in self.values.get(name, ()) if value.strip()]

    def whole(self, name: str) -> int | None:
        """A whole number; raises InvalidQueryError for anything else."""
        text = self.text(name)
        if text is None:
            return None
        digits = text.strip().removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
            raise wrong(name, f"{name} must be an integer, found {text[:40]!r}")
        return int(text)

    def flag(self, name: str) -> bool:
        """A truth, false when it isn't given; raises InvalidQueryError for anything else."""
        text = self.text(name)
        if text is None or text.strip().lower() in _FALSE:
            return False
        if text.strip().lower() in _TRUE:
            return True
        raise wrong(name, f"{name} must be true or false, found {text[:40]!r}")

    def required(self, name: str) -> str:
        """The last value that isn't empty; raises InvalidQueryError when there is none."""
        text = self.text(name)
        if text is None:
            raise wrong(name, f"Missing required parameter: {name}")
        return text

    def day(self, name: str) -> date:
        """A day, as `2025-03-09`, `2025-3-9`, `20250309` or the day of a date and time.

        Raises InvalidQueryError for anything else.
        """
        text = self.required(name)
        head = text.strip().replace("T", " ").partition(" ")[0]
        try:
            if head.isascii() and head.isdigit() and len(head) == len("20250309"):
                return date(int(head[:4]), int(head[4:6]), int(head[6:]))
            year, month, day = head.split("-")
            if len(year) != len("2025") or not all(map(_is_digits, (year, month, day))):
                raise wrong(name, _no_day(name, text))
            return date(int(year), int(month), int(day))
        except ValueError:
            raise wrong(name, _no_day(name, text)) from None

    def json(self, name: str) -> Json:
        """The JSON value; None when it isn't given. Raises InvalidQueryError for other text."""
        text = self.text(name)
        if text is None:
            return None
        try:
            value: Json = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise wrong(name, f"Invalid JSON in parameter: {name}") from None
        return value


def _no_day(name: str, text: str) -> str:
    return f"{name} must be a date such as 2025-03-09, found {text[:40]!r}"


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


async def read_params(request: Request) -> Params:
    """The parameters of the query and of a form in the body, which goes before it."""
    query = request.scope["query_string"].decode("utf-8", "replace").lstrip("/?")
    values = _parsed(query)
    if request.method == "POST" and is_form(request):
        body = (await plain_body(request)).decode("utf-8", "replace")
        values |= {} if await is_unencoded(request) else _parsed(body)
    return Params(values)


async def read_question(request: Request) -> Params:
    """The parameters of a call that asks: also those in a JSON object, as some clients send."""
    params = await read_params(request)
    if request.method != "POST" or _media(request) != JSON:
        return params
    body = await plain_body(request)
    told: Json = read_json(body) if body.strip() else {}
    if not isinstance(told, dict):
        raise wrong("body", "The body is not a JSON object")
    values = {name: [_spelled(value)] for name, value in told.items() if value is not None}
    return Params({**params.values, **values})


def _spelled(value: Json) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def is_form(request: Request) -> bool:
    """Whether the body is a form."""
    return _media(request) == FORM


async def is_unencoded(request: Request) -> bool:
    """Whether the body is JSON that is called a form, as `curl -d` does unless told otherwise."""
    return (await plain_body(request)).lstrip().startswith((b"{", b"["))


def _media(request: Request) -> str:
    return request.headers.get("content-type", FORM).partition(";")[0].strip().lower()


def _parsed(text: str) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise wrong("query", "Too many parameters") from None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
