"""What every engine's spellings have in common."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


def parts(element: Any, compiler: SQLCompiler, options: Any) -> list[str]:
    """The construct's clauses as SQL, in order."""
    return [compiler.process(clause, **options) for clause in element.clauses]


def spell_as_call(construct: type, function: str, dialect: str) -> None:
    """Makes the construct a call of the engine's function with the same arguments."""

    def render(element: Any, compiler: SQLCompiler, **options: Any) -> str:
        return f"{function}({', '.join(parts(element, compiler, options))})"

    compiles(construct, dialect)(render)
