"""Statuses of answers. Source: GraphQL over HTTP, as its audits test it and as it is drafted."""

from http import HTTPStatus
from typing import Final

from schema.errors import Code
from schema.service import Body
from schema.transport.negotiation import MediaType

PARTIAL_SUCCESS: Final = 294
"""The draft's own: there are errors beside the data."""

_UNPROCESSABLE: Final = frozenset(
    {Code.VALIDATION_FAILED, Code.OPERATION_RESOLUTION_FAILURE, Code.BAD_USER_INPUT}
)
"""What the draft tells from texts and bodies that can't be read."""


def status_of(body: Body, form: MediaType, *, is_draft: bool) -> int:
    """400 for what was not executed, in the form whose clients expect it; else 200.

    In that form, the draft has 422 for what was read and can't be executed, and 294 for data
    with errors beside it.
    """
    if form is not MediaType.GRAPHQL_RESPONSE:
        return HTTPStatus.OK
    if "data" in body:
        return PARTIAL_SUCCESS if is_draft and "errors" in body else HTTPStatus.OK
    is_read = all(error["extensions"].get("code") in _UNPROCESSABLE for error in body["errors"])
    return HTTPStatus.UNPROCESSABLE_ENTITY if is_draft and is_read else HTTPStatus.BAD_REQUEST
