"""The conversation page: reading aid, places, long threads, the window of WhatsApp, earlier cases, safety."""

import re
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, update

from bot.db import Database
from bot.handoff import after as after_case
from bot.handoff import cases
from bot.handoff.thread import LATEST
from bot.messages import Inbound
from bot.privacy.vault import Vault, vault
from bot.tables import Case, Conversation, InboundRow, OutboundRow, Staff
from tests.console.case_pages import actions, rows, typed

CLOSED = "n’accepte pas de réponse pour le moment"
NUDGE = "Lui dire qu’une réponse l’attend"
MAP = "https://www.openstreetmap.org/"


def disabled(page: str) -> bool:
    return bool(re.search(r'<textarea id="text"[^>]*disabled', page))


def says(db: Database, number: int, **what: object) -> None:
    """The person of this case sends something that is worked on already."""
    form = str(what.pop("form", "fr"))
    with db.begin() as session:
        body = vault(session).seal(Inbound("webchat", "p", "a", **{"kind": "text", **what}).body())  # type: ignore[arg-type]
        row = {"channel": "webchat", "provider_id": str(uuid.uuid4()), "body_sealed": body, "form": form, "state": "done"}
        session.execute(insert(InboundRow).values(conversation_id=cases.get(session, number).conversation_id, **row))


# --- The thread


def test_the_written_form_of_each_message_is_named(amina, ask, db: Database):
    number = ask()
    says(db, number, text="Salam", form="ary-Latn")
    says(db, number, text="bonjour", form="fr")
    page = amina.get(f"/cases/{number}").text
    assert re.findall(r'<span class="form">([^<]+)</span>', page) == ["Français", "Darija, lettres latines", "Français"]


@pytest.mark.parametrize(
    "text, form, label, other",
    [
        ("bghit tbib", "ary-Latn", "En lettres arabes", "بغيت تبيب"),
        ("بغيت طبيب", "ary-Arab", "En lettres latines", "bghit tbib"),
    ],
)
def test_darija_has_a_reading_aid_that_says_what_it_is(amina, ask, db: Database, text, form, label, other):
    number = ask()
    says(db, number, text=text, form=form)
    aid = amina.get(f"/cases/{number}").text.split('<details class="aid">')[1].split("</details>")[0]
    assert label in aid and re.sub("</?bdi>", "", aid).find(other) > 0 and "automatiquement" in aid


def test_other_forms_have_no_reading_aid(amina, ask, db: Database):
    number = ask()
    for form in ("fr", "en", "ar"):
        says(db, number, text="bonjour سلام", form=form)
    assert 'class="aid"' not in amina.get(f"/cases/{number}").text


def test_numbers_in_arabic_are_isolated_and_nothing_is_markup(amina, ask, db: Database):
    number = ask()
    says(db, number, text="عيط <b>ل</b> 06 12 34 56 78", form="ary-Arab")
    page = amina.get(f"/cases/{number}").text
    assert '<bdi class="figure-in">06 12 34 56 78</bdi>' in page and "<b>" not in page and "&lt;" in page


def test_a_place_is_a_link_that_loads_nothing(amina, ask, db: Database):
    number = ask()
    says(db, number, kind="location", latitude=30.42, longitude=-9.6)
    page = amina.get(f"/cases/{number}").text
    link = f'<a href="{MAP}?mlat=30.42000&amp;mlon=-9.60000#map=17/30.42000/-9.60000" target="_blank" rel="noopener noreferrer">'
    assert link in page and '<a href="geo:30.42000,-9.60000">' in page and "30.42000, -9.60000" in page
    assert not re.search(r"<(?!a\s)[^>]*https?://", page)


def fill(db: Database, number: int, times: int) -> None:
    with db.begin() as session:
        start, conversation_id = datetime(2026, 3, 1, 8, tzinfo=timezone.utc), cases.get(session, number).conversation_id
        many = [
            {
                "channel": "webchat",
                "provider_id": str(uuid.uuid4()),
                "conversation_id": conversation_id,
                "state": "done",
                "body_sealed": vault(session).seal({"kind": "text", "text": f"message {n}."}),
                "received_at": start + timedelta(minutes=n),
            }
            for n in range(times)
        ]
        session.execute(insert(InboundRow), many)


