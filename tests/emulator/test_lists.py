"""Lists: pages, count, nextLink, $filter."""

from urllib.parse import quote

import pytest
from caller import SERVICE, Arm


def planted(arm: Arm, number: int) -> Arm:
    arm.azure.seed(SERVICE, {f"groups/g{index:03}": {"displayName": f"Group {index}"} for index in range(number)})
    return arm


def test_a_page_without_top_has_a_hundred_rows_and_says_how_many_there_are(arm: Arm) -> None:
    page = planted(arm, 101)("GET", "groups").json
    assert (len(page["value"]), page["count"]) == (100, 104)
    assert page["nextLink"] == f"https://localhost:8443{SERVICE}/groups?api-version=2024-05-01&%24skip=100"


def test_the_next_link_keeps_top_and_moves_skip_on_in_azures_spelling(arm: Arm) -> None:
    page = arm("GET", "products", version="", query="$top=1&api-version=2024-05-01").json
    assert page["nextLink"] == f"https://localhost:8443{SERVICE}/products?%24top=1&api-version=2024-05-01&%24skip=1"
    last = arm.follow(page["nextLink"]).json
    assert "nextLink" not in last
    middle = arm("GET", "groups", version="", query="$top=1&$skip=1&api-version=2024-05-01").json
    assert middle["nextLink"].endswith("/groups?%24top=1&api-version=2024-05-01&%24skip=2")
    assert last["count"] == 2


def test_following_next_links_meets_each_row_once(arm: Arm) -> None:
    page = planted(arm, 250)("GET", "groups", query="%24top=7&%24filter=startswith(name,%20'g0')").json
    names = [row["name"] for row in page["value"]]
    while "nextLink" in page:
        page = arm.follow(page["nextLink"]).json
        names += [row["name"] for row in page["value"]]
    assert names == [f"g{index:03}" for index in range(100)]
    assert page["count"] == 100


def test_skip_beyond_the_end_is_an_empty_page(arm: Arm) -> None:
    page = arm("GET", "groups", query="$skip=99").json
    assert page == {"value": [], "count": 3}


@pytest.mark.parametrize("query", ["$top=0", "$top=x", "$top=-1", "$skip=-1", "$skip=1.5"])
def test_a_top_or_skip_that_is_no_such_number_is_refused(arm: Arm, query: str) -> None:
    assert arm("GET", "groups", query=query).status == 400


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("products", "name eq 'Starter'", ["starter"]),
        ("products", "name ne 'starter'", ["unlimited"]),
        ("products", "state eq 'published' and startswith(displayName, 'Un')", ["unlimited"]),
        ("products", "startswith(name,'st') or endswith(name,'ted')", ["starter", "unlimited"]),
        ("products", "not (name eq 'starter')", ["unlimited"]),
        ("products", "substringof('art', name)", ["starter"]),
        ("products", "contains(description, 'it''s')", []),
        ("groups", "contains(properties/displayName, 'GUEST')", ["guests"]),
        ("groups", "name eq 'guests' or name eq 'developers' and displayName eq 'x'", ["guests"]),
        ("groups", "name eq 'x' or name eq 'y' or name eq 'guests'", ["guests"]),
        ("groups", "displayName ne 'x' and name ne 'guests' and name ne 'developers'", ["administrators"]),
        ("groups", "(name eq 'guests' or name eq 'developers') and displayName eq 'Guests'", ["guests"]),
        ("groups", "externalId eq null", ["administrators", "developers", "guests"]),
        ("subscriptions", "endswith(scope, 'starter')", ["5600b59475ff190048070001"]),
        ("subscriptions", "productId eq 'unlimited'", ["5600b59475ff190048070002"]),
        ("subscriptions", "userId eq '1' and name gt '5600b59475ff190048070001'", ["5600b59475ff190048070002"]),
        ("apis", "isCurrent eq true", ["echo-api"]),
        ("users", "registrationDate ge datetime'2020-01-01T00:00:00'", ["1"]),
    ],
)
def test_a_filter_chooses_rows(arm: Arm, path: str, text: str, names: list[str]) -> None:
    page = arm("GET", path, query=f"$filter={quote(text)}")
    assert page.names == names
    assert page.json["count"] == len(names)


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "name eq",
        "name like 'x'",
        "nonsense eq 'x'",
        "name eq 'x' name",
        "(name eq 'x'",
        "contains(name)",
        "%",
        "'x",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(arm: Arm, text: str) -> None:
    assert arm("GET", "products", query=f"$filter={quote(text)}").status == 400
