"""Random numbers in; names as large companies give them to teams, APIs, products and people out, none twice."""

from itertools import product
from random import Random

DOMAINS = (
    "payments", "orders", "catalogue", "logistics", "customers", "billing", "pricing", "search", "loyalty", "fraud",
    "identity", "inventory", "returns", "marketing", "claims", "lending", "treasury", "tax", "procurement", "hr",
    "fleet", "energy", "health", "travel", "telemetry", "documents", "messaging", "partners", "retail", "wholesale",
    "insights", "platform", "mobile", "stores", "suppliers", "contracts", "cards", "savings", "support", "media",
)  # fmt: skip
_JOBS = (
    "core", "web", "app", "data", "ops", "intake", "settlement", "reporting", "integration", "portal", "engine",
    "gateway", "backoffice", "archive", "events", "emea", "nordics", "americas", "apac", "labs", "legacy", "risk",
    "quality", "growth",
)  # fmt: skip
_NOUNS = (
    "accounts", "addresses", "alerts", "appointments", "assets", "balances", "bookings", "campaigns", "cases",
    "categories", "certificates", "codes", "consents", "contacts", "credits", "devices", "discounts", "disputes",
    "entries", "events", "exports", "feeds", "files", "forecasts", "history", "images", "imports", "incidents",
    "invoices", "items", "jobs", "labels", "ledgers", "limits", "locations", "meters", "notes", "notifications",
    "offers", "parcels", "permits", "plans", "points", "preferences", "profiles", "quotes", "rates", "receipts",
    "refunds", "reports", "reservations", "routes", "schedules", "scores", "sessions", "shipments", "slots", "stock",
    "tickets", "vouchers",
)  # fmt: skip
_FLAVOURS = ("", "internal", "partners", "mobile", "batch", "premium", "sandbox", "v2")
_FIRST = ("Asha", "Piet", "Mireille", "Tomasz", "Li", "Oluwaseun", "Søren", "Yuki", "Fatima", "Jürgen", "Ana", "Devi")
_LAST = ("Rao", "de Wit", "Lefèvre", "Nowak", "Chen", "Adeyemi", "Holm", "Sato", "Haddad", "Groß", "Silva", "Novák")


def team_names(rng: Random, count: int) -> list[str]:
    """Give one team to each domain first, then second and third ones."""
    first = rng.sample(DOMAINS, min(count, len(DOMAINS)))
    more = [f"{domain}-{job}" for domain, job in product(DOMAINS, _JOBS)]
    return [*first, *rng.sample(more, count - len(first))]


def api_names(rng: Random, domains: list[str], count: int) -> list[str]:
    return rng.sample([f"{domain}-{noun}" for domain, noun in product(domains, _NOUNS)], count)


def product_names(rng: Random, domains: list[str], count: int) -> list[str]:
    every = product(domains, _NOUNS, _FLAVOURS)
    return rng.sample(["-".join(filter(None, parts)) for parts in every], count)


def person(rng: Random) -> tuple[str, str]:
    return rng.choice(_FIRST), rng.choice(_LAST)


def title(name: str) -> str:
    """Give a name as people say it: `orders-v2` is `Orders v2`."""
    return name.replace("-", " ").capitalize()


def portal_id(rng: Random) -> str:
    """Give an id as Azure makes them for what is clicked in the portal."""
    return f"{rng.getrandbits(96):024x}"


def zipf(count: int, *, flat: float, power: float) -> list[float]:
    """Weigh ranks: a few take most, the rest is a long tail. A larger `flat` blunts the top."""
    return [1 / (rank + flat) ** power for rank in range(1, count + 1)]
