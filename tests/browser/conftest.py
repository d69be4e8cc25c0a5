"""One Chromium for all browser tests, pages of people and of caseworkers, and a watch over everything that a page does.

Without the environment variable DALIL_TEST_CHROMIUM the tests are skipped before anything is started.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError, expect, sync_playwright

from bot.db import Database
from bot.settings import Settings
from bot.tables import Staff
from cli.processes import Stack
from tests import story
from tests.story import PASSWORD, Hire

CHROMIUM = os.environ.get("DALIL_TEST_CHROMIUM", "")
QUIET = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
FLAGS = ["--no-sandbox", "--disable-gpu", *QUIET]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1200, "height": 800}}
LONGEST = 30_000  # milliseconds that a page may take to show something


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    without = pytest.mark.skip(reason="no Chromium: DALIL_TEST_CHROMIUM is empty")
    for item in items:
        if not CHROMIUM and item.get_closest_marker("browser"):
            item.add_marker(without)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Ends with the browser tests: while Playwright runs, no asynchronous test can."""
    expect.set_options(timeout=LONGEST)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What no page may do: ask another host, write an error into the console, break its security policy, fail in a script."""

    base: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)  # patterns of what a test brings about on purpose

    def follow(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", self._error)

    def unexpected(self) -> list[str]:
        return [fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self.expected)]

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base}/", "data:", "blob:")):
            self.faults.append(f"asked {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.faults.append(f"{message.text} {message.location['url']}")

    def _error(self, error: WebError) -> None:
        self.faults.append(str(error.error))


@dataclass
class Visitors:
    """Opens pages of the installation, each in a browser profile of its own, all of them watched."""

    browser: Browser
    watch: Watch
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, path: str, options: dict[str, Any]) -> Page:
        context = self.browser.new_context(base_url=self.watch.base, **{"locale": "fr-FR", "timezone_id": "Africa/Casablanca", **options})
        context.set_default_timeout(LONGEST)
        self.contexts.append(context)
        self.watch.follow(context)
        page = context.new_page()
        page.goto(path)
        return page

    def phone(self, path: str, **more: Any) -> Page:
        return self.open(path, {**PHONE, **more})

    def desk(self, path: str, **more: Any) -> Page:
        return self.open(path, {**DESK, **more})

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def watch(installation: tuple[Stack, Settings]) -> Watch:
    return Watch(installation[1].address)


@pytest.fixture
def visitors(chromium: Browser, watch: Watch) -> Iterator[Visitors]:
    found = Visitors(chromium, watch)
    yield found
    found.close()
    assert watch.unexpected() == []


@pytest.fixture
def hire(live: Database) -> Hire:
    """A new member of staff, a caseworker unless said otherwise: no test meets the language or the cases of another one."""
    return partial(story.hire, live)


@pytest.fixture
def sign_in(visitors: Visitors) -> Callable[..., Page]:
    """Through the form, as a person does; then at the path asked for."""

    def enter(person: Staff, path: str = "/console/", **options: Any) -> Page:
        page = visitors.desk(path, **options)
        page.locator("#email").fill(person.email)
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        expect(page.locator(".who .name")).to_have_text(person.name)
        page.wait_for_load_state()  # a click before the script runs sends the form the plain way
        return page

    return enter
