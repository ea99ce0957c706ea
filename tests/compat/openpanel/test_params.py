import pytest

from app.analytics.errors import InvalidQueryError, Issue
from app.compat.openpanel.params import Params

LISTS = [
    (b"event=screen_view", ("screen_view",)),
    (b"event=a&event=b", ("a", "b")),
    (b"event[]=a&event[]=b", ("a", "b")),
    (b"event%5B%5D=a", ("a",)),
    (b'event=["a","b"]', ("a", "b")),
    (b'event=["a"]&event=b,c', ("a", "b", "c")),
    (b"event=a,b, c ,", ("a", "b", "c")),
    (b'event="a,b"', ("a,b",)),
    (b'event=["a,b"]', ("a,b",)),
    (b"event=[1,2.0,true]", ("1", "2", "true")),
    (b"event=42", ("42",)),
    (b"event=[oops", ("[oops",)),
    (b"event=", ()),
    (b"event=a&event=a", ("a",)),
    (b"", ()),
    ("event=köp".encode(), ("köp",)),
    (b"event=a%20b+c", ("a b c",)),
]


@pytest.mark.parametrize(("query", "found"), LISTS)
def test_lists_are_read_in_every_form(query: bytes, found: tuple[str, ...]) -> None:
    params = Params.parse(query)
    assert params.texts("event") == found
    params.check()


TEXTS = [
    (b"projectId=007", "007"),
    (b"projectId=1e3", "1e3"),
    (b"projectId=true", "true"),
    (b'projectId="abc"', "abc"),
    (b"project_id=abc", "abc"),
    (b"project_id=abc&projectId=def", "def"),
    (b"projectId= abc ", "abc"),
    (b"projectId=", None),
    (b"", None),
]


@pytest.mark.parametrize(("query", "found"), TEXTS)
def test_text_stays_as_it_was_written(query: bytes, found: str | None) -> None:
    params = Params.parse(query)
    assert params.text("projectId", "project_id") == found
    params.check()


NUMBERS = [
    (b"limit=20", 20),
    (b"limit=20.0", 20),
    (b"limit=%2B5", 5),
    (b"limit=51", 50),
    (b"limit=999999999999999999", 50),
    (b"limit=0", 1),
    (b"limit=-3", 1),
    (b"", 10),
]


@pytest.mark.parametrize(("query", "found"), NUMBERS)
def test_numbers_are_brought_into_their_bounds(query: bytes, found: int) -> None:
    params = Params.parse(query)
    assert params.page("limit", default=10, most=50) == found
    params.check()


@pytest.mark.parametrize("text", [b"abc", b"1.5", b"[1]", b"1e400", b"9" * 19, b"\xff", b"NaN"])
def test_what_is_no_number_is_an_issue(text: bytes) -> None:
    params = Params.parse(b"limit=" + text)
    params.page("limit", default=10)
    assert params.issues == [Issue(("limit",), "Expected a whole number")]


def test_repeated_text_is_an_issue() -> None:
    params = Params.parse(b"range=7d&range=30d")
    assert params.text("range") is None
    assert params.issues == [Issue(("range",), "Expected a single value")]


def test_members_that_are_no_text_are_named_by_their_place() -> None:
    params = Params.parse(b'event=["a",{"b":1},null]')
    assert params.texts("event") == ("a",)
    assert [issue.path for issue in params.issues] == [("event", 1), ("event", 2)]


def test_all_issues_are_told_at_once() -> None:
    params = Params.parse(b"limit=x&cursor=y&filters=[&a=%00")
    params.page("limit", default=1)
    params.page("cursor", default=1)
    params.objects("filters")
    with pytest.raises(InvalidQueryError) as caught:
        params.check()
    assert {issue.path[0] for issue in caught.value.issues} == {"limit", "cursor", "filters", "a"}


def test_more_parameters_than_anyone_needs_are_refused() -> None:
    with pytest.raises(InvalidQueryError):
        Params.parse(b"&".join([b"a=b"] * 1_001))
