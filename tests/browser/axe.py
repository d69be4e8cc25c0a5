"""What axe-core finds wrong with a page for people who cannot see it well, or use no mouse."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """Serious and critical findings, each with the elements it is about."""
    found = Axe().run(page).response["violations"]
    return [f"{f['id']}: {node['html'][:160]}" for f in found if f["impact"] in GRAVE for node in f["nodes"]]
