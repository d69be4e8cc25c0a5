"""What is typed on pages that keep nothing in the browser is not lost with the sign-in; whose page it is stands on it."""

import re

import pytest
from sqlalchemy import delete, select

from bot.db import Database
from bot.tables import Staff, StaffSession


@pytest.mark.parametrize("path", ["/content/new", "/unanswered/1/entry"])
def test_the_title_of_a_new_answer_is_shown_to_who_was_signed_out(editor, db: Database, path: str):
    with db.begin() as session:
        session.execute(delete(StaffSession))
    answer = editor.client.post(f"/console{path}", data={"csrf": editor.csrf, "title": "Trouver une crèche", "topic": "schooling"})
    assert answer.status_code == 401
    assert re.search(r'<textarea id="lost"[^>]*>Trouver une crèche</textarea>', answer.text)


def test_a_page_says_to_the_scripts_whose_it_is(editor, db: Database):
    with db.begin() as session:
        mine = session.scalars(select(Staff.id).filter_by(name="Zineb")).one()
    assert f'<body class="in" data-account="{mine}"' in editor.get("/content").text
