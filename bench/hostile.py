"""Documents that are made to cost a server more than they cost their sender."""

from typing import Final

INVALID: Final = "GRAPHQL_VALIDATION_FAILED"


def chained(links: int, leaf: str = "id") -> str:
    """Fragments that each spread the next one twice: 2 to the power of the links paths."""
    spreads = "".join(
        f"fragment F{n} on Project {{ ...F{n + 1} ...F{n + 1} }}\n" for n in range(links)
    )
    last = f"fragment F{links} on Project {{ {leaf} }}"
    return f'{{ project(id: "demo") {{ ...F0 }} }}\n{spreads}{last}'


def _cycle() -> str:
    names = "ABCDEFGH"
    pairs = zip(names, names[1:] + names[:1], strict=True)
    return "{ ...A } " + " ".join(f"fragment {a} on Query {{ ...{b} }}" for a, b in pairs)


def _fragments(count: int, body: str) -> str:
    """That many fragments on projects, all of them spread in one place."""
    spreads = " ".join(f"...F{n}" for n in range(count))
    made = " ".join(f"fragment F{n} on Project {{ {body} }}" for n in range(count))
    return f'{{ project(id: "demo") {{ {spreads} }} }} {made}'


def _totals(argument: str) -> str:
    return f'{{ project(id: "demo") {{ totals({argument}) {{ values {{ value }} }} }} }}'


REFUSED: Final[dict[str, tuple[str, str]]] = {
    "chained fragments": (chained(180), INVALID),
    "chained fragments with aliases": (chained(48, "a: id"), INVALID),
    "a cycle of fragments": (_cycle(), INVALID),
    "aliases": ("{ " + " ".join(f"a{n}: __typename" for n in range(390)) + " }", INVALID),
    "directives": ("{ viewer " + "@a" * 500 + " { __typename } }", INVALID),
    "one field again and again": ("{ viewer { client { " + "id " * 1_100 + "} } }", INVALID),
    "one object again and again": ("{ viewer { " + "client { id } " * 280 + "} }", INVALID),
    "overlapping fragments": (
        _fragments(45, "catalog { metrics { label unit metric } }"),
        INVALID,
    ),
    "nested inline fragments": (
        "{ viewer " + "{ ... on Viewer " * 250 + "{ __typename }" + "}" * 250 + "}",
        INVALID,
    ),
    "deep lists": ("{ project(id: " + "[" * 500 + "]" * 500 + ") { id } }", INVALID),
    "deep objects": (_totals("metrics: [], range: " + "{a: " * 300 + "1" + "}" * 300), INVALID),
    "wrong values": (_totals("range: {}, metrics: [" + "{metric: NO}" * 180 + "]"), INVALID),
    "variables": (
        "query (" + " ".join(f"$v{n}: Int" for n in range(290)) + ") { viewer { __typename } }",
        INVALID,
    ),
    "unknown fragments": ("{ " + " ".join(f"...X{n}" for n in range(390)) + " }", INVALID),
    "unknown fields": ("{ viewer { " + " ".join(f"f{n}" for n in range(390)) + " } }", INVALID),
    "tokens": ("{ " + "viewer { client { id } } " * 300 + "}", INVALID),
    "comments": ("#\n" * 9_000 + "{ viewer { __typename } }", INVALID),
    "length": ("{ viewer { __typename } }" + " " * 90_000, INVALID),
    "introspection of types of types": (
        "{ __schema { types " + "{ fields { type " * 5 + "{ name }" + "} }" * 5 + " } }",
        INVALID,
    ),
    "open braces": ("{" * 1_000, "GRAPHQL_PARSE_FAILED"),
}
"""Each with the code of its refusal."""
