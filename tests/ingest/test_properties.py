import pytest

from app.analytics.errors import InvalidQueryError
from app.analytics.records import Json
from app.ingest.properties import MAX_DEPTH, MAX_VALUES, checked_properties


def _nested(levels: int) -> dict[str, Json]:
    properties: dict[str, Json] = {"end": 1}
    for _ in range(levels - 1):
        properties = {"in": properties}
    return properties


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"a": 1, "b": [1, {"c": None}], "d": {}},
        _nested(MAX_DEPTH),
        {str(number): number for number in range(MAX_VALUES)},
    ],
)
def test_properties_within_bounds_stay_as_they_are(properties: dict[str, Json]) -> None:
    assert checked_properties(properties, ("properties",)) is properties


def test_too_deep_properties_are_refused_where_they_are_too_deep() -> None:
    with pytest.raises(InvalidQueryError, match="16 levels") as refused:
        checked_properties({"fine": 1, **_nested(MAX_DEPTH + 1)}, ("properties",))
    assert refused.value.issues[0].path == ("properties", *["in"] * MAX_DEPTH)


@pytest.mark.parametrize(
    "properties",
    [
        {str(number): number for number in range(MAX_VALUES + 1)},
        {"list": list[Json](range(MAX_VALUES))},
        {"a": {"b": [list[Json](range(MAX_VALUES))]}},
    ],
)
def test_too_many_properties_are_refused(properties: dict[str, Json]) -> None:
    with pytest.raises(InvalidQueryError, match="At most 2000") as refused:
        checked_properties(properties, ("payload", "properties"))
    assert refused.value.issues[0].path == ("payload", "properties")
