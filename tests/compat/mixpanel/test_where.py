"""`where`: each example of the language, on each engine, and what is wrong told with its place."""

from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.analytics import runner
from app.analytics.errors import InvalidQueryError
from app.analytics.filters import holding
from app.analytics.periods import TimeRange
from app.analytics.queries import Moment
from app.analytics.records import Event, Json, Profile
from app.analytics.streams import StreamQuery
from app.compat.mixpanel.shape import clock_of, line_shape
from app.compat.mixpanel.where.lower import Lowering, read_where
from app.projects.streams import EventStream
from app.stores.base import EventStore
from app.stores.open import open_event_store
from tests.support.engines import ENGINES, fill, store_url
from tests.support.mixpanel_lines import exported
from tests.support.mixpanel_where import Reference

pytestmark = pytest.mark.anyio

NOW = 1_741_737_600
AT = 1_741_514_400_000
UTC = ZoneInfo("UTC")

CHECKOUT = Event(
    project=1,
    id="3f0c9c1e-55b0-4e0e-9d1a-0d9a5f6c1b21",
    name="Checkout",
    created_at=AT,
    received_at=1_741_514_402_123,
    profile_id="ann-17",
    city="Göteborg",
    browser="Chrome",
    origin="https://shop.example",
    path="/p/7",
    properties={
        "plan": "Pro",
        "amount": 49.5,
        "qty": 3,
        "is_trial": False,
        "coupon": None,
        "tags": ["new", "VIP"],
        "cart": [{"sku": "A1", "price": 30}, {"sku": "B2", "price": 19.5}],
        "signup": "2025-03-01T08:00:00",
        "account_id": 4,
        "zip": "00420",
        "address": {"country": "SE"},
        "__query": {"utm_source": "x"},
    },
)
PROFILE = Profile(
    project=1,
    id="ann-17",
    is_external=True,
    created_at=1,
    last_seen_at=1,
    email="Ann@example.com",
    properties={"plan": "gold"},
    sequence=1,
)
PROFILE_LINE: dict[str, Json] = {"$email": "Ann@example.com", "plan": "gold"}


@pytest.fixture(scope="module", params=ENGINES)
async def stored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[EventStore]:
    directory: Path = tmp_path_factory.mktemp(request.param)
    store = open_event_store(store_url(request.param, directory))
    await store.migrate()
    await store.copy_profiles([PROFILE])
    await fill(store, [CHECKOUT])
    yield store
    await store.close()


async def kept(store: EventStore, where: str, project: int = 1) -> list[str]:
    """The lines of the events that a `where` keeps."""
    span = TimeRange(0, AT * 2)
    clock = clock_of(span, UTC)
    query = StreamQuery(
        project=project,
        range=span,
        shape=line_shape(clock, time_in_ms=False),
        filter=holding(read_where(where, Lowering(NOW)), clock),
        zone=UTC,
    )
    steps = runner.plan(query, Moment(NOW * 1000, UTC))
    statements = next(steps)
    try:
        while True:
            statements = steps.send([await store.fetch(each, 30) for each in statements])
    except StopIteration as finished:
        stream = EventStream(store, finished.value, 30)
    bodies = [part.body async for part in stream.lines()]
    return [line.decode() for line in b"".join(bodies).split(b"\n") if line]


