"""Documents by their ids: those that clients registered, and those that an operator trusts.

Sources: Apollo's automatic persisted queries; the appendix on persisted documents of GraphQL
over HTTP; Relay's `doc_id`.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import orjson

from app.stores.base import ConfigurationError
from schema.errors import Code, coded
from schema.transport.requests import Operation, RefusedOperationError

_CAPACITY: Final = 1_000
_CAPACITY_CHARACTERS: Final = 2_000_000
_SHA256: Final = "sha256:"


class PersistedDocuments:
    """Finds the text of an operation that names it by an id.

    `trusted` are texts by their ids. When `only_trusted`, no other text is executed, however
    it comes. Registered texts are forgotten when there are too many, the oldest first.
    """

    def __init__(
        self, trusted: Mapping[str, str] | None = None, *, only_trusted: bool = False
    ) -> None:
        self._trusted = dict(trusted or {})
        self._trusted_texts = frozenset(self._trusted.values())
        self._only_trusted = only_trusted
        self._registered: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def text_of(self, operation: Operation) -> str:
        """The operation's text; raises RefusedOperationError when there is none to execute."""
        if operation.document_id is not None:
            return self._found(operation.document_id)
        digest = _apollo_hash(operation.extensions)
        if digest is not None and operation.query is None:
            return self._found(digest)
        if operation.query is None:
            raise RefusedOperationError(
                coded("The operation's text is missing: send `query`.", Code.BAD_REQUEST)
            )
        if digest is not None and hashlib.sha256(operation.query.encode()).hexdigest() != digest:
            message = "The provided hash is not the SHA-256 of the text."
            raise RefusedOperationError(coded(message, Code.BAD_REQUEST))
        if self._only_trusted and operation.query not in self._trusted_texts:
            message = "Only documents that were registered beforehand are executed here."
            raise RefusedOperationError(coded(message, Code.PERSISTED_QUERY_REQUIRED))
        return operation.query

    def remember(self, operation: Operation, text: str) -> None:
        """Registers a text that came with its hash, once it is known to be executable."""
        digest = _apollo_hash(operation.extensions)
        if digest is None or self._only_trusted or digest in self._registered:
            return
        self._registered[digest] = text
        self._characters += len(text)
        while len(self._registered) > _CAPACITY or self._characters > _CAPACITY_CHARACTERS:
            _, forgotten = self._registered.popitem(last=False)
            self._characters -= len(forgotten)

    def _found(self, document_id: str) -> str:
        plain = document_id.removeprefix(_SHA256)
        text = self._trusted.get(document_id) or self._trusted.get(plain)
        if text is None and not self._only_trusted:
            text = self._registered.get(plain)
        if text is None:
            # The message is the word by which clients know that they have to send the text.
            raise RefusedOperationError(
                coded("PersistedQueryNotFound", Code.PERSISTED_QUERY_NOT_FOUND)
            )
        return text


class DocumentsFileError(ConfigurationError):
    """The file of trusted documents can't be used; the message tells why."""


def read_trusted(path: Path) -> dict[str, str]:
    """The texts by their ids in a JSON file, as code generators and Relay write it."""
    try:
        told: object = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise DocumentsFileError(f"{path} is not a JSON file that can be read.") from error
    if not isinstance(told, dict):
        raise DocumentsFileError(f"{path} is not a JSON object of ids and texts.")
    documents = cast("dict[str, object]", told)
    texts = {
        id_.removeprefix(_SHA256): text for id_, text in documents.items() if isinstance(text, str)
    }
    if len(texts) < len(documents):
        raise DocumentsFileError(f"{path} has an id without a text.")
    return texts


def _apollo_hash(extensions: Mapping[str, Any]) -> str | None:
    told: object = extensions.get("persistedQuery")
    if not isinstance(told, dict):
        return None
    named = cast("dict[str, object]", told)
    digest = named.get("sha256Hash")
    if named.get("version") != 1 or not isinstance(digest, str):
        raise RefusedOperationError(
            coded("PersistedQueryNotSupported", Code.PERSISTED_QUERY_NOT_SUPPORTED)
        )
    return digest.lower()
