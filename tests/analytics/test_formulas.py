"""Formulas mean what arithmetic means, and nothing else can be written in them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.errors import InvalidQueryError
from app.analytics.formulas import FUNCTIONS, parse_formula


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A + B * 2", 11),
        ("(A + B) * 2", 14),
        ("-A ^ 2", -9),
        ("2 ^ -1", 0.5),
        ("2 ^ 3 ^ 2", 512),
        ("10 - 4 - 3", 3),
        ("--A", 3),
        ("+A", 3),
        ("-10 % 3", -1),
        ("B / A * 100", 400 / 3),
        ("min(A, B, 1.5) + max(A, B)", 5.5),
        ("round(2.5) + round(-2.5) + ceil(.2) + floor(-0.2)", 0),
        ("abs(-A) + sqrt(16) + log10(1e3)", 10),
        ("log(exp(A))", 3),
        ("A/0", 0),
        ("0/0", 0),
        ("A % 0", 0),
        ("sqrt(-1)", 0),
        ("log(0)", 0),
        ("exp(1e6)", 0),
        ("(0-8) ^ 0.5", 0),
        ("10 ^ 400", 0),
        ("min(A / 0, 5)", 5),
        ("max(0 / 0, 5)", 0),
    ],
)
def test_a_formula_has_the_value_of_its_arithmetic(text: str, expected: float) -> None:
    assert parse_formula(text).value([3, 4]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the end"),
        ("A +", "the end"),
        ("(A", "the end"),
        ("A B", "'B' at character 3"),
        ("AB", "'A' at character 1"),
        ("a", "the end"),
        ("A.real", "'.'"),
        ("__import__('os')", "'_'"),
        ("A if B else C", "'i'"),
        ("min()", "')'"),
        ("abs(A, B)", "1 to 1 arguments"),
        ("power(A)", "no function power"),
        ("1e999", "too large"),
        ("-" * 900 + "A", "levels"),
        ("A+" * 600 + "A", "1000 characters"),
    ],
)
def test_what_is_no_formula_is_refused_with_a_reason(text: str, told: str) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        parse_formula(text, "series", 2, "formula")
    (issue,) = refused.value.issues
    assert issue.path == ("series", 2, "formula")
    assert told in issue.message


def test_brackets_may_be_as_deep_as_the_text_is_long() -> None:
    assert parse_formula("(" * 499 + "A" + ")" * 499).value([7]) == 7


@given(st.text("AB019.+-*/%^(), minaxsqrtlog", max_size=40), st.floats(), st.floats())
def test_any_text_gives_a_finite_number_or_a_reason(text: str, a: float, b: float) -> None:
    try:
        formula = parse_formula(text)
    except InvalidQueryError:
        return
    assert formula.letters <= {0, 1}
    assert math.isfinite(formula.value([a, b]))


@pytest.mark.parametrize("name", FUNCTIONS)
@given(st.floats())
def test_every_function_answers_every_number(name: str, number: float) -> None:
    assert math.isfinite(parse_formula(f"{name}(A)").value([number]))
