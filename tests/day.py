"""`make day`: a day in one run. Many people write at once and ask for a person; caseworkers answer them in the console, as browsers do.

Real processes, real HTTP. Counted from what each side saw: lost, out of order, taken by two, said by the bot after a claim; and measured
how long it takes until what one browser did is seen in another one.
"""

import argparse
import asyncio
import html
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import func, select

from bot.db import Database
from bot.handoff import cases
from bot.language.forms import FORMS
from bot.messaging import conversations
from bot.settings import settings
from bot.staff import accounts
from bot.tables import AuditRow, Case, OutboundRow
from cli.client import Chat
from cli.demo import apart
from cli.postgres import Embedded
from cli.prepare import fill_database, train
from cli.processes import Stack
from tests.journeys import said

PASSWORD = "a long password for tests"
ASKER = re.compile(r'<article id="in-\d+" class="bubble asker.*?</article>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
WORDS = re.compile(r'<div class="said"[^>]*>(.*?)</div>', re.DOTALL)
Show = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`rounds`: how often a caseworker says two things and hears two. `longest`: seconds until it is given up."""

    people: int = 50
    caseworkers: int = 5
    rounds: int = 3
    longest: float = 600.0


@dataclass
class Figures:
    """`lists`, `threads`: seconds until a claim was seen in the list of another browser, and a message in the thread that was open."""

    people: int = 0
    messages: int = 0
    lost: int = 0
    disordered: int = 0
    two_owners: int = 0
    bot_words: int = 0
    second: int = 0
    lists: list[float] = field(default_factory=list)
    threads: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def good(self) -> bool:
        seen = all(times and statistics.median(times) < 1 for times in (self.lists, self.threads))
        return seen and not (self.lost or self.disordered or self.two_owners or self.bot_words)

    def __str__(self) -> str:
        return (
            f"{self.people} people, {self.messages} messages in {self.seconds:.0f} s: lost {self.lost}, out of order {self.disordered}, "
            f"taken by two {self.two_owners} (second and told so: {self.second}), said by the bot after a claim {self.bot_words}\n"
            f"seen in another browser: a claim {_spread(self.lists)}, a message {_spread(self.threads)}"
        )


def _spread(times: list[float]) -> str:
    ordered = sorted(times) or [float("nan")]
    median, p95 = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
    return f"{1000 * median:.0f} ms (p95 {1000 * p95:.0f} ms, {len(times)} times)"


class Person:
    """Asks for a person, answers each message of a caseworker, until the case is closed."""

    def __init__(self, base: str, number: int) -> None:
        self.chat, self.form, self.case = Chat(base), FORMS[number % len(FORMS)], 0
        self.posted: list[str] = []
        self.at: dict[str, float] = {}

    def ask(self) -> None:
        for words in (said.PERSON[self.form], said.YES[self.form]):
            self.posted.append(words)
            self.chat.say(words)

    def answer(self, ends: float) -> None:
        spoken = False
        while time.monotonic() < ends and not (spoken and self.chat.owner == "bot"):
            for message in self.chat.read(wait=5)[0]:
                if message["from"] == "person":
                    spoken = True
                    self._say(f"{message['text'].split()[0]} d'accord, merci")

    def _say(self, words: str) -> None:
        self.posted.append(words)
        self.at[words] = time.monotonic()
        self.chat.post({"text": words})

    def heard(self) -> list[str]:
        return [message["text"] for message in self.chat.heard if message["from"] == "person"]


@dataclass
class Day:
    """What all know: who waits, which cases are taken and over, when somebody first tried to take which."""

    plan: Plan
    ends: float
    wanted: dict[int, Person] = field(default_factory=dict)
    tried: dict[int, float] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    over: set[int] = field(default_factory=set)
    figures: Figures = field(default_factory=Figures)

    @property
    def going_on(self) -> bool:
        return len(self.over) < self.plan.people and time.monotonic() < self.ends


class Desk:
    """A caseworker with two tabs: the list of who waits, and the case that is answered. Each tab has its event stream open."""

    def __init__(self, base: str, email: str, day: Day) -> None:
        self.http = httpx.AsyncClient(
            base_url=f"{base}/console", timeout=60, headers={"X-Console": "1"}, limits=httpx.Limits(max_connections=9)
        )
        self.day, self.email, self.csrf = day, email, ""
        self.waiting: list[int] = []
        self.gone: set[int] = set()
        self.sent: dict[int, list[str]] = {}
        self.pages: dict[int, str] = {}

    async def work(self) -> None:
        page = await self.http.post("/sign-in", data={"email": self.email, "password": PASSWORD}, follow_redirects=True)
        self.csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
        async with Tab(self.http, ("/events", "/queue?view=waiting"), self._show_list) as tab:
            while self.day.going_on:
                mine = [n for n in self.waiting if n in self.day.wanted and n not in self.day.taken]
                if not mine:
                    await tab.news()
                elif await self._take(mine[0]):
                    await self._talk(mine[0])

    def _show_list(self, page: str) -> None:
        before, self.waiting = set(self.waiting), [int(n) for n in re.findall(r'<li id="case-(\d+)"', page)]
        for number in before - set(self.waiting) - self.gone:
            if number in self.day.tried:
                self.gone.add(number)
                self.day.figures.lists.append(time.monotonic() - self.day.tried[number])

    async def _take(self, number: int) -> bool:
        """Of what one tries to take oneself no time is measured."""
        self.gone.add(number)
        self.day.tried.setdefault(number, time.monotonic())
        answer = await self._post(number, "take")
        if answer.status_code == 409:
            self.day.figures.second += 1
            return False
        answer.raise_for_status()
        self.day.figures.two_owners += number in self.day.taken
        self.day.taken.add(number)
        self.sent[number] = []
        return True

    async def _talk(self, number: int) -> None:
        async with Tab(
            self.http, (f"/events?case={number}", f"/cases/{number}/thread"), lambda page: self._show_thread(number, page)
        ) as tab:
            for turn in range(2 * self.day.plan.rounds):
                await self._reply(number, turn)
                while turn % 2 and not self._answered(number) and self.day.going_on:
                    await tab.news()
        answer = await self._post(number, "close", outcome="answered")
        answer.raise_for_status()
        self.pages[number] = (await self.http.get(f"/cases/{number}")).raise_for_status().text
        self.day.over.add(number)

    async def _reply(self, number: int, turn: int) -> None:
        after = re.findall(r'data-after="(\d+)"', self.pages.get(number, "")) or ["0"]
        words = f"{number}/{turn} Bonjour, je vous lis."
        answer = (await self._post(number, "reply", text=words, after=after[0])).raise_for_status()
        self.sent[number].append(words)
        self._show_thread(number, answer.text)

    def _show_thread(self, number: int, page: str) -> None:
        before = asked(self.pages.get(number, ""))
        self.pages[number], known = page, self.day.wanted[number].at
        fresh = [words for words in asked(page) if words not in before and words in known]
        self.day.figures.threads += [time.monotonic() - known[words] for words in fresh]

    def _answered(self, number: int) -> bool:
        told = {words.split()[0] for words in asked(self.pages[number])}
        return all(words.split()[0] in told for words in self.sent[number])

    async def _post(self, number: int, what: str, **form: str) -> httpx.Response:
        return await self.http.post(f"/cases/{number}/{what}", data={"csrf": self.csrf, **form})


class Tab:
    """An event stream; after each event, and after opening, the fragment is fetched again. What comes meanwhile is asked for together."""

    def __init__(self, http: httpx.AsyncClient, addresses: tuple[str, str], show: Show) -> None:
        self._http, (self._events, self._fragment), self._show = http, addresses, show
        self._told, self._shown = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> "Tab":
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._refresh())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def news(self, seconds: float = 5.0) -> None:
        """Until the fragment was shown again, or some time went by."""
        self._shown.clear()
        broken = next((task for task in self._tasks if task.done()), None)
        if broken:
            broken.result()
        try:
            await asyncio.wait_for(self._shown.wait(), seconds)
        except asyncio.TimeoutError:
            self._told.set()

    async def _listen(self) -> None:
        headers = {"Accept": "text/event-stream"}
        async with self._http.stream("GET", self._events, headers=headers, timeout=None) as stream:
            stream.raise_for_status()
            self._told.set()
            async for line in stream.aiter_lines():
                if line.startswith("event:"):
                    self._told.set()

    async def _refresh(self) -> None:
        while True:
            await self._told.wait()
            self._told.clear()
            self._show((await self._http.get(self._fragment)).raise_for_status().text)
            self._shown.set()


def asked(page: str) -> list[str]:
    """What the person said, as a caseworker reads it."""
    found = (WORDS.search(bubble) for bubble in ASKER.findall(page))
    return [html.unescape(TAG.sub("", words.group(1))) for words in found if words]


def play(base: str, db: Database, plan: Plan) -> Figures:
    """Run the plan against the installation at this address, then count."""
    started = time.monotonic()
    day = Day(plan, started + plan.longest)
    desks = [Desk(base, _hire(db, n), day) for n in range(plan.caseworkers)]
    with ExitStack() as open_until_the_end, ThreadPoolExecutor(plan.people) as crowd:
        people = [Person(base, number) for number in range(plan.people)]
        for person in people:
            open_until_the_end.callback(person.chat.close)
        lives = [crowd.submit(_live, person, db, day) for person in people]
        asyncio.run(_work(desks))
        for life in lives:
            life.result()
    day.figures.seconds = time.monotonic() - started
    return _count(db, day, people, desks)


def _live(person: Person, db: Database, day: Day) -> None:
    person.ask()
    with db.begin() as session:
        conversation = conversations.by_address(session, "webchat", person.chat.token)
        case = cases.current(session, conversation.id) if conversation else None
    assert case, f"{person.form}: asked for a person, and no case was opened"
    person.case = case.id
    day.wanted[case.id] = person
    person.answer(day.ends)


async def _work(desks: list[Desk]) -> None:
    try:
        await asyncio.gather(*(desk.work() for desk in desks))
    finally:
        for desk in desks:
            await desk.http.aclose()


def _hire(db: Database, number: int) -> str:
    email = f"day-{number}-{time.time_ns()}@dalil.local"
    with db.begin() as session:
        accounts.create(session, email, f"Salma {number}", "caseworker", PASSWORD)
    return email


def _count(db: Database, day: Day, people: list[Person], desks: list[Desk]) -> Figures:
    figures = day.figures
    figures.people = len(people)
    for person in people:
        desk = next((desk for desk in desks if person.case in desk.sent), None)
        sent, page = (desk.sent[person.case], desk.pages.get(person.case, "")) if desk else ([], "")
        figures.messages += len(sent) + len(person.posted)
        for wanted, found in ((sent, person.heard()), (person.posted, asked(page))):
            figures.lost += sum((Counter(wanted) - Counter(found)).values())
            figures.disordered += wanted != found
    _count_stored(db, day, figures)
    return figures


def _count_stored(db: Database, day: Day, figures: Figures) -> None:
    """What the database says of the same cases."""
    mine = [f"case:{number}" for number in day.taken]
    claims = select(AuditRow.subject).where(AuditRow.action == "case.taken", AuditRow.subject.in_(mine)).group_by(AuditRow.subject)
    late = select(func.count()).select_from(OutboundRow).join(Case, Case.conversation_id == OutboundRow.conversation_id)
    late = late.where(Case.id.in_(day.taken), OutboundRow.actor == "bot", OutboundRow.state == "sent")
    with db.begin() as session:
        figures.two_owners += len(session.scalars(claims.having(func.count() > 1)).all())
        figures.bot_words = session.scalar(late.where(OutboundRow.sent_at > Case.taken_at, OutboundRow.sent_at < Case.closed_at)) or 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.day", description="Many people, some caseworkers, one day.")
    for name, value in (("people", 50), ("caseworkers", 5), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    plan, config = Plan(**vars(parser.parse_args())), settings()
    train(config, print)
    with tempfile.TemporaryDirectory(prefix="dalil-day-") as folder:
        own = apart(config, Path(folder) / "var")
        with Embedded(own.var_dir / "postgres") as url:
            own = own.model_copy(update={"database_url": url})
            fill_database(own, url, print)
            with Stack(own, url, lambda line: print(line) if "Error" in line else None) as stack, closing(Database.of(own)) as db:
                stack.wait()
                figures = play(own.address, db, plan)
    print(figures)
    return 0 if figures.good() else 1


if __name__ == "__main__":
    raise SystemExit(main())