EXAMPLES = [
    ("", True),
    ('properties["plan"] == "pro"', True),
    ('properties["plan"] == 1', False),
    ('properties["plan"] != 1', True),
    ('properties["ghost"] == "x"', False),
    ('properties["ghost"] == undefined', True),
    ('properties["coupon"] == undefined', False),
    ('properties["amount"] > 49', True),
    ('number(properties["zip"]) == 420', True),
    ('properties["zip"] == "420"', False),
    ('string(properties["account_id"]) == "4"', True),
    ('string(properties["amount"]) == "49.5"', True),
    ('properties["account_id"] in ["4"]', False),
    ('properties["plan"] in ["free","PRO"]', True),
    ('"CHROM" in properties["$browser"]', True),
    ('properties["$browser"] in "Chrome,Firefox"', True),
    ('not "fire" in properties["$browser"]', True),
    ('"fire" not in properties["$browser"]', True),
    ('not properties["is_trial"]', True),
    ('not properties["ghost"]', True),
    ('not boolean(properties["plan"])', False),
    ('boolean(properties["coupon"])', False),
    ('defined(properties["amount"])', True),
    ('defined(properties["ghost"])', False),
    ('defined(properties["coupon"])', False),
    ('properties["qty"] * 2 + 1 == 7', True),
    ('properties["qty"] / 0 == undefined', True),
    ("-7 % 3 == -1", True),
    ('"a" + "b" == "AB"', True),
    ('"a" + 1 == "a1"', False),
    ('floor(properties["amount"]) == 49 and ceil(properties["amount"]) == 50', True),
    ('round(properties["amount"]) == 50', True),
    (
        'properties["plan"] == "Free" and properties["amount"] > 10 or properties["qty"] == 3',
        True,
    ),
    (
        'properties["plan"] == "Free" and (properties["amount"] > 10 or properties["qty"] == 3)',
        False,
    ),
    ('properties["qty"] > 1 and properties["ghost"] > 1', False),
    ('not properties["qty"] == 3 or true', True),
    (
        'properties["$time"] >= datetime(1741478400) and properties["$time"] < datetime(1741564800)',  # noqa: E501 — as connectors write it.
        True,
    ),
    ('properties["$time"] >= datetime(1741564800000)', False),
    ('event["$time"] < datetime("2025-03-09T10:00:00")', False),
    ('properties["time"] >= 1741514400', True),
    ('datetime(properties["signup"]) >= datetime(NOW - 604800)', False),
    ('properties["signup"] >= "2025-03-01"', True),
    ('properties["$city"] == "GÖTEBORG"', True),
    ('properties["$distinct_id"] == "ann-17"', True),
    ('properties["address"]["country"] == "SE"', True),
    ('properties["cart"][0]["sku"] == "a1"', True),
    ('sum(map(x, properties["cart"], x["price"])) > 49', True),
    ('len(properties["tags"]) == 2', True),
    ('regex_match(properties["$current_url"], "/P/\\\\d+")', True),
    ('(properties["amount"] < 10 or properties["amount"] > 40)', True),
    ('properties["it\'s \\"odd\\""] == "x"', False),
    ('event["$event_name"] == "checkout"', True),
    # What user interfaces and SDKs write.
    ('(properties["plan"] == "a" or properties["plan"] == "pro")', True),
    ('properties["plan"] != "a" and properties["plan"] != "b"', True),
    ('properties["qty"] >= 1 and properties["qty"] <= 5', True),
    ('properties["is_trial"] == true', False),
    (
        'datetime(properties["signup"]) >= datetime("2025-03-01T00:00:00") and datetime(properties["signup"]) <= datetime("2025-03-01T23:59:59")',  # noqa: E501 — as UIs write it.
        True,
    ),
    ('(not "News" in properties["$referring_domain"])', True),
    ('(properties["qty"] < 1 or properties["qty"] > 5)', False),
    ('not defined(properties["ghost"])', True),
    ('not "x" in properties["plan"]', True),
    (
        'datetime(properties["signup"]) >= datetime(NOW - 864000) and datetime(properties["signup"]) < datetime(NOW)',  # noqa: E501 — as UIs write it.
        False,
    ),
    (
        '(properties["plan"] == "pro") and properties["mp_processing_time_ms"] > 1741514402000 and properties["mp_processing_time_ms"] < 1741514403000',  # noqa: E501 — as connectors write it.
        True,
    ),
    ('(properties["$city"] == "Chicago")', False),
    ('(defined (properties["$device"]))', False),
    ('(defined (properties["$browser"]))', True),
    ('user["$email"] == "ann@example.com"', True),
    ('user["plan"] == "GOLD" and user["ghost"] == undefined', True),
    ('properties["$current_url"] == "https://shop.example/p/7?utm_source=x"', True),
    ('properties["mp_processing_time_ms"] == 1741514402123', True),
    ('properties["$insert_id"] == "3f0c9c1e-55b0-4e0e-9d1a-0d9a5f6c1b21"', True),
    # More of the language.
    ('"vip" in properties["tags"]', True),
    ('"v" in properties["tags"]', False),
    ("NOW -60 == 1741737540", True),
    ('any(t, properties["tags"], t == "vip") and all(t, properties["tags"], len(t) == 3)', True),
    ('len(filter(c, properties["cart"], c["price"] > 20)) == 1', True),
    ('let(x, properties["qty"], x * x == 9)', True),
    ('ifs(properties["qty"] == 1, "a", properties["qty"] == 3, "b") == "b"', True),
    ('if(properties["is_trial"], 1, 2) == 2', True),
    ("ifs(false, 1) == undefined", True),
    ('has_prefix(properties["plan"], "pr") and has_suffix(properties["plan"], "O")', True),
    ('upper(properties["plan"]) == "PRO" and lower("ÄB") == "äb"', True),
    ('left("abc", 2) == "ab" and right("abc", 2) == "bc" and mid("abcd", 2, 2) == "bc"', True),
    ('split("a-b-c", "-", 2) == "b" and len(split("a-b", "-")) == 2', True),
    ('split("a-b", "-", undefined) == undefined and split("a-b", "-", null) == undefined', True),
    ('regex_extract("order 42", "[0-9]+") == "42"', True),
    ('regex_extract("a1b2", "b([0-9])", 1) == "2"', True),
    ('regex_replace("a1b2", "[0-9]", "") == "AB"', True),
    ('regex_match("ABC", "(?-i)abc")', False),
    ('parse_url("https://www.shop.co.uk/x", "domain") == "shop.co.uk"', True),
    ('parse_url("https://www.shop.co.uk/x", "full_domain") == "www.shop.co.uk"', True),
    ('datedif(datetime("2024-01-31"), datetime("2025-03-30"), "M") == 13', True),
    ('datedif(datetime("2024-01-31"), datetime("2025-03-30"), "D") == 424', True),
    ('datedif(datetime("2024-01-31"), datetime("2025-03-30"), "YM") == 1', True),
    ('TODAY() == datetime("2025-03-12")', True),
    ("min(2, 1) == 1 and max(2, 1) == 2", True),
    ('number(true) == 1 and number("x") == undefined', True),
    ('string(datetime(1741478400)) == "2025-03-09T00:00:00"', True),
    ('string(properties["tags"]) == "[\\"new\\",\\"vip\\"]"', True),
    ("null == null and null != undefined and undefined == undefined", True),
    ('datetime("2025-03-09T11:00:00+01:00") == properties["$time"]', True),
    ('properties["tags"] == ["NEW", "vip"]', True),
    ('properties["address"][0] == undefined and properties["tags"]["0"] == undefined', True),
    ('properties["qty"]', False),
    # Only the truth itself is true.
    *((text, False) for text in ("1", "1.0", '"true"', "[true]", "NOW", "null", "undefined")),
    ("true", True),
    ("1 == true or 0 == false", False),
    ("let(x, 1, x) or let(x, true, x)", True),
    # From the loosest to the tightest.
    ("1 + 2 * 3 == 7 and (1 + 2) * 3 == 9", True),
    ("10 - 2 - 3 == 5 and 24 / 4 / 2 == 3 and 2 * 7 % 4 == 2", True),
    ("- - 2 == 2 and -2 * 3 == -6 and 1 - -1 == 2", True),
    ("not true or true and not false", True),
    ("not (true or true)", False),
    ("not not true", True),
    ("not 1 == 2 and 3 == 3", True),
    ('not "a" in "b" == true and not ("b" in "b" == false)', True),
    ('"a" in "abc" == true', True),
    ('"a" + "b" in "xabx"', True),
    (
        'properties["$browser"] + properties["$city"] + properties["plan"] == "CHROMEgöteborgPRO"',
        True,
    ),
    ('event["$event_name"] + properties["distinct_id"] == "checkoutann-17"', True),
    ('properties["$browser"] + properties["ghost"] == undefined', True),
    ("true or undefined and false", True),
    # Letters that become several, or others, when they are folded or made capital.
    ('"STRASSE" == "straße" or "\\u0131" == "i" or "ﬁ" == "fi"', False),
    ('"ẞ" == "ß" and "Σ" == "ς" or "İ" == "\u0131"', False),
    ('"ẞ" == "ß" and "Σ" == "\u03c3" and "\u212a" == "k" and "İ" == "i"', True),
    ('upper("ß") == "SS" and len("😀") == 1 and lower("İ") == "i"', True),
    # Texts and numbers never meet without a cast.
    ('"10" > 9 or "10" == 10 or properties["zip"] < 500 or "9" in [9]', False),
    ('"10" < "9" and number("10") > number("9")', True),
    ('number(" 7 ") == 7 and number("1e2") == 100 and number(".5") == 0.5', True),
    ('defined(number("0x10")) or defined(number("1_0")) or defined(number("NaN"))', False),
    ('defined(number("\uff11")) or defined(number("")) or defined(number("1e400"))', False),
    ('boolean("False") and boolean("0") and not boolean("") and not boolean("false")', True),
    ('string(1e21) == "1e+21" and string(4.0) == "4" and string(1e-7) == "1e-07"', True),
    # Datetimes are moved by seconds, and are no numbers but for comparisons.
    ('datetime("2025-03-09") + 86400 == datetime("2025-03-10T00:00:00")', True),
    ('60 + datetime("2025-03-09") == datetime("2025-03-09 00:01")', True),
    ('defined(60 - datetime("2025-03-09")) or defined(datetime(1) * 2)', False),
    ('datetime("2025-03-09") == 1741478400', False),
    ('datetime("2025-03-09") >= 1741478400 and datetime("2025-03-09") <= 1741478400', True),
    ('defined(datetime("2025-02-30")) or defined(datetime("now")) or defined(datetime(0))', False),
    ("datetime(4294967295) > datetime(4294967296)", True),
    ('"2025" in datetime("2025-03-09")', False),
    ("Not False And NULL == null", True),
    ("'single' == \"single\"", True),
    ('properties["signup"] > datetime("2025-01-01")', False),
    ("1 < 2 == true", True),
    ('"\\u00e9\\n" == "É\\n"', True),
]