def test_a_long_thread_opens_with_the_newest_and_leads_to_the_older(amina, ask, db: Database, monkeypatch: pytest.MonkeyPatch):
    number = ask()
    fill(db, number, 2 * LATEST)
    opened: list[bytes] = []
    unseal = Vault.unseal
    monkeypatch.setattr(Vault, "unseal", lambda self, sealed: opened.append(sealed) or unseal(self, sealed))
    page = amina.get(f"/cases/{number}").text
    assert page.count("<article") == LATEST and len(opened) < LATEST + 20 and 'id="newest"' not in page
    seen: set[str] = set()
    while True:
        seen.update(re.findall(r'<article id="([^"]+)"', page))
        more = re.search(r'<a id="earlier" href="/console([^"]+)"', page)
        if more is None:
            break
        page = amina.get(more.group(1)).text
        assert 'id="newest"' in page and "data-events" not in page
    assert len(seen) == 2 * LATEST + 1


@pytest.mark.parametrize("before", ["yesterday", "2026-03-01T08:00:00", "9" * 30, ""])
def test_a_time_that_is_none_is_refused(amina, ask, before):
    assert amina.get(f"/cases/{ask()}", params={"before": before}).status_code == 404


# --- The window


def on_whatsapp(db: Database, number: int, ago: timedelta) -> None:
    with db.begin() as session:
        mine = Conversation.id == cases.get(session, number).conversation_id
        at = datetime.now(timezone.utc) - ago
        session.execute(update(Conversation).where(mine).values(channel="whatsapp", last_inbound_at=at, nudged_at=None))


def test_the_head_says_how_long_the_window_is_open(amina, taken, db: Database):
    assert "window-left" not in amina.get(f"/cases/{taken}").text
    on_whatsapp(db, taken, timedelta(hours=20, minutes=47, seconds=30))
    page = amina.get(f"/cases/{taken}").text
    assert re.search(r"la fenêtre se ferme dans \S?3\sh 12\smin", page) and not disabled(page)


def test_behind_a_closed_window_the_composer_says_why_and_nothing_is_sent(amina, taken, db: Database):
    on_whatsapp(db, taken, timedelta(hours=25))
    page = amina.get(f"/cases/{taken}").text
    assert disabled(page) and CLOSED in page and 'data-may-reply="no"' in page and NUDGE in page
    before = rows(db)
    answer = amina.post(f"/cases/{taken}/reply", text="mes mots")
    assert answer.status_code == 422 and "Rien n’a été envoyé" in answer.text and typed(answer.text) == "mes mots"
    assert rows(db) == before


def test_the_person_is_told_once_and_the_page_says_so(amina, taken, db: Database):
    on_whatsapp(db, taken, timedelta(hours=25))
    for _ in range(2):
        page = amina.post(f"/cases/{taken}/nudge").text
        assert "en cours d’envoi" in page and NUDGE not in page
    with db.begin() as session:
        row = session.scalars(select(OutboundRow).filter_by(template="answer_waits")).one()
        row.state, row.sent_at = "sent", datetime.now(timezone.utc)
    assert "La personne sait qu’une réponse l’attend" in amina.get(f"/cases/{taken}").text
    assert actions(db, taken).count("case.nudged") == 1
    with db.begin() as session:
        session.execute(update(OutboundRow).filter_by(template="answer_waits").values(state="dead", error="no template"))
    assert "n’a pas pu être remis" in amina.get(f"/cases/{taken}").text


