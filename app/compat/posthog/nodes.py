"""Looking into the JSON of a query: every part is checked before it is used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """An object of a query, and where in it that stands."""

    fields: Mapping[str, Json]
    path: Path = ()

    @classmethod
    def of(cls, value: Json, *path: str | int) -> "Node":
        """The object; raises InvalidQueryError for anything else."""
        if not isinstance(value, dict):
            raise InvalidQueryError.at(*path, message="An object is expected here.")
        return cls(value, path)

    def wrong(self, name: str, message: str) -> InvalidQueryError:
        """The error that tells of one of the object's fields."""
        return InvalidQueryError.at(*self.path, name, message=message)

    def get(self, name: str) -> Json:
        """The field as it is; None where there is none."""
        return self.fields.get(name)

    def text(self, name: str) -> str | None:
        """The field, which must be a text if it is there."""
        value = self.fields.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(name, "A text is expected here.")

    def choice(self, name: str, otherwise: str) -> str:
        """The field's text in the place of which an absent one means `otherwise`."""
        return self.text(name) or otherwise

    def number(self, name: str, otherwise: int, most: int) -> int:
        """The field, which must be a whole number from 1 to `most` if it is there."""
        value = self.fields.get(name)
        if value is None:
            return otherwise
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise self.wrong(name, f"A whole number from 1 to {most} is expected here.")
        return value

    def child(self, name: str) -> "Node":
        """The object of that name, an empty one where there is none."""
        value = self.fields.get(name)
        return Node.of({} if value is None else value, *self.path, name)

    def children(self, name: str) -> Iterator["Node"]:
        """The objects of the list of that name; none where there is no list."""
        value = self.fields.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise self.wrong(name, "A list is expected here.")
        for place, each in enumerate(value):
            yield Node.of(each, *self.path, name, place)

    def refuse_beside(self, name: str, only: Json) -> None:
        """Raises InvalidQueryError where the field is there and is not that one value."""
        if self.fields.get(name) not in (None, only):
            raise self.wrong(name, f"Only {only} is supported here.")

    def refuse(self, *names: str) -> None:
        """Raises InvalidQueryError where one of these fields asks for something."""
        for name in names:
            if self.fields.get(name) not in (None, False, "", [], {}):
                raise self.wrong(name, f"{name} is not supported.")
