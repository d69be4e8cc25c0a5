"""Days, links and marks as people read them: no raw values of the database."""

import re

from sqlalchemy import update

from bot.db import Database
from bot.tables import EntryRow
from tests.console.conftest import Browser

ENTRY = "school_enrol"


def test_the_day_on_which_it_was_due_is_written_as_elsewhere(desk: Browser) -> None:
    data = {"csrf": desk.csrf, "seen": 1, "lists": "1", "read_on": "2019-01-01", "check_again_on": "2020-01-02"}
    page = desk.client.post(f"/console/content/entry/{ENTRY}/look", data=data, headers={"X-Console": "1"}).text
    faults = re.search(r'id="faults-days".*?</div>', page, re.DOTALL)
    assert faults and "2 jan. 2020" in faults.group() and "2020-01-02" not in faults.group()


def test_after_an_import_a_link_leads_to_the_drafts(desk: Browser) -> None:
    assert 'href="/console/content?view=waiting"' in desk.get("/content/files?done=1").text


def test_an_archived_answer_is_marked_where_something_is_used(desk: Browser, db: Database) -> None:
    with db.begin() as session:
        session.execute(update(EntryRow).values(state="archived"))
        fact = session.get_one(EntryRow, ENTRY).body["facts"][0]
    assert "archivé" in desk.get(f"/directory/used?q={fact}").text.lower()
