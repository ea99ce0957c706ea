from collections.abc import Iterator
from typing import cast

import pytest
from starlette.applications import Starlette

from app.http import openapi
from app.main import create_app
from app.settings import Settings

PAGES = {
    "/",
    "/graphql",
    "/graphql/exports/{id}",
    "/assets/{name}",
    "/docs",
    "/op1.js",
    "/op1-replay.js",
}
"""Routes that are no REST API: pages, their files, and the other API."""


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Starlette:
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("openapi")))


def test_every_rest_route_is_documented(application: Starlette) -> None:
    assert set(openapi.undocumented(application.routes)) <= PAGES


def test_operations_have_names_of_their_own_and_say_how_they_answer(
    application: Starlette,
) -> None:
    document = openapi.document(application.routes)
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert len(names) > 30
    for each in operations:
        assert each["summary"], each
        assert {"200", "201", "202", "204"} & set(each["responses"]), each


def test_path_parameters_are_those_of_the_path(application: Starlette) -> None:
    document = openapi.document(application.routes)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            told = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert told == {part.strip("{}") for part in path.split("/") if part.startswith("{")}


def test_every_reference_leads_somewhere(application: Starlette) -> None:
    document = openapi.document(application.routes)
    models = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= models


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            if key == "$ref":
                yield str(value)
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for member in cast("list[object]", node):
            yield from _references(member)
