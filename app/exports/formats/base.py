"""What the files of all formats have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from app.exports.tables import Row, TableColumn


class TableFile(ABC):
    """A file that tables are written to; it is closed when it is left. All of it blocks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def begin(self, title: str, columns: Sequence[TableColumn], *, of: int) -> None:
        """Starts a table, which is one of `of` tables."""

    @abstractmethod
    def add(self, rows: Iterable[Row]) -> None:
        """Writes rows of the table that was started last."""

    @abstractmethod
    def close(self) -> None:
        """Ends the last table and lets go of the file."""
