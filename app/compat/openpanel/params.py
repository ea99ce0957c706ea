"""Query strings as this API's clients write them: plain, repeated, with commas, or as JSON.

A value is read as what the parameter needs, never guessed from its looks: a project called
`007` keeps its zeros.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import orjson

from app.analytics.errors import InvalidQueryError, Issue
from app.analytics.numbers import parse_number
from app.analytics.records import Json
from app.compat.openpanel.javascript import number_text

Word = TypeVar("Word")

INVALID_ENUM: Final = "Invalid enum value"
INVALID_JSON: Final = "Invalid JSON"

_MOST_FIELDS: Final = 1_000
_LARGEST_PAGE: Final = 2**31 - 1
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
_WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.0{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one request. What is wrong with them is collected in `issues`."""

    values: dict[str, list[str]]
    issues: list[Issue] = field(default_factory=list[Issue])

    @classmethod
    def parse(cls, query: bytes) -> "Params":
        """The parameters of a query string; `key[]` is the same as `key`.

        Raises InvalidQueryError for more parameters than anyone needs.
        """
        try:
            pairs = parse_qsl(
                query.decode("utf-8", "replace"),
                keep_blank_values=True,
                max_num_fields=_MOST_FIELDS,
            )
        except ValueError as error:
            raise InvalidQueryError.at(message="Too many query parameters") from error
        params = cls({})
        for key, value in pairs:
            params._take(key.removesuffix("[]"), value)
        return params

    def _take(self, name: str, value: str) -> None:
        # Trap: some stores end a text at a NUL, others refuse it.
        if "\0" in name or "\0" in value:
            self.fail(name.replace("\0", ""), message="NUL characters are not allowed")
        elif value.strip():
            self.values.setdefault(name, []).append(value.strip())

    def fail(self, *path: str | int, message: str) -> None:
        """Notes that something at `path` is wrong; noted again, it is still one thing."""
        issue = Issue(path, message)
        if issue not in self.issues:
            self.issues.append(issue)

    def check(self) -> None:
        """Raises InvalidQueryError with everything that was wrong so far."""
        if self.issues:
            raise InvalidQueryError(*self.issues)

    def number(self, name: str, *, usual: float) -> float:
        """A decimal number; the usual one if not given."""
        text = self.text(name)
        number = usual if text is None else parse_number(text)
        if number is None:
            self.fail(name, message="Expected a number")
        return usual if number is None else number

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """The one of the choices that is given; the first if not given."""
        return self.word(name, dict(zip(choices, choices, strict=True)), choices[0])

    def word(self, name: str, known: Mapping[str, Word], usual: Word) -> Word:
        """What the word under that name stands for; the usual if not given."""
        text = self.text(name)
        if text is not None and text not in known:
            self.fail(name, message=INVALID_ENUM)
        return usual if text is None else known.get(text, usual)

    def text(self, *names: str) -> str | None:
        """The single text under the first of the names that is given."""
        name, raw = self._find(names)
        if len(raw) > 1:
            self.fail(name, message="Expected a single value")
            return None
        return _unquoted(raw[0]) if raw else None

    def texts(self, *names: str) -> tuple[str, ...]:
        """All texts under the first of the names that is given, each once."""
        name, raw = self._find(names)
        return tuple(dict.fromkeys(text for each in raw for text in self._split(name, each)))

    def page(self, name: str, *, default: int, most: int = _LARGEST_PAGE) -> int:
        """A whole number of at least 1; what is smaller or greater becomes 1 or `most`."""
        text = self.text(name)
        if text is None:
            return default
        if not _WHOLE_NUMBER.fullmatch(text):
            self.fail(name, message="Expected a whole number")
            return default
        return min(max(int(text.partition(".")[0]), 1), most)

    def whole(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number between both bounds, which is not bent to fit; None if not given."""
        text = self.text(name)
        if text is None:
            return None
        value = int(text.partition(".")[0]) if _WHOLE_NUMBER.fullmatch(text) else least - 1
        if not least <= value <= most:
            self.fail(name, message=f"Expected a whole number between {least} and {most}")
            return None
        return value

    def flag(self, name: str) -> bool:
        """Whether the parameter says yes; it says no when it is not given."""
        text = self.text(name)
        known = _FLAGS.get("false" if text is None else text.lower())
        if known is None:
            self.fail(name, message="Expected true or false")
        return known or False

    def members(self, *names: str) -> list[tuple[int, Json]]:
        """The members of a list under the first of the names that is given, with their places.

        The list is one of JSON, or texts that are repeated or stand between commas.
        """
        name, raw = self._find(names)
        found: list[Json] = []
        for each in raw:
            if not each.startswith(("[", "{")):
                found += self._split(name, each)
                continue
            try:
                value: Json = orjson.loads(each)
            except orjson.JSONDecodeError:
                self.fail(name, message=INVALID_JSON)
                continue
            found += value if isinstance(value, list) else [value]
        return list(enumerate(found))

    def given(self, *names: str) -> str:
        """The first of the names that is given, else the first of all."""
        return self._find(names)[0]

    def objects(self, name: str) -> list[Json]:
        """The members of the JSON arrays under that name; a lone object is a member too."""
        members: list[Json] = []
        for raw in self.values.get(name, []):
            try:
                value: Json = orjson.loads(raw)
            except orjson.JSONDecodeError:
                self.fail(name, message=INVALID_JSON)
                continue
            members += value if isinstance(value, list) else [value]
        return members

    def _find(self, names: tuple[str, ...]) -> tuple[str, list[str]]:
        name = next((name for name in names if name in self.values), names[0])
        return name, self.values.get(name, [])

    def _split(self, name: str, raw: str) -> Iterator[str]:
        members = _json_list(raw)
        if members is None:
            quoted = _unquoted(raw)
            parts = raw.split(",") if quoted == raw else [quoted]
            yield from (part.strip() for part in parts if part.strip())
            return
        for place, member in enumerate(members):
            text = _member_text(member)
            if text is None:
                self.fail(name, place, message="Expected a string")
            elif "\0" in text:
                self.fail(name, place, message="NUL characters are not allowed")
            elif text:
                yield text


def _json_list(raw: str) -> list[Json] | None:
    """The list that the text spells; text that only begins like one is text."""
    if not raw.startswith("["):
        return None
    try:
        value: Json = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, list) else None


def _member_text(member: Json) -> str | None:
    if isinstance(member, bool):
        return "true" if member else "false"
    if isinstance(member, int | float):
        return number_text(member)
    return member if isinstance(member, str) else None


def _unquoted(raw: str) -> str:
    """The text inside a JSON string, or the text as it is."""
    if not raw.startswith('"'):
        return raw
    try:
        value: Json = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw
    return value.replace("\0", "") if isinstance(value, str) else raw
