"""What the demo's traffic is made of. The first number of each row is its weight."""

from typing import Final, NamedTuple

ORIGIN: Final = "https://nordlicht.example"
CURRENCY: Final = "EUR"


class PlaceRow(NamedTuple):
    """A city; coordinates in degrees."""

    weight: int
    country: str
    region: str
    city: str
    latitude: float
    longitude: float


class AgentRow(NamedTuple):
    """Software and hardware in front of someone; the SDK tells the site from the app."""

    weight: int
    sdk: str
    sdk_version: str
    os: str
    os_versions: tuple[str, ...]
    browser: str | None
    browser_versions: tuple[str, ...]
    device: str
    brand: str | None
    model: str | None


class ChannelRow(NamedTuple):
    """A way to the site. `campaign` is source, medium and campaign, or nothing."""

    weight: int
    referrer: str | None
    campaign: tuple[str, str, str] | None


class ProductRow(NamedTuple):
    """Something for sale; the price in cents."""

    weight: int
    slug: str
    title: str
    category: str
    price: int
    tags: tuple[str, ...]


PLACES: Final = (
    PlaceRow(14, "SE", "Stockholm", "Stockholm", 59.3293, 18.0686),
    PlaceRow(5, "SE", "Västra Götaland", "Gothenburg", 57.7089, 11.9746),
    PlaceRow(3, "SE", "Skåne", "Malmö", 55.605, 13.0038),
    PlaceRow(7, "DE", "Land Berlin", "Berlin", 52.52, 13.405),
    PlaceRow(5, "DE", "Bavaria", "Munich", 48.1351, 11.582),
    PlaceRow(4, "DE", "Hamburg", "Hamburg", 53.5511, 9.9937),
    PlaceRow(6, "NO", "Oslo County", "Oslo", 59.9139, 10.7522),
    PlaceRow(5, "DK", "Capital Region", "Copenhagen", 55.6761, 12.5683),
    PlaceRow(4, "FI", "Uusimaa", "Helsinki", 60.1699, 24.9384),
    PlaceRow(7, "GB", "England", "London", 51.5074, -0.1278),
    PlaceRow(2, "GB", "Scotland", "Edinburgh", 55.9533, -3.1883),
    PlaceRow(4, "NL", "North Holland", "Amsterdam", 52.3676, 4.9041),
    PlaceRow(4, "FR", "Île-de-France", "Paris", 48.8566, 2.3522),
    PlaceRow(3, "PL", "Mazovia", "Warsaw", 52.2297, 21.0122),
    PlaceRow(3, "ES", "Madrid", "Madrid", 40.4168, -3.7038),
    PlaceRow(2, "IT", "Lombardy", "Milan", 45.4642, 9.19),
    PlaceRow(6, "US", "New York", "New York", 40.7128, -74.006),
    PlaceRow(4, "US", "California", "San Francisco", 37.7749, -122.4194),
    PlaceRow(2, "US", "Texas", "Austin", 30.2672, -97.7431),
    PlaceRow(2, "CA", "Ontario", "Toronto", 43.6532, -79.3832),
    PlaceRow(2, "JP", "Tokyo", "Tokyo", 35.6762, 139.6503),
    PlaceRow(2, "IN", "Karnataka", "Bengaluru", 12.9716, 77.5946),
    PlaceRow(1, "BR", "São Paulo", "São Paulo", -23.5505, -46.6333),
    PlaceRow(1, "AU", "New South Wales", "Sydney", -33.8688, 151.2093),
)

_CHROME: Final = ("140.0.7339.81", "141.0.7390.55", "142.0.7444.60")

AGENTS: Final = (
    AgentRow(
        26, "web", "1.3.0", "Windows", ("10", "11"), "Chrome", _CHROME, "desktop", None, None
    ),
    AgentRow(7, "web", "1.3.0", "Windows", ("11",), "Edge", _CHROME, "desktop", None, None),
    AgentRow(
        4, "web", "1.3.0", "Windows", ("10", "11"), "Firefox", ("143.0", "144.0"), "desktop", None,
        None,
    ),
    AgentRow(
        9, "web", "1.3.0", "macOS", ("14.7", "15.6"), "Safari", ("18.6", "26.0"), "desktop",
        "Apple", "Macintosh",
    ),
    AgentRow(
        8, "web", "1.3.0", "macOS", ("14.7", "15.6"), "Chrome", _CHROME, "desktop", "Apple",
        "Macintosh",
    ),
    AgentRow(3, "web", "1.3.0", "Linux", ("x86_64",), "Firefox", ("144.0",), "desktop", None, None),
    AgentRow(
        21, "web", "1.3.0", "iOS", ("17.6", "18.6", "26.0"), "Mobile Safari", ("17.6", "18.6"),
        "mobile", "Apple", "iPhone",
    ),
    AgentRow(
        12, "web", "1.3.0", "Android", ("14", "15"), "Mobile Chrome", _CHROME, "mobile", "Samsung",
        "SM-S921B",
    ),
    AgentRow(
        6, "web", "1.3.0", "Android", ("15", "16"), "Mobile Chrome", _CHROME, "mobile", "Google",
        "Pixel 9",
    ),
    AgentRow(
        3, "web", "1.3.0", "iOS", ("18.6",), "Mobile Safari", ("18.6",), "tablet", "Apple", "iPad"
    ),
    AgentRow(
        8, "swift", "0.4.1", "iOS", ("18.6", "26.0"), None, (), "mobile", "Apple", "iPhone"
    ),
    AgentRow(
        5, "kotlin", "0.3.2", "Android", ("15", "16"), None, (), "mobile", "Samsung", "SM-S921B"
    ),
)  # fmt: skip

