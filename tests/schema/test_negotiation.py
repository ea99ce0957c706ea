"""Which form of answer an Accept header asks for."""

import pytest

from schema.transport.negotiation import MediaType, negotiate, prefers_page

JSON, NEW = MediaType.JSON, MediaType.GRAPHQL_RESPONSE
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON; charset=utf-8", JSON),
        ("application/graphql-response+json", NEW),
        ("application/graphql-response+json,application/json;q=0.9", NEW),
        ("application/json, application/graphql-response+json", JSON),
        ("application/graphql-response+json, application/json", NEW),
        ("application/json;q=0.5, application/graphql-response+json;q=0.6", NEW),
        ("application/graphql-response+json, */*;q=0.1", NEW),
        ("*/*, application/json;q=0", NEW),
        (URQL, NEW),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=nonsense", None),
        ("image/*", None),
    ],
)
def test_the_best_form_is_chosen(accept: str | None, expected: MediaType | None) -> None:
    assert negotiate(accept) is expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html, application/json;q=0.9", True),
        ("application/json, text/html", False),
        ("text/html;q=0.5, application/json", False),
        ("*/*", False),
        ("text/*", False),
        (None, False),
    ],
)
def test_the_page_is_for_those_who_name_html_first(accept: str | None, *, expected: bool) -> None:
    assert prefers_page(accept) is expected
