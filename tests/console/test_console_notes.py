"""Notes between colleagues: marked as internal, read by who is named in them, and only in their team."""

import re

import pytest
from sqlalchemy import func, select, update

from bot.db import Database
from bot.errors import Refused
from bot.handoff import cases, notes
from bot.tables import Case, Note, Staff, Team
from tests.console.case_pages import actions, rows


def test_a_note_is_marked_as_internal_and_is_not_sent(amina, brahim, taken, db: Database):
    before = rows(db)
    page = brahim.post(f"/cases/{taken}/note", text="Elle préfère l’après-midi <b>").text
    bubble = page.split('class="bubble note"')[1].split("</article>")[0]
    assert "Note interne" in bubble and "Brahim" in bubble and "l’après-midi &lt;b&gt;" in bubble
    assert rows(db) == before and "case.noted" in actions(db, taken)


def test_an_empty_note_is_refused_and_a_long_one_is_cut(amina, taken, db: Database):
    answer = amina.post(f"/cases/{taken}/note", text="  ")
    assert answer.status_code == 422 and "La note est vide" in answer.text
    amina.post(f"/cases/{taken}/note", text="x" * 5000)
    with db.begin() as session:
        assert [len(note.text) for note in notes.of_case(session, cases.get(session, taken))] == [notes.LONGEST]


def test_a_refused_note_is_open_with_its_words(amina, taken, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise Refused("note.empty")

    monkeypatch.setattr(notes, "add", refuse)
    page = amina.post(f"/cases/{taken}/note", text="ma note").text
    assert re.search(r'id="open-note" type="radio"[^>]* checked', page) and ">ma note</textarea>" in page


def test_who_is_named_finds_it_until_the_case_is_opened(amina, brahim, taken):
    amina.post(f"/cases/{taken}/note", text="@Brahim regarde 06 12")
    assert "Prévenu(s) : \u2068Brahim\u2069" in amina.get(f"/cases/{taken}").text
    assert re.search(r'id="mentions" data-part><span class="tag red">\S?1\S? à lire', brahim.get("/").text)
    assert 'id="mentions" data-part></span>' in amina.get("/").text
    page = brahim.get("/mentions").text
    assert "@Brahim regarde" in page and f'href="/console/cases/{taken}#note-1"' in page and "Nouveau" in page
    brahim.get(f"/cases/{taken}/thread")
    assert ">Nouveau<" in brahim.get("/mentions").text
    assert "à lire" not in brahim.get(f"/cases/{taken}").text
    assert ">Nouveau<" not in brahim.get("/mentions").text and "@Brahim regarde" in brahim.get("/mentions").text


def test_the_count_comes_with_the_fragments(amina, brahim, taken):
    amina.post(f"/cases/{taken}/note", text="@Brahim")
    for path in ("/queue", f"/cases/{taken}/thread"):
        assert "à lire" in brahim.get(path).text


def test_names_to_mention_are_those_of_colleagues_who_see_the_case(amina, brahim, editor, taken):
    names = re.findall(r'<li id="mentionable-\d+"[^>]*>([^<]+)<', amina.get(f"/cases/{taken}").text)
    assert names == ["Brahim"]


def test_notes_of_another_team_are_out_of_reach(amina, brahim, taken, db: Database):
    amina.post(f"/cases/{taken}/note", text="@Brahim secret")
    with db.begin() as session:
        team = Team(name="elsewhere")
        session.add(team)
        session.flush()
        session.execute(update(Staff).filter_by(name="Brahim").values(team_id=team.id))
    assert brahim.post(f"/cases/{taken}/note", text="a").status_code == 404
    assert "secret" not in brahim.get("/mentions").text and "à lire" not in brahim.get("/").text
    with db.begin() as session:
        assert len(session.scalars(select(Note)).all()) == 1


def test_a_closed_case_takes_notes(amina, taken, db: Database):
    with db.begin() as session:
        session.execute(update(Case).values(state="closed", outcome="answered", closed_at=func.clock_timestamp()))
    assert "la suite" in amina.post(f"/cases/{taken}/note", text="la suite").text