CHANNELS: Final = (
    ChannelRow(34, None, None),
    ChannelRow(26, "https://www.google.com", None),
    ChannelRow(3, "https://www.bing.com", None),
    ChannelRow(3, "https://duckduckgo.com", None),
    ChannelRow(5, "https://www.instagram.com", None),
    ChannelRow(3, "https://www.facebook.com", None),
    ChannelRow(3, "https://www.reddit.com", None),
    ChannelRow(2, "https://www.pinterest.com", None),
    ChannelRow(4, "https://chatgpt.com", None),
    ChannelRow(2, "https://www.perplexity.ai", None),
    ChannelRow(1, "https://claude.ai", None),
    ChannelRow(6, None, ("newsletter", "email", "autumn-letter")),
    ChannelRow(4, "https://www.google.com", ("google", "cpc", "lamps-brand")),
    ChannelRow(2, "https://www.instagram.com", ("instagram", "social", "studio-tour")),
    ChannelRow(2, "https://wohnen.example/lampen", None),
)

SPIKE_CHANNEL: Final = ChannelRow(1, "https://news.ycombinator.com", None)
"""Where the crowd of the spike day comes from."""

PRODUCTS: Final = (
    ProductRow(12, "aurora-pendant", "Aurora pendant lamp", "lamps", 18_900, ("new", "glass")),
    ProductRow(9, "fjord-desk-lamp", "Fjord desk lamp", "lamps", 8_900, ("oak",)),
    ProductRow(8, "midsummer-candle", "Midsummer candle", "candles", 1_900, ("gift", "vegan")),
    ProductRow(7, "polar-candle-set", "Polar candle set", "candles", 4_900, ("gift", "set")),
    ProductRow(6, "birch-side-table", "Birch side table", "furniture", 24_900, ("birch",)),
    ProductRow(4, "lagom-armchair", "Lagom armchair", "furniture", 64_900, ("wool", "oak")),
    ProductRow(6, "wool-throw", "Wool throw", "textiles", 9_900, ("wool", "gift")),
    ProductRow(5, "linen-cushion", "Linen cushion", "textiles", 3_900, ("linen",)),
    ProductRow(4, "stoneware-mug", "Stoneware mug", "kitchen", 2_400, ("gift",)),
    ProductRow(3, "oak-tray", "Oak tray", "kitchen", 5_400, ("oak",)),
)

CATEGORIES: Final = ("lamps", "candles", "furniture", "textiles", "kitchen")

ARTICLES: Final = (
    ("light-in-dark-months", "Light for the dark months"),
    ("how-we-pour-candles", "How we pour our candles"),
    ("caring-for-oak", "Caring for oak"),
)

SEARCHES: Final = ("lamp", "candle", "wool", "oak table", "gift", "armchair", "mug")

FIRST_NAMES: Final = (
    "Ada", "Alva", "Amir", "Astrid", "Carlos", "Chiara", "Elin", "Emil", "Fatima", "Freja",
    "Hanna", "Hugo", "Ines", "Jakub", "Kenji", "Lars", "Leila", "Linus", "Maja", "Mateo",
    "Nils", "Nora", "Olivia", "Oskar", "Priya", "Samuel", "Sofia", "Theo", "Wanda", "Yuki",
)  # fmt: skip

LAST_NAMES: Final = (
    "Andersson", "Bauer", "Berg", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen",
    "Ito", "Jansen", "Kowalska", "Lindqvist", "Moreau", "Nilsson", "Okafor", "Patel", "Rossi",
    "Schmidt", "Smith", "Tanaka", "Virtanen", "Weber", "Young",
)  # fmt: skip

HOUR_WEIGHTS: Final = (
    6, 4, 3, 2, 2, 3, 8, 16, 26, 34, 38, 40, 42, 40, 38, 37, 38, 42, 50, 58, 62, 54, 34, 16,
)  # fmt: skip
"""How busy each local hour of a day is."""

WEEKDAY_WEIGHTS: Final = (1.0, 0.98, 1.0, 1.02, 0.95, 1.15, 1.25)
"""How busy each day of the week is, from Monday."""
