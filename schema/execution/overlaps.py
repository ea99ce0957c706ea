"""How many fields of a document stand for the same place in an answer.

Validation compares each two of them, and what is selected below each two: a few thousand
characters of `{ a a a … }` would take seconds. Here they are only counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

ENDLESS: Final = 10**9


@dataclass(slots=True)
class Overlaps:
    """Counts pairs of fields with one name in one place; ends early beyond the bounds."""

    fragments: Mapping[str, FragmentDefinitionNode]
    most_pairs: int
    most_visits: int
    pairs: int = 0
    visits: int = 0
    _waiting: list[list[SelectionSetNode]] = field(default_factory=list[list[SelectionSetNode]])

    def count(self, operation: OperationDefinitionNode) -> int:
        """The pairs in the operation; `ENDLESS` when looking at all of it takes too long."""
        self._waiting = [[operation.selection_set]]
        while self._waiting and self.pairs <= self.most_pairs:
            self._merge(self._waiting.pop())
            if self.visits > self.most_visits:
                return ENDLESS
        return self.pairs

    def _merge(self, sets: list[SelectionSetNode]) -> None:
        """Looks at one place of the answer: all that is selected for it, together."""
        inner: dict[str, list[SelectionSetNode]] = {}
        numbers: dict[str, int] = {}
        for node in self._fields(sets):
            name = node.alias.value if node.alias else node.name.value
            numbers[name] = numbers.get(name, 0) + 1
            if node.selection_set is not None:
                inner.setdefault(name, []).append(node.selection_set)
        self.pairs += sum(number * (number - 1) // 2 for number in numbers.values())
        self._waiting += inner.values()

    def _fields(self, sets: Iterable[SelectionSetNode]) -> Iterable[FieldNode]:
        waiting, seen = list(sets), set[str]()
        while waiting:
            for selection in waiting.pop().selections:
                self.visits += 1
                match selection:
                    case FieldNode():
                        yield selection
                    case InlineFragmentNode():
                        waiting.append(selection.selection_set)
                    case FragmentSpreadNode(name=name) if name.value not in seen:
                        seen.add(name.value)
                        fragment = self.fragments.get(name.value)
                        if fragment is not None:
                            waiting.append(fragment.selection_set)
                    case _:
                        pass


def overlapping(document: DocumentNode, most_pairs: int, most_visits: int) -> int:
    """The pairs of the document's operation that has the most; `ENDLESS` for too many paths."""
    fragments = {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
    counted = [
        Overlaps(fragments, most_pairs, most_visits).count(one)
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
    ]
    return max(counted, default=0)