@pytest.mark.parametrize(("where", "is_kept"), EXAMPLES)
async def test_each_example_keeps_what_it_says(
    stored: EventStore, where: str, *, is_kept: bool
) -> None:
    lines = await kept(stored, where)
    assert bool(lines) is is_kept
    assert Reference(exported(CHECKOUT), PROFILE_LINE, NOW).keeps(where) is is_kept


def _message(where: str) -> str:
    with pytest.raises(InvalidQueryError) as refused:
        read_where(where, Lowering(NOW))
    return str(refused.value)


WRONG: list[tuple[str, str]] = [
    ('properties["plan"] = "Pro"', "position 19: unexpected '=' (use '==')"),
    ('properties["plan"', "position 17: expected ']'"),
    ('properties[plan] == "x"', "position 11: expected a quoted property name"),
    (
        'contains(properties["plan"], "P")',
        'position 0: unknown function \'contains\' (use: "P" in properties["plan"])',
    ),
    ('has(properties["plan"], "P")', "unknown function 'has'"),
    ("1 and true", "position 0: operand of 'and' must be boolean, found number"),
    (
        'true or string(properties["x"])',
        "position 8: operand of 'or' must be boolean, found string",
    ),
    ("true and (1 + 2)", "must be boolean, found number"),
    ("true and datetime(1)", "must be boolean, found datetime"),
    ("true and [1]", "must be boolean, found list"),
    ("null or true", "must be boolean, found null"),
    ('"abc', "position 0: unterminated string"),
    ("datetime(2024,1,1)", 'datetime takes 1 argument, found 3 (use: datetime("2025-01-31'),
    ("properties.x == 1", "position 10: unexpected '.' (use properties[\"name\"])"),
    ("true && false", "position 5: unexpected '&' (use 'and')"),
    ("true || false", "position 5: unexpected '|' (use 'or')"),
    ("!true", "position 0: unexpected '!' (use 'not' or '!=')"),
    ("plan == 1", "position 0: unknown name 'plan' (use: properties[\"plan\"])"),
    ("(1 == 1", "position 7: expected ')'"),
    ("1 +", "position 3: unexpected end of the expression"),
    ("1 == 1 2", "position 7: unexpected '2'"),
    ('regex_match("a", "(")', "position 17: the regular expression is wrong"),
    (f'regex_match("a", "{"a" * 1001}")', "at most 1000 characters"),
    ('parse_url("a", "tld")', 'the second argument is "domain" or "full_domain"'),
    ('datedif(NOW, NOW, "W")', "the unit is one of"),
    ("any(1, [1], true)", "the first argument of any is a name, such as x"),
    ("ifs(true)", "ifs takes pairs"),
    ("[1][-1] == 1", "an index counts from 0"),
    ("1" * 19 + " == 1", "the number is too large"),
    ("1e999 == 1", "the number is too large"),
    ('group_properties["company"]["plan"] == "x"', "properties of groups"),
    ("(" * 150 + "-" * 150 + "1" + ")" * 150, "nest at most 100 levels deep"),
    ('"' + "a" * 70_000 + '"', "at most 65536 bytes"),
    ('"\\u0000" == ""', "NUL characters are not allowed"),
    ("ünicode", "position 0: unexpected 'ü'"),
]


@pytest.mark.parametrize(("where", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place_and_a_hint(where: str, told: str) -> None:
    message = _message(where)
    assert message.startswith("Invalid where expression at position ")
    assert told in message


async def test_work_that_multiplies_is_refused(stored: EventStore) -> None:
    doubled = 'let(a, properties["tags"], ' + "".join(
        f"let({new}, [{old}, {old}], "
        for old, new in zip("abcdefghijklmnopqrs", "bcdefghijklmnopqrst", strict=True)
    )
    with pytest.raises(Exception, match="too many steps"):
        await kept(stored, f"{doubled} t == t {')' * 20}")


def test_long_alternatives_are_flat() -> None:
    where = " or ".join(f'properties["plan"] == "{number}"' for number in range(900))
    assert read_where(where, Lowering(NOW)) is not None
