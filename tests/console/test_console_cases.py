"""Queue, thread and what may be done with a case."""

import re
import uuid

import pytest
from sqlalchemy import func, select, update

from bot.db import Database
from bot.handoff import cases
from bot.messages import Button, Inbound, Reply
from bot.messaging import conversations, outbox
from bot.privacy.vault import vault
from bot.tables import AuditRow, Case, Conversation, InboundRow, OutboundRow

FASTER = "Un collègue a été plus rapide"
NOT_YOURS = "Ce n’est pas vous qui répondez"


def test_queue_is_urgent_first_then_longest_waiting(amina, ask):
    first, second, urgent = ask(), ask(form="ary-Latn"), ask(urgency="violence")
    page = amina.get("/").text
    assert [int(n) for n in re.findall(r'<li id="case-(\d+)"', page)] == [urgent, first, second]
    assert "Violence" in page and "Darija, lettres latines" in page and "(1!)" in page and f'data-alarm="{urgent}"' in page


def test_queue_names_who_took_a_case_and_marks_ones_own(amina, brahim, ask):
    amina.post(f"/cases/{ask()}/take")
    assert "À vous" in amina.get("/queue").text
    assert re.search(r"Prise par \S?Amina", brahim.get("/queue").text)


def test_of_two_who_take_one_gets_a_clear_sentence(amina, brahim, ask):
    number = ask()
    won, lost = amina.post(f"/cases/{number}/take"), brahim.post(f"/cases/{number}/take")
    assert won.status_code == 200 and FASTER not in won.text
    assert lost.status_code == 409 and FASTER in lost.text and re.search(r"\S?Amina\S? répond", lost.text)


