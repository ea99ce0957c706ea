"""Properties as this API shows them: one level of dotted keys, all values text."""

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from app.analytics.records import Json
from app.compat.openpanel.javascript import number_text

_CLOSING: Final = {"{": "}", "[": "]"}


def flatten(properties: Mapping[str, Json]) -> dict[str, str]:
    """Text by dotted key, in the order of the properties.

    Nothing and empty text vanish. Text that holds a whole JSON object or list is flattened
    like one; text that only begins like JSON, cut off somewhere, vanishes too.
    """
    flat: dict[str, str] = {}
    waiting: list[tuple[str, Json]] = list(properties.items())[::-1]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str):
            value = _opened(value)
        if isinstance(value, dict):
            waiting.extend(_below(key, value.items()))
        elif isinstance(value, list):
            waiting.extend(_below(key, enumerate(value)))
        elif text := _text(value):
            flat[key] = text
    return flat


def _below(key: str, inside: Iterable[tuple[str | int, Json]]) -> list[tuple[str, Json]]:
    """What is inside, under longer keys, the last first."""
    return [(f"{key}.{name}", value) for name, value in inside][::-1]


def _text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else str(value)


def _opened(text: str) -> Json:
    """The object or list inside the text, or the text itself, trimmed."""
    text = text.strip()
    closing = _CLOSING.get(text[:1])
    if closing is None:
        return text.encode("utf-8", "ignore").decode()
    if not text.endswith(closing):
        return None
    try:
        opened: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text.encode("utf-8", "ignore").decode()
    return opened
