"""The tools of the assistant, each one question in and its answer out; their words here are what a model reads."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from reconciler.asking import Answers, Asked, ask
from reconciler.assist.describing import AboutApi, Part, describe
from reconciler.assist.drafting import Draft, Judged, draft, judge
from reconciler.assist.ending import Ends, ending
from reconciler.assist.finding import Found, find
from reconciler.assist.owning import AboutProduct, AboutTeam, about_product, about_team
from reconciler.assist.planned import Explained, explain_plan
from reconciler.assist.question import NoAnswer
from reconciler.assist.text import Answer
from reconciler.assist.world import World

Propose = Callable[[Asked, Answers], int]
Environment = Annotated[str | None, Field(description="Only this environment. Default: all.")]
Page = Annotated[int, Field(description="Of a list that is long.")]
TeamName = Annotated[str, Field(description="The team that asks: the name of its folder.")]
ProductName = Annotated[str, Field(description="What it asks for.")]
Environments = Annotated[list[str], Field(description="Where.")]
Reason = Annotated[str, Field(description="Why, in a sentence that the owner understands, in the asker's own words.")]
Key = Annotated[bool, Field(description="A key: calls with it go through.")]
Portal = Annotated[bool, Field(description="See the product in the developer portal, and subscribe there.")]
Expires = Annotated[str | None, Field(description="The last day, YYYY-MM-DD. Default: the latest that is allowed.")]
Component = Annotated[str | None, Field(description="Who calls: tells two callers of a team apart.")]
By = Annotated[str | None, Field(description="The GitHub login of the person who asks.")]


class Opened(Answer):
    """A pull request that waits for its owner."""

    pull_request: int
    title: str
    decides: str


class Tools:
    """The questions. `world` gives what is known now: it reads files again where they have changed."""

    def __init__(self, world: Callable[[], World], propose: Propose | None) -> None:
        self._world, self._propose = world, propose

    @property
    def that_read(self) -> tuple[Callable[..., Answer], ...]:
        """All that change nothing."""
        return (
            *(self.find_api, self.api, self.product, self.team, self.expiring),
            *(self.explain_plan, self.draft_request, self.who_must_approve),
        )

    def find_api(
        self,
        words: Annotated[str, Field(description="What it is about, as people say it.")],
        limit: Annotated[int, Field(description="How many, at most 20.")] = 10,
    ) -> Found:
        """Find APIs and products by words: names, ids, descriptions, systems, operations and owners, best first."""
        return find(self._world(), words, limit)

    def api(
        self,
        name: Annotated[str, Field(description="As find_api names it, or its id in any environment.")],
        environment: Environment = None,
        part: Annotated[Part, Field(description="`overview`: all but the definition.")] = "overview",
        operation: Annotated[str | None, Field(description="The name of one operation, to read it in full.")] = None,
        page: Page = 1,
    ) -> AboutApi:
        """Tell of one API: endpoints, owner, products, who uses it and until when, and how to get access to it.

        Its definition comes in parts: part=operations is the table, operation=NAME one of them in full, and
        part=definition the text, page by page.
        """
        return describe(self._world(), name, environment, part=part, operation=operation, page=page)

    def product(
        self,
        name: Annotated[str, Field(description="The product's name.")],
        environment: Environment = None,
        page: Page = 1,
    ) -> AboutProduct:
        """Tell of one product: its APIs, owner, tiers, who uses it and until when, and how to get access to it."""
        return about_product(self._world(), name, environment, page)

    def team(
        self,
        name: Annotated[str, Field(description="The name of the team's folder.")],
        environment: Environment = None,
        page: Page = 1,
    ) -> AboutTeam:
        """Tell of one team: how it is reached, the APIs and products it owns, and what it can reach until when."""
        return about_team(self._world(), name, environment, page)

    def expiring(
        self,
        days: Annotated[int, Field(description="From today, at most 366.")] = 30,
        team: Annotated[str | None, Field(description="Only of this team.")] = None,
        page: Page = 1,
    ) -> Ends:
        """List the access that ends within some days, team by team, and how it is renewed."""
        return ending(self._world(), days, team, page)

    def explain_plan(
        self,
        plan: Annotated[
            dict[str, Any] | str, Field(description="What `reconciler plan --format json` printed, whole.")
        ],
    ) -> Explained:
        """Put a plan into words: who gains and loses access, what changes, and what in it is risky."""
        return explain_plan(plan)

    def draft_request(
        self,
        *,
        team: TeamName,
        product: ProductName,
        environments: Environments,
        reason: Reason,
        key: Key = True,
        portal: Portal = False,
        expires: Expires = None,
        component: Component = None,
        requested_by: By = None,
    ) -> Draft:
        """Draft a request for access, or renew one: a patch of one file, warnings, and who decides. Writes nothing.

        Ask the person for the reason and for what else is not known; do not make it up.
        """
        answers = Answers(
            team=team,
            product=product,
            environments=tuple(environments),
            key=key,
            portal=portal,
            reason=reason,
            expires=expires,
            component=component,
            requested_by=requested_by,
        )
        return draft(self._world(), answers)

    def who_must_approve(
        self,
        changes: Annotated[
            dict[str, str | None],
            Field(description="The whole text of each changed file by its path; null for one that is deleted."),
        ],
    ) -> Judged:
        """Say whether changed files are valid, and who would have to approve them. Writes nothing."""
        return judge(self._world(), changes)

    def open_request(
        self,
        *,
        team: TeamName,
        product: ProductName,
        environments: Environments,
        reason: Reason,
        key: Key = True,
        portal: Portal = False,
        expires: Expires = None,
        component: Component = None,
        requested_by: By = None,
    ) -> Opened:
        """Open a pull request with what draft_request gives, after the person has seen the draft and agreed.

        It gives nobody access: the owner decides about it, and a merge is applied.
        """
        answers = Answers(
            team=team,
            product=product,
            environments=tuple(environments),
            key=key,
            portal=portal,
            reason=reason,
            expires=expires,
            component=component,
            requested_by=requested_by,
        )
        return self._opened(answers)

    def _opened(self, answers: Answers) -> Opened:
        if self._propose is None:
            raise NoAnswer("This server only drafts: start it with --propose.")
        world = self._world()
        asked = ask(answers, world.files, world.day)
        return Opened(pull_request=self._propose(asked, answers), title=asked.title, decides=asked.owner)
