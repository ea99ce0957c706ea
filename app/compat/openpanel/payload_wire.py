"""What all payloads of the Track family share: how ids are written, and how wrongs are told."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.analytics.errors import InvalidQueryError, Issue
from app.analytics.records import Json
from app.compat.openpanel.javascript import number_text


class Payload(BaseModel):
    """The base of what messages tell; members that are not known are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _id_text(value: object) -> object:
    """Numbers are as good as text; an absent id may be null."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return value


ProfileId: TypeAlias = Annotated[str, BeforeValidator(_id_text), Field(min_length=1)]
"""Text, or a number in JavaScript's form."""

Name: TypeAlias = Annotated[str, Field(min_length=1)]

Properties: TypeAlias = dict[str, Any] | None

P = TypeVar("P", bound=Payload)


def validated(model: type[P], payload: Mapping[str, Json]) -> P:
    """The payload; raises InvalidQueryError with one issue per wrong member."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        # A member of several types is told about once per type.
        told: dict[tuple[str | int, ...], str] = {}
        for details in error.errors(include_url=False, include_context=False):
            path = tuple(part for part in details["loc"] if part not in {"int", "float"})
            told.setdefault(path, details["msg"].removeprefix("Value error, "))
        issues = (Issue(("payload", *path), message) for path, message in told.items())
        raise InvalidQueryError(*issues) from error
