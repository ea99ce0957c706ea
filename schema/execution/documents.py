"""Documents by their text: parsed, measured and validated once, then remembered."""

import re
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.language import Visitor, VisitorAction
from graphql.validation import ASTValidationRule, NoSchemaIntrospectionCustomRule

from schema.errors import Code, coded
from schema.execution.costs import Pricing, price
from schema.execution.limits import DocumentLimits, excess

_CAPACITY: Final = 512
_CAPACITY_CHARACTERS: Final = 500_000
_NUL: Final = re.compile(r"\\u(?:0000|\{0+\})")
# How the parser ends the message of a text that it stopped reading for its size.
_STOPPED: Final = " Parsing aborted."
_MOST_ERRORS: Final = 5
_INCREMENTAL: Final = frozenset({"defer", "stream"})


class RefusedDocumentError(Exception):
    """The document can't be executed; `errors` tell why and carry their codes."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class _WithoutDeferral(Visitor):
    """Takes `@defer` and `@stream` out of a tree."""

    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        """Removes the directive if it is one of these."""
        return self.REMOVE if node.name.value in _INCREMENTAL else None


@dataclass(frozen=True, slots=True)
class Document:
    """A text that was read: its tree, or what is wrong with it.

    `undeferred` is the tree for callers who take an answer in one piece only.
    """

    text: str
    tree: DocumentNode
    undeferred: DocumentNode
    pricing: Pricing

    @property
    def can_defer(self) -> bool:
        """Whether a part of an answer may come later."""
        return self.tree is not self.undeferred

    def find_operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of that name; without a name the only one."""
        operations = [
            definition
            for definition in self.tree.definitions
            if isinstance(definition, OperationDefinitionNode)
        ]
        if name is None:
            return operations[0] if len(operations) == 1 else None
        named = (one for one in operations if one.name and one.name.value == name)
        return next(named, None)


class Documents:
    """Reads documents against one schema. The newest few hundred valid ones are remembered."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        allows_introspection: bool = True,
        allows_suggestions: bool = True,
        capacity: int = _CAPACITY,
    ) -> None:
        self._schema = schema
        self._limits = limits
        # A name that is nearly right gives the schema away as introspection would.
        self.hides_suggestions: Final = not (allows_introspection and allows_suggestions)
        rules: Collection[type[ASTValidationRule]] = specified_rules
        self._rules = rules if allows_introspection else (*rules, NoSchemaIntrospectionCustomRule)
        self._capacity = capacity
        self._read: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._read)

    def read(self, text: str) -> Document:
        """The document; raises RefusedDocumentError for one that can't be executed."""
        known = self._read.get(text)
        if known is not None:
            self._read.move_to_end(text)
            return known
        document = self._judge(text)
        # A tree takes many times the memory of its text, so the texts are bounded together.
        self._read[text] = document
        self._characters += len(text)
        while len(self._read) > self._capacity or self._characters > _CAPACITY_CHARACTERS:
            forgotten, _ = self._read.popitem(last=False)
            self._characters -= len(forgotten)
        return document

    def _judge(self, text: str) -> Document:
        limits = self._limits
        if _NUL.search(text):
            message = "The document holds the character U+0000, which can't be stored."
            raise RefusedDocumentError(coded(message, Code.VALIDATION_FAILED))
        if len(text) > limits.source_characters:
            message = (
                f"The document has {len(text)} characters; {limits.source_characters} are allowed."
            )
            raise RefusedDocumentError(coded(message, Code.VALIDATION_FAILED))
        try:
            tree = parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            raise RefusedDocumentError(_syntax_error(error)) from None
        sentence = excess(tree, limits)
        if sentence is not None:
            raise RefusedDocumentError(coded(sentence, Code.VALIDATION_FAILED))
        found = validate(
            self._schema,
            tree,
            self._rules,
            max_errors=_MOST_ERRORS,
            hide_suggestions=self.hides_suggestions,
        )
        if found:
            coded_ones = [_with_code(error, Code.VALIDATION_FAILED) for error in found]
            raise RefusedDocumentError(*coded_ones[:_MOST_ERRORS])
        return Document(text, tree, _undeferred(tree), price(self._schema, tree))


def _undeferred(tree: DocumentNode) -> DocumentNode:
    """The tree without deferral; the very same one where there is none."""
    undeferred: DocumentNode = visit(tree, _WithoutDeferral())
    return undeferred


def _syntax_error(error: GraphQLSyntaxError) -> GraphQLError:
    """The error with its code: a text that is too long is no less well formed for that."""
    if error.message.endswith(_STOPPED):
        reason = error.message.removeprefix("Syntax Error: ").removesuffix(_STOPPED)
        return coded(reason, Code.VALIDATION_FAILED)
    return _with_code(error, Code.PARSE_FAILED)


def _with_code(error: GraphQLError, code: Code) -> GraphQLError:
    return GraphQLError(
        error.message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        extensions={"code": code.value},
    )