def test_only_who_answers_tells_the_person_and_only_when_it_is_needed(amina, brahim, taken, db: Database):
    assert amina.post(f"/cases/{taken}/nudge").status_code == 409
    on_whatsapp(db, taken, timedelta(hours=25))
    assert NUDGE not in brahim.get(f"/cases/{taken}").text
    assert brahim.post(f"/cases/{taken}/nudge").status_code == 409
    with db.begin() as session:
        assert session.scalars(select(OutboundRow).filter_by(template="answer_waits")).all() == []


def test_when_the_person_writes_the_composer_is_back(amina, taken, db: Database):
    on_whatsapp(db, taken, timedelta(hours=25))
    amina.post(f"/cases/{taken}/nudge")
    on_whatsapp(db, taken, timedelta(0))
    page = amina.get(f"/cases/{taken}/thread").text
    assert 'data-may-reply="yes"' in page and CLOSED not in page


# --- Earlier cases, safety, titles


def test_earlier_cases_are_listed_with_how_they_ended(amina, brahim, taken, db: Database):
    with db.begin() as session:
        case = cases.get(session, taken)
        case.state, case.outcome, case.topics, case.closed_at = "closed", "answered", ["health"], datetime.now(timezone.utc)
        conversation = session.get_one(Conversation, case.conversation_id)
        second = cases.open_case(session, conversation, "asked").id
    listed = brahim.get(f"/cases/{second}").text.split('id="beside-before"')[1].split("</section>")[0]
    assert f'href="/console/cases/{taken}"' in listed and "Amina" in listed and "Santé" in listed
    first = amina.get(f"/cases/{taken}").text
    assert disabled(first) and "Demandes précédentes" not in first and actions(db, taken).count("case.viewed") >= 1


@pytest.mark.parametrize("safe, warned", [(False, True), (None, True), (True, False)])
def test_beside_the_button_it_says_that_it_is_not_safe_to_write(amina, ask, db: Database, safe, warned):
    number = ask(urgency="violence")
    with db.begin() as session:
        session.execute(update(Conversation).values(safe=safe))
    for path in (f"/cases/{number}", f"/cases/{number}/thread"):
        page = amina.get(path).text
        found = re.search(r'<p id="write-safely" data-part class="safely">(.*?)</p>', page)
        assert found and ("ne nommez pas le sujet" in found.group(1)) is warned


def test_the_title_of_a_page_names_no_topic(amina, ask):
    number = ask(urgency="violence")
    for path in ("/", f"/cases/{number}", "/mentions"):
        title = re.search(r"<title>(.*?)</title>", amina.get(path).text, re.DOTALL)
        assert title and "iolence" not in title.group(1)


def test_what_is_typed_stands_in_no_part_that_is_replaced(amina, taken):
    """sync.js replaces parts: a field in one of them would lose its words."""
    page = amina.get(f"/cases/{taken}/thread").text
    assert "<textarea" not in page


def test_what_happened_to_a_case_stands_in_its_thread_with_who_and_why(amina, brahim, enter, taken, db: Database):
    with db.begin() as session:
        names = {person.name: str(person.id) for person in session.scalars(select(Staff))}
    amina.post(f"/cases/{taken}/transfer", to=names["Brahim"], held_by=names["Amina"], reason="Il parle tamazight.")
    brahim.post(f"/cases/{taken}/close", outcome="answered")
    with db.begin() as session:
        case = session.get_one(Case, taken)
        after_case.answered(session, session.get_one(Conversation, case.conversation_id), taken, 2)
    page = brahim.get(f"/cases/{taken}").text
    shown = [
        re.sub(r"\s+|[\u2068\u2069]", " ", re.sub("<[^>]+>", "", line)) for line in re.findall(r'class="event">(.*?)<time', page, re.S)
    ]
    told = [" ".join(line.replace("\xa0", " ").split()) for line in shown]
    assert told[-4:] == [
        "Prise par Amina",
        "Transmise à Brahim par Amina Il parle tamazight.",
        "Fermée par Brahim : La personne a eu sa réponse",
        "Cela a-t-il aidé ? En partie",
    ]
    assert page.count("Il parle tamazight.") == 1, "the reason stands in the line, not once more as a note"
