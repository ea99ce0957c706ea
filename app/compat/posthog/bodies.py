"""Request bodies: JSON, and both kinds of forms, all read into the same fields."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, cast

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from app.analytics.records import Json
from app.compat.posthog.errors import INVALID_REQUEST, ApiError, invalid, unparsable

_JSON: Final = "application/json"
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_TRUE: Final = frozenset({"t", "y", "yes", "true", "on", "1"})
_FALSE: Final = frozenset({"f", "n", "no", "false", "off", "0"})
_NULL: Final = frozenset({"", "null"})
_DEEPEST: Final = 60
_NO_NULL: Final = "Null characters are not allowed."


@dataclass(frozen=True, slots=True)
class Body:
    """The fields of a request; those of a form are texts."""

    fields: Mapping[str, Json]
    is_form: bool = False

    def __contains__(self, name: object) -> bool:
        return name in self.fields

    def get(self, name: str) -> Json:
        """The field as it was sent; None where it wasn't, or where a form left it empty."""
        value = self.fields.get(name)
        return None if self.is_form and isinstance(value, str) and value in _NULL else value

    def document(self, name: str) -> Json:
        """The field as JSON: a form sends that as a text. Raises ApiError for no JSON."""
        value = self.get(name)
        if not (self.is_form and isinstance(value, str)):
            return value
        try:
            document = cast("Json", json.loads(value, parse_constant=_refuse_constant))
            _check(document)
        except (ValueError, RecursionError):
            raise invalid("Value must be valid JSON.", name) from None
        return document

    def text(self, name: str, longest: int = 400) -> str | None:
        """The field as a text; raises ApiError for anything else."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool | list | dict):
            raise invalid("Not a valid string.", name)
        text = str(value)
        if "\x00" in text:
            raise invalid(_NO_NULL, name, "null_characters_not_allowed")
        if len(text) > longest:
            message = f"Ensure this field has no more than {longest} characters."
            raise invalid(message, name, "max_length")
        return text

    def flag(self, name: str) -> bool | None:
        """The field as true or false; raises ApiError for anything else."""
        value = self.get(name)
        if value is None or isinstance(value, bool):
            return value
        told = str(value).lower()
        if told not in _TRUE | _FALSE:
            raise invalid("Must be a valid boolean.", name)
        return told in _TRUE

    def texts(self, name: str) -> list[str] | None:
        """The field as a list of texts; raises ApiError for anything else."""
        value = self.document(name)
        if value is None:
            return None
        if not isinstance(value, list):
            kind = type(value).__name__
            raise invalid(f'Expected a list of items but got type "{kind}".', name, "not_a_list")
        if not all(isinstance(each, str) for each in value):
            raise invalid("Not a valid string.", name)
        return cast("list[str]", value)

    def numbers(self, name: str) -> list[int] | None:
        """The field as a list of whole numbers; raises ApiError for anything else."""
        value = self.document(name)
        if value is None:
            return None
        if not isinstance(value, list):
            kind = type(value).__name__
            raise invalid(f'Expected a list of items but got type "{kind}".', name, "not_a_list")
        return [whole_number(each, name) for each in value]


def whole_number(value: Json, name: str) -> int:
    """The value as a key; raises ApiError for what can't be one. Texts of digits are keys."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    message = f"Incorrect type. Expected pk value, received {type(value).__name__}."
    raise invalid(message, name, "incorrect_type")


async def read_body(request: Request) -> Body:
    """The request's fields; raises ApiError for what can't be read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _FORMS:
        return await _form(request)
    raw = await request.body()
    if not raw.strip():
        return Body({})
    if kind != _JSON:
        told = request.headers.get("content-type", "")
        raise ApiError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            (INVALID_REQUEST, "unsupported_media_type"),
            f'Unsupported media type "{told}" in request.',
        )
    try:
        fields = json.loads(raw, parse_constant=_refuse_constant)
        _check(fields)
    except (ValueError, RecursionError) as error:
        raise unparsable(f"JSON parse error - {error}") from None
    if not isinstance(fields, dict):
        message = f"Invalid data. Expected a dictionary, but got {type(fields).__name__}."
        raise invalid(message)
    return Body(cast("dict[str, Json]", fields))


def _refuse_constant(text: str) -> float:
    raise ValueError(f"Out of range float values are not JSON compliant: {text!r}")


def _check(fields: Json) -> None:
    """Raises ValueError for what is JSON and can't be kept: halves of letters, endless nesting."""
    json.dumps(fields, ensure_ascii=False).encode()
    layer: list[Json] = [fields]
    for _ in range(_DEEPEST):
        layer = [inner for each in layer for inner in _inside(each)]
        if not layer:
            return
    raise ValueError(f"Nested more than {_DEEPEST} levels deep")


def _inside(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


async def _form(request: Request) -> Body:
    try:
        form = await request.form(max_files=10, max_fields=100)
    except MultiPartException as error:
        raise unparsable(f"Multipart form parse error - {error.message}") from None
    fields: dict[str, Json] = {}
    for name, value in form.multi_items():
        fields[name] = str(value.filename) if isinstance(value, UploadFile) else value
    await form.close()
    return Body(fields, is_form=True)