def test_reply_is_a_row_of_the_person_under_the_new_epoch(amina, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    answer = amina.post(f"/cases/{number}/reply", text="Bonjour, je suis là.")
    row, conversation, body = _last_out(db, number)
    assert (row.actor, row.state, row.epoch, conversation.owner) == ("person", "queued", conversation.epoch, "person")
    assert body["text"] == "Bonjour, je suis là." and answer.history[0].status_code == 303
    assert "Bonjour, je suis là." in answer.text and "en cours d’envoi" in answer.text and "Amina" in answer.text


def test_the_same_form_twice_speaks_once_but_the_same_words_may_be_said_again(amina, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    for _ in range(2):
        amina.post(f"/cases/{number}/reply", text="oui", after="0")
    assert _said(db, number) == 1
    after = re.search(r'name="after" value="(\d+)"', amina.get(f"/cases/{number}").text)
    assert after
    amina.post(f"/cases/{number}/reply", text="oui", after=after.group(1))
    assert _said(db, number) == 2


def test_only_who_took_the_case_speaks_and_typed_words_stay(amina, brahim, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    answer = brahim.post(f"/cases/{number}/reply", text="mes mots")
    assert answer.status_code == 409 and NOT_YOURS in answer.text and "mes mots</textarea>" in answer.text
    assert _said(db, number) == 0


def test_an_empty_reply_is_refused(amina, ask):
    number = ask()
    amina.post(f"/cases/{number}/take")
    answer = amina.post(f"/cases/{number}/reply", text="   ")
    assert answer.status_code == 422 and "La réponse est vide" in answer.text


def test_the_composer_says_why_it_is_off(amina, brahim, ask):
    number = ask()
    before = amina.get(f"/cases/{number}").text
    assert "Prenez la demande pour répondre" in before and re.search(r"<textarea[^>]*disabled", before)
    assert not re.search(r"<textarea[^>]*disabled", amina.post(f"/cases/{number}/take").text)
    assert re.search(r"<textarea[^>]*disabled", brahim.get(f"/cases/{number}").text)


@pytest.mark.parametrize("action, outcome", [("hand-back", "handed_back"), ("close", "no_reply")])
def test_the_end_of_a_case_gives_the_conversation_back(amina, brahim, ask, db: Database, action, outcome):
    number = ask()
    amina.post(f"/cases/{number}/take")
    assert brahim.post(f"/cases/{number}/{action}", outcome=outcome).status_code == 409
    answer = amina.post(f"/cases/{number}/{action}", outcome=outcome)
    row, conversation, _ = _last_out(db, number)
    with db.begin() as session:
        assert (cases.get(session, number).outcome, conversation.owner, row.actor) == (outcome, "bot", "system")
    assert "Cette demande est fermée" in answer.text and f"case-{number}" not in amina.get("/queue").text


def test_forms_without_the_token_change_nothing(amina, brahim, ask, db: Database):
    number = ask()
    for token in ("", "x", brahim.csrf):
        answer = amina.post(f"/cases/{number}/take", csrf=token)
        assert answer.status_code == 403 and "Rechargez-la" in answer.text
    with db.begin() as session:
        assert cases.get(session, number).state == "waiting"
    assert amina.post("/sign-out", csrf="x").status_code == 403


def test_what_people_write_is_never_markup(amina, ask):
    number = ask('<script>alert(1)</script> & "x"')
    page = amina.get(f"/cases/{number}").text
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;x&#34;" in page


def test_the_thread_shows_all_who_spoke_in_order(amina, ask, db: Database):
    number = ask("سلام", "ary-Arab")
    token = _bot_says(db, number, "Choisissez", "Santé")
    _person_sends(db, number, kind="button", token=token)
    _person_sends(db, number, kind="location", latitude=30.42, longitude=-9.6)
    page = amina.get(f"/cases/{number}/thread").text
    spoken = re.findall(r'<article id="\S+" class="bubble (\w+)"', page)
    assert spoken == ["asker", "bot", "asker", "asker"]
    assert page.count("Santé") == 2 and "30.42000, -9.60000" in page and 'dir="rtl" lang="ary-Arab">سلام' in page


def test_words_of_the_bot_that_will_be_dropped_are_not_shown(amina, ask, db: Database):
    number = ask()
    _bot_says(db, number, "trop tard", "x")
    amina.post(f"/cases/{number}/take")
    assert "trop tard" not in amina.get(f"/cases/{number}").text


def test_what_is_said_after_the_end_is_not_shown_to_staff(amina, ask, db: Database):
    number = ask("avant la fin")
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/close", outcome="no_reply")
    _person_sends(db, number, kind="text", text="seulement pour le robot")
    page = amina.get(f"/cases/{number}").text
    assert "avant la fin" in page and "seulement pour le robot" not in page


def test_a_reply_that_could_not_be_delivered_is_said(amina, ask, db: Database):
    number = ask()
    amina.post(f"/cases/{number}/take")
    amina.post(f"/cases/{number}/reply", text="allo")
    with db.begin() as session:
        session.execute(update(OutboundRow).where(OutboundRow.actor == "person").values(state="dead"))
    assert "N’a pas pu être remis" in amina.get(f"/cases/{number}").text


@pytest.mark.parametrize("safe, words", [(False, "pas sûr de lui écrire ici"), (None, "n’a pas dit si"), (True, None)])
def test_staff_are_warned_when_it_is_not_safe_to_write(amina, ask, db: Database, safe, words):
    number = ask(urgency="violence")
    with db.begin() as session:
        session.execute(update(Conversation).values(safe=safe))
    page = amina.get(f"/cases/{number}").text
    assert words in page if words else 'strip warn">La personne' not in page


def test_views_are_audited_and_refreshes_are_not_counted_again(amina, ask, hour_passes, db: Database):
    number = ask()
    amina.get(f"/cases/{number}")
    for _ in range(3):
        amina.get(f"/cases/{number}/thread")
    assert _views(db, number) == 1
    hour_passes()
    amina.get(f"/cases/{number}/thread")
    assert _views(db, number) == 2


@pytest.mark.parametrize("path", ["/cases/999", "/cases/x", "/static/nothing.css", "/static/..%2fapp.py"])
def test_what_does_not_exist_is_a_page_that_says_so(amina, path):
    answer = amina.get(path)
    assert answer.status_code == 404


def _conversation(session, number: int) -> Conversation:
    return conversations.get(session, session.get_one(Case, number).conversation_id)


def _last_out(db: Database, number: int):
    with db.begin() as session:
        conversation = _conversation(session, number)
        row = session.scalars(select(OutboundRow).filter_by(conversation_id=conversation.id).order_by(OutboundRow.id.desc()).limit(1)).one()
        return row, conversation, vault(session).unseal(row.body_sealed)


def _said(db: Database, number: int) -> int:
    with db.begin() as session:
        query = select(func.count()).select_from(OutboundRow).filter_by(conversation_id=_conversation(session, number).id, actor="person")
        return session.scalars(query).one()


def _bot_says(db: Database, number: int, text: str, button: str) -> str:
    with db.begin() as session:
        conversation = _conversation(session, number)
        outbox.add(session, conversation, [Reply(text, "fr", (Button(button, "menu"),))])
    return _last_out(db, number)[2]["buttons"][0]["token"]


def _person_sends(db: Database, number: int, **what) -> None:
    with db.begin() as session:
        conversation = _conversation(session, number)
        body = Inbound("webchat", "p", "a", **what).body()
        session.add(
            InboundRow(
                channel="webchat", provider_id=str(uuid.uuid4()), conversation_id=conversation.id, body_sealed=vault(session).seal(body)
            )
        )


def _views(db: Database, number: int) -> int:
    with db.begin() as session:
        return session.scalars(select(func.count()).select_from(AuditRow).filter_by(action="case.viewed", subject=f"case:{number}")).one()


def test_where_it_is_not_safe_an_answer_needs_a_tick_more(amina, ask, db: Database):
    number = ask()
    with db.begin() as session:
        session.execute(update(Conversation).values(safe=False))
    amina.post(f"/cases/{number}/take")
    page = amina.get(f"/cases/{number}").text
    assert 'name="anyway"' in page and "n’est pas sûr de lui écrire" in page and 'data-when="safe"' in page
    refused = amina.post(f"/cases/{number}/reply", text="allo")
    assert refused.status_code == 422 and ">allo</textarea>" in refused.text and "Cochez" in refused.text
    assert _said(db, number) == 0
    assert amina.post(f"/cases/{number}/reply", text="allo", anyway="1").status_code == 200
    assert _said(db, number) == 1
    assert "checked" not in amina.get(f"/cases/{number}").text.split('id="anyway"')[1].split("</p>")[0], "once for each page"


def test_who_answers_says_that_it_is_safe_again(amina, brahim, ask, db: Database):
    number = ask()
    with db.begin() as session:
        session.execute(update(Conversation).values(safe=False))
    amina.post(f"/cases/{number}/take")
    assert "safe" not in _allowed(brahim.get(f"/cases/{number}").text)
    refused = amina.post(f"/cases/{number}/safe", reason=" ")
    assert refused.status_code == 422 and "Dites comment vous savez" in refused.text
    page = amina.post(f"/cases/{number}/safe", reason="Elle a appelé.").text
    assert "Elle a appelé." in page and 'name="anyway"' not in page and "safe" not in _allowed(page)


def _allowed(page: str) -> list[str]:
    found = re.search('data-allowed="([^"]*)"', page)
    assert found
    return found.group(1).split()
