"""Texts in pictures: how wide they are, how they are cut, how numbers are written."""

import math
from typing import Final
from xml.sax.saxutils import escape

from app.analytics.metrics import Number, Unit

# Widths of the font's characters from the space to the tilde, in thousandths of its size.
_WIDTHS: Final = tuple(
    map(
        int,
        [
            "278",
            "278",
            "355",
            "556",
            "556",
            "889",
            "667",
            "191",
            "333",
            "333",
            "389",
            "584",
            "278",
            "333",
            "278",
            "278",
            "556",
            "556",
            "556",
            "556",
            "556",
            "556",
            "556",
            "556",
            "556",
            "556",
            "278",
            "278",
            "584",
            "584",
            "584",
            "556",
            "1015",
            "667",
            "667",
            "722",
            "722",
            "667",
            "611",
            "778",
            "722",
            "278",
            "500",
            "667",
            "556",
            "833",
            "722",
            "778",
            "667",
            "778",
            "722",
            "667",
            "611",
            "722",
            "667",
            "944",
            "667",
            "667",
            "611",
            "278",
            "278",
            "278",
            "469",
            "556",
            "333",
            "556",
            "556",
            "500",
            "556",
            "556",
            "278",
            "556",
            "556",
            "222",
            "222",
            "500",
            "222",
            "833",
            "556",
            "556",
            "556",
            "556",
            "333",
            "500",
            "278",
            "556",
            "500",
            "722",
            "500",
            "500",
            "500",
            "334",
            "260",
            "334",
            "584",
        ],
    )
)
_OTHER_WIDTH: Final = 620
_WIDE: Final = 1_000
_FIRST_WIDE: Final = "\u1100"
_BOLD: Final = 1.07
_ELLIPSIS: Final = "…"

NOTHING: Final = "\N{EN DASH}"
"""What stands for a number that there isn't."""


def width_of(text: str, size: float, *, is_bold: bool = False) -> float:
    """About how wide the text is, in pixels, at that size of type."""
    thousandths = sum(
        _WIDTHS[ord(letter) - 32]
        if " " <= letter <= "~"
        else (_WIDE if letter >= _FIRST_WIDE and letter != _ELLIPSIS else _OTHER_WIDTH)
        for letter in text
    )
    return thousandths * size / 1000 * (_BOLD if is_bold else 1)


def fitted(text: str, size: float, width: float, *, is_bold: bool = False) -> str:
    """The text, cut with an ellipsis where it would be wider."""
    flat = " ".join(text.split())
    if width_of(flat, size, is_bold=is_bold) <= width:
        return flat
    low, high = 0, len(flat)
    while low < high:
        middle = (low + high + 1) // 2
        shown = flat[:middle].rstrip() + _ELLIPSIS
        if width_of(shown, size, is_bold=is_bold) <= width:
            low = middle
        else:
            high = middle - 1
    return flat[:low].rstrip() + _ELLIPSIS


def fitted_path(text: str, size: float, width: float) -> str:
    """The text, cut in the middle: the end of a path tells as much as its beginning."""
    if width_of(text, size) <= width:
        return text
    kept = len(text)
    while kept > 1:
        kept -= 1
        head, tail = (kept + 1) // 2, kept // 2
        shown = text[:head] + _ELLIPSIS + (text[-tail:] if tail else "")
        if width_of(shown, size) <= width:
            return shown
    return _ELLIPSIS


def wrapped(text: str, size: float, width: float) -> list[str]:
    """The text in lines of at most that width; a longer word is cut."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and width_of(longer, size) > width:
                lines.append(line)
                line = fitted(word, size, width)
            else:
                line = longer
        lines.append(fitted(line, size, width))
    return lines


def safe(text: str) -> str:
    """The text for XML, without characters that XML has no form for."""
    kept = "".join(
        letter
        for letter in text
        if letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff"
    )
    return escape(kept, {'"': "&quot;"})


_LARGEST: Final = 1e15
_STEPS: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def compact(value: Number | None) -> str:
    """The number in at most four digits: 999, 1.23k, 45.6M; a dash for none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    size = abs(value)
    if size >= _LARGEST:
        return f"{value:.2e}"
    for step, letter in _STEPS:
        # 999,950 is 1M and not 1000k.
        if size >= step * 0.99995:
            return f"{_digits(value / step)}{letter}"
    return _digits(value)


def _digits(value: float) -> str:
    size = abs(value)
    places = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def full(value: Number | None) -> str:
    """The number with its thousands marked and at most two places; a dash for none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if abs(value) >= _LARGEST:
        return f"{value:.2e}"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def duration(seconds: float | None) -> str:
    """The seconds in their two largest units: 4m 20s, 3h 5m, 2d 4h."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 60:
        return f"{_digits(seconds)}s"
    whole = round(seconds)
    units = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
    for place, (size, letter) in enumerate(units):
        if whole >= size:
            rest = whole % size // units[place + 1][0] if size > 1 else 0
            tail = f" {rest}{units[place + 1][1]}" if rest else ""
            return f"{whole // size}{letter}{tail}"
    return "0s"


def percent_text(share: float) -> str:
    """The share of one in percent: 12.3%, 100%."""
    text = f"{share * 100:.1f}"
    return f"{text.removesuffix('.0')}%"


def in_unit(value: Number | None, unit: Unit, *, is_short: bool = False) -> str:
    """The number as its unit is written; money has two places of its minor unit."""
    match unit:
        case Unit.PERCENT:
            return NOTHING if value is None else f"{_digits(value)}%"
        case Unit.SECONDS:
            return duration(value)
        case Unit.CURRENCY:
            return _money(value, is_short=is_short)
        case Unit.COUNT | Unit.NUMBER:
            return compact(value) if is_short else full(value)


def _money(value: Number | None, *, is_short: bool) -> str:
    if value is None:
        return NOTHING
    return compact(value / 100) if is_short else f"{value / 100:,.2f}"
