"""Referrals, the sheet, the phone number and the summary, as a caseworker uses them."""

import re
import uuid
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import func, select, update

from bot.db import Database
from bot.handoff import cases, referrals
from bot.messages import Inbound
from bot.messaging import conversations, inbox
from bot.privacy.vault import vault
from bot.settings import ROOT, Settings
from bot.tables import AuditRow, Case, Conversation, EntryRow, Note, Organization, OutboundRow, Referral, Service, Staff, Team
from tests.console.conftest import Browser, Enter

PHONE = "+212600112233"
FIELDS = {"share": "name", "name": "Awa <b>", "place": "inezgane", "note": ""}
EMPTY: dict[str, object] = {"offers": {}, "audience": {}, "warnings": {}, "languages": [], "covers": [], "sources": []}


@pytest.fixture
def settings() -> Settings:
    """The texts and names that people read."""
    return Settings(data_dir=ROOT / "data")


@pytest.fixture
def directory(db: Database) -> None:
    titles = {"fr": "Soins gratuits", "en": "Free care", "ar": "علاج مجاني", "ary-Arab": "الدوا فابور", "ary-Latn": "Dwa fabor"}
    open_place = {"town": "inezgane", "town_name": "Inezgane", "address": "7, rue des Orangers", "hours": "Mo-Fr 09:00-16:00"}
    hidden = {"hidden_place": True, "address": "3, rue cachée", "town_name": "Tiznit"}
    with db.begin() as session:
        session.add(EntryRow(id="health_free", topic="health", body={"titles": titles}, seed_hash=""))
        for name, more in (("open", open_place), ("hidden", hidden)):
            session.add(Organization(id=f"org-{name}", names={"fr": "Association Entraide"}))
            session.flush()
            names, phones = {"fr": f"Foyer {name}", "ar": "مأوى"}, [{"number": "0528112233", "kind": "voice", "note": ""}]
            known = {**EMPTY, "audience": {"fr": "Femmes", "ar": "نساء"}, **more}
            session.add(
                Service(
                    id=name,
                    organization_id=f"org-{name}",
                    categories=["shelter_food"],
                    names=names,
                    phones=phones,
                    verified="partly",
                    **known,
                )
            )


@pytest.fixture
def number(amina: Browser, ask: Callable[..., int], directory: None) -> int:
    """A case that Amina has."""
    found = ask()
    amina.post(f"/cases/{found}/take")
    return found


@pytest.fixture
def supervisor(enter: Enter) -> Browser:
    return enter("Nadia", "supervisor")


def refer(browser: Browser, number: int, service: str = "open", **changed: str) -> str:
    """Tick, read, send: as the page is used. What the last page says."""
    fields = {**FIELDS, **changed}
    page = browser.post(f"/cases/{number}/refer/{service}", **{**fields, "do": "preview"}).text
    found = re.search(r'name="read" value="([^"]*)"', page)
    return browser.post(
        f"/cases/{number}/refer/{service}", **{"do": "ask", **fields, "read": unescape(found.group(1)) if found else ""}
    ).text


def only(db: Database) -> Referral:
    with db.begin() as session:
        return session.scalars(select(Referral)).one()


def answered(db: Database, yes: bool) -> None:
    with db.begin() as session:
        row, conversation = session.scalars(select(Referral)).one(), session.scalars(select(Conversation)).one()
        referrals.answer(session, conversation, row.id, yes)


def last_said(db: Database) -> str:
    with db.begin() as session:
        row = session.scalars(select(OutboundRow).order_by(OutboundRow.id.desc()).limit(1)).one()
        return str(vault(session).unseal(row.body_sealed)["text"])


def actions(db: Database, like: str) -> list[tuple[str, dict[str, object]]]:
    with db.begin() as session:
        return [(r.action, r.data) for r in session.scalars(select(AuditRow).where(AuditRow.action.like(like)).order_by(AuditRow.id))]


def move_out(db: Database, email: str) -> None:
    """This person works in another team from now on."""
    with db.begin() as session:
        session.add(team := Team(name="Others"))
        session.flush()
        session.execute(update(Staff).filter_by(email=email).values(team_id=team.id))


# --- Choosing a service


def test_services_are_found_by_words_kind_and_town_with_what_is_known(amina, number):
    page = amina.get(f"/cases/{number}/refer", params={"q": "foyer", "kind": "shelter_food", "town": "inezgane"}).text
    assert "Foyer open" in page and "Foyer hidden" not in page
    for known in ("Inezgane", "0528112233", "Mo-Fr 09:00-16:00", "vérifié en partie"):
        assert known in page


def test_what_is_not_known_is_called_unknown_and_a_confidential_address_is_not_shown(amina, number):
    page = amina.get(f"/cases/{number}/refer", params={"q": "foyer hidden"}).text
    assert re.search(r"Horaires : \S?inconnu", page) and "Lieu confidentiel" in page and "cachée" not in page
    assert "cachée" not in amina.get(f"/cases/{number}/refer/hidden").text


def test_before_anything_is_asked_for_nothing_is_listed(amina, number):
    page = amina.get(f"/cases/{number}/refer").text
    assert "Foyer" not in page and "Aucun service" not in page
    assert "Aucun service" in amina.get(f"/cases/{number}/refer", params={"q": "xyzzy"}).text


def test_only_who_answers_refers(amina, brahim, number, ask):
    waiting = ask()
    for browser, case in ((brahim, number), (amina, waiting)):
        for answer in (
            browser.get(f"/cases/{case}/refer"),
            browser.get(f"/cases/{case}/refer/open"),
            browser.post(f"/cases/{case}/refer/open", **FIELDS, do="preview"),
            browser.post(f"/cases/{case}/refer/open", **FIELDS, do="ask", read="x"),
        ):
            assert answer.status_code == 403 and "Ce n’est pas vous qui répondez" in answer.text


def test_a_service_that_does_not_exist_is_not_found(amina, number):
    assert amina.get(f"/cases/{number}/refer/gone").status_code == 404
    assert amina.post(f"/cases/{number}/refer/gone", **FIELDS).status_code == 404


# --- Ticking and reading


def test_only_the_language_is_ticked_before_somebody_ticks(amina, number):
    page = amina.get(f"/cases/{number}/refer/open").text
    assert re.findall(r'name="share" value="(\w+)" checked', page) == ["language"] and "La personne lirait" not in page


def test_the_place_that_the_person_told_is_chosen_but_not_ticked(amina, number, db: Database):
    with db.begin() as session:
        session.execute(update(Case).values(place="tiznit", topic="health_free"))
    page = amina.get(f"/cases/{number}/refer/open").text
    assert 'value="tiznit" selected' in page and "Soins gratuits" in page
    assert re.findall(r'name="share" value="(\w+)" checked', page) == ["language"]


def test_the_caseworker_reads_the_message_as_the_person_would(amina, number, db: Database):
    with db.begin() as session:
        session.execute(update(Conversation).values(form="ar"))
        session.execute(update(Case).values(topic="health_free"))
    answer = amina.client.post(
        f"/console/cases/{number}/refer/open",
        data={**FIELDS, "csrf": amina.csrf, "share": ["name", "topic", "place", "language"], "do": "preview"},
    )
    page = unescape(answer.text)
    assert 'lang="ar" dir="rtl"' in page and "علاج مجاني" in page and "إنزكان" in page and "العربية" in page
    assert "&lt;b&gt;" in answer.text and only_none(db)


def only_none(db: Database) -> bool:
    with db.begin() as session:
        return session.scalars(select(Referral)).all() == []


def test_with_nothing_ticked_it_is_said(amina, number, db: Database):
    for do in ("preview", "ask"):
        answer = amina.post(f"/cases/{number}/refer/open", **{**FIELDS, "share": "", "do": do})
        assert answer.status_code == 422 and "Cochez et remplissez" in answer.text
    assert only_none(db)


@pytest.mark.parametrize("changed", [{"name": "Binta"}, {"share": "note", "note": "autre chose"}, {"read": "lu autre part"}])
def test_only_the_text_that_was_read_is_sent(amina, number, db: Database, changed):
    page = amina.post(f"/cases/{number}/refer/open", **FIELDS, do="preview").text
    read = unescape(re.search(r'name="read" value="([^"]*)"', page).group(1))
    answer = amina.post(f"/cases/{number}/refer/open", **{**FIELDS, "do": "ask", "read": read, **changed})
    assert answer.status_code == 409 and "Le texte a changé" in answer.text and only_none(db)


def test_a_browser_that_ends_lines_in_its_own_way_is_understood(amina, number, db: Database):
    page = amina.post(f"/cases/{number}/refer/open", **FIELDS, do="preview").text
    read = unescape(re.search(r'name="read" value="([^"]*)"', page).group(1))
    amina.post(f"/cases/{number}/refer/open", **FIELDS, do="ask", read=read.replace("\n", "\r\n"))
    assert only(db).state == "asked"


def test_the_person_is_asked_and_the_case_shows_it(amina, number, db: Database):
    page = refer(amina, number)
    assert last_said(db).split("\n")[1:2] == ["Prénom : Awa <b>"]
    assert "question posée" in page and "Attendre la réponse" in page and f"/referrals/{only(db).id}" in page


def test_the_same_service_is_not_asked_about_twice(amina, number):
    refer(amina, number)
    assert "déjà en cours" in refer(amina, number)


def test_where_writing_is_not_safe_only_an_agreement_is_noted(amina, number, db: Database):
    with db.begin() as session:
        session.execute(update(Conversation).values(safe=False))
    said = last_said(db)
    page = amina.post(f"/cases/{number}/refer/open", **FIELDS, do="preview").text
    assert 'id="do-ask"' not in page and "pas sûr de lui écrire ici" in page
    assert "pas sûr de lui écrire ici" in refer(amina, number)
    refer(amina, number, do="agreed", how="phone")
    assert only(db).state == "agreed" and last_said(db) == said


@pytest.mark.parametrize(("safe", "warned"), [(None, True), (True, False)])
def test_who_asks_somebody_in_danger_is_warned_until_it_is_known_to_be_safe(amina, number, db: Database, safe, warned):
    with db.begin() as session:
        session.execute(update(Case).values(urgency="violence"))
        session.execute(update(Conversation).values(safe=safe))
    page = amina.post(f"/cases/{number}/refer/open", **FIELDS, do="preview").text
    assert 'id="do-ask"' in page and ("n’a pas dit si" in page) is warned


@pytest.mark.parametrize("how", ["", "x"])
def test_without_saying_how_they_agreed_nobody_is_asked_either(amina, number, db: Database, how):
    said = last_said(db)
    assert "Dites comment" in refer(amina, number, do="agreed", how=how)
    assert only_none(db) and last_said(db) == said


# --- One referral, its steps, the list


def test_the_answer_is_seen_in_the_part_that_is_refreshed(amina, number, db: Database):
    refer(amina, number)
    answered(db, True)
    part = re.search(r'<section id="beside-referral" data-part>.*?</section>', amina.get(f"/cases/{number}/thread").text, re.S)
    assert part and "accord donné" in part.group() and "Imprimer la fiche" in part.group()


def test_each_step_is_noted_with_who_and_when(amina, brahim, number, db: Database):
    refer(amina, number)
    answered(db, True)
    path = f"/referrals/{only(db).id}"
    amina.post(f"{path}/step", was="agreed", to="sent")
    page = brahim.post(f"{path}/step", was="sent", to="accepted").text
    found = re.findall(r"<li><time[^>]*>[^<]+</time>\s*<strong>([^<]+)</strong>\s*<span>(?:<bdi>)?([^<]+)<", page)
    assert found == [
        ("question posée", "Amina"),
        ("accord donné", "Personne"),
        ("transmise", "Amina"),
        ("acceptée par le service", "Brahim"),
    ]


def test_a_step_from_an_old_page_is_refused_and_the_page_is_new(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    path = f"/referrals/{only(db).id}"
    amina.post(f"{path}/step", was="agreed", to="sent")
    answer = amina.post(f"{path}/step", was="agreed", to="withdrawn")
    assert answer.status_code == 409 and "a changé entre-temps" in answer.text and 'id="do-accepted"' in answer.text
    assert only(db).state == "sent"


def test_nothing_is_sent_before_the_person_agreed(amina, number, db: Database):
    refer(amina, number)
    path = f"/referrals/{only(db).id}"
    page = amina.get(path).text
    assert 'id="do-sent"' not in page and 'id="sheet-fr"' not in page and 'id="do-withdrawn"' in page
    assert amina.post(f"{path}/step", was="asked", to="sent").status_code == 409
    assert amina.post(f"{path}/step", was="agreed", to="sent").status_code == 409
    answer = amina.get(f"{path}/sheet")
    assert answer.status_code == 409 and "rien ne s’imprime" in answer.text and "Orangers" not in answer.text


def test_an_agreement_is_noted_with_its_way(amina, brahim, number, db: Database):
    refer(amina, number)
    path = f"/referrals/{only(db).id}"
    assert 'id="do-agreed"' in amina.get(path).text and 'id="do-agreed"' not in brahim.get(path).text
    assert amina.post(f"{path}/agreed", how="").status_code == 422
    assert brahim.post(f"{path}/agreed", how="phone").status_code == 409
    assert "au téléphone" in amina.post(f"{path}/agreed", how="phone").text
    assert actions(db, "referral.agreed") == [("referral.agreed", {"referral": only(db).id, "how": "phone"})]


def test_after_the_case_a_question_without_an_answer_is_over(amina, number, db: Database):
    refer(amina, number)
    amina.post(f"/cases/{number}/hand-back")
    page = amina.get(f"/referrals/{only(db).id}").text
    assert "s’est terminée avant la réponse" in page and 'class="steps"' not in page
    assert "s’est terminée avant la réponse" in amina.get(f"/cases/{number}").text


def test_what_waits_is_listed_for_me_and_for_the_team(amina, brahim, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    entry = f'<li id="referral-{only(db).id}"'
    assert entry in amina.get("/referrals").text and entry not in brahim.get("/referrals").text
    page = brahim.get("/referrals", params={"of": "team"}).text
    assert entry in page and "Amina" in page and "Imprimer la fiche" in page


def test_a_no_after_it_was_sent_stands_out(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    path = f"/referrals/{only(db).id}"
    amina.post(f"{path}/step", was="agreed", to="sent")
    answered(db, False)
    for page in ("/referrals", path, f"/cases/{number}"):
        assert "refus après la transmission" in amina.get(page).text
    assert "Prévenez le service" in amina.get(path).text


def test_another_team_finds_none_of_it(amina, brahim, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    path = f"/referrals/{only(db).id}"
    move_out(db, "brahim@example.org")
    for page in (path, f"{path}/sheet", f"/cases/{number}/refer", f"/cases/{number}/summary"):
        assert brahim.get(page).status_code == 404
    for form in (f"{path}/step", f"{path}/agreed", f"/cases/{number}/number", f"/cases/{number}/refer/open"):
        assert brahim.post(form, was="agreed", to="sent", how="phone", reason="asked").status_code == 404
    assert only(db).state == "agreed" and "referral-" not in brahim.get("/referrals?of=team").text


def test_forms_without_the_token_change_nothing(amina, brahim, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    path = f"/referrals/{only(db).id}"
    for form in (f"{path}/step", f"{path}/agreed", f"/cases/{number}/number", f"/cases/{number}/refer/open"):
        assert amina.post(form, csrf=brahim.csrf, was="agreed", to="sent").status_code == 403
    assert only(db).state == "agreed"


# --- The sheet


def plain(page: str) -> str:
    """The words on the paper, without what only the screen shows."""
    paper = re.sub(r"<nav.*?</nav>", "", page[page.index("<body>") :], flags=re.S)
    return re.sub(r"\s+", " ", re.sub("[\u2066-\u2069\u200f]", "", unescape(re.sub(r"<[^>]+>", " ", paper)))).strip()


def test_the_sheet_says_where_what_and_who_and_nothing_else(amina, number, db: Database):
    amina.client.post(f"/console/cases/{number}/reply", data={"csrf": amina.csrf, "text": "mots privés"})
    refer(amina, number, share="name", do="agreed", how="phone", note="pas coché")
    words = plain(amina.get(f"/referrals/{only(db).id}/sheet").text)
    day = re.escape(re.search(r"Orientation (\d+ \S+ \d{4}) · Demande", words).group(1))
    assert re.fullmatch(
        rf"Orientation {day} · Demande {number} Foyer open Association Entraide Adresse 7, rue des Orangers · Inezgane"
        r" Téléphone 0528112233 Horaires Mo-Fr 09:00-16:00 Pour qui Femmes"
        r" Ce que la personne accepte de dire Prénom : Awa <b> Orientation faite par Amina · Dalil",
        words,
    )


def test_the_sheet_is_in_the_language_of_the_service(amina, number, db: Database):
    refer(amina, number, share="place", do="agreed", how="phone")
    page = amina.get(f"/referrals/{only(db).id}/sheet?lang=ar").text
    assert '<html lang="ar" dir="rtl">' in page and "المدينة: إنزكان" in page and "مأوى" in page and "نساء" in page
    assert '<html lang="fr"' in amina.get(f"/referrals/{only(db).id}/sheet?lang=xx").text


def test_of_a_confidential_place_no_address_is_printed(amina, number, db: Database):
    refer(amina, number, "hidden", do="agreed", how="phone")
    words = plain(amina.get(f"/referrals/{only(db).id}/sheet").text)
    assert "cachée" not in words and "Tiznit" not in words and "Adresse" not in words and "0528112233" in words
    assert "Horaires inconnu" in words


def test_a_sheet_for_a_service_that_is_gone_has_its_name(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    with db.begin() as session:
        session.delete(session.get_one(Organization, "org-open"))
    words = plain(amina.get(f"/referrals/{only(db).id}/sheet").text)
    assert "Foyer open" in words and "Orangers" not in words


def test_who_printed_is_noted(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    amina.get(f"/referrals/{only(db).id}/sheet?lang=ar")
    assert actions(db, "referral.printed") == [("referral.printed", {"referral": only(db).id, "language": "ar"})]


# --- The number


@pytest.fixture
def on_whatsapp(amina: Browser, db: Database) -> int:
    with db.begin() as session:
        inbox.receive(session, Inbound("whatsapp", str(uuid.uuid4()), PHONE, "text", text="bonjour", form="fr"))
        conversation = conversations.by_address(session, "whatsapp", PHONE)
        assert conversation
        number = cases.open_case(session, conversation, "asked").id
    amina.post(f"/cases/{number}/take")
    return number


def test_the_number_is_shown_once_for_a_reason(amina, on_whatsapp, db: Database):
    path = f"/cases/{on_whatsapp}"
    assert PHONE not in amina.get(path).text
    answer = amina.post(f"{path}/number", reason="danger")
    assert f'href="tel:{PHONE}"' in answer.text and answer.headers["cache-control"] == "no-store" and PHONE not in str(answer.url)
    for page in (path, f"{path}/thread", f"{path}/summary"):
        assert PHONE not in amina.get(page).text
    assert actions(db, "case.number%") == [("case.number_revealed", {"reason": "danger"})]


def test_the_script_gets_the_number_alone(amina, on_whatsapp):
    answer = amina.client.post(
        f"/console/cases/{on_whatsapp}/number", data={"csrf": amina.csrf, "reason": "asked"}, headers={"X-Console": "1"}
    )
    assert PHONE in answer.text and "<html" not in answer.text and "data-part" not in answer.text


def test_without_a_reason_it_is_not_shown(amina, on_whatsapp, db: Database):
    for fields in ({}, {"reason": "because"}, {"reason": "other", "words": " "}):
        answer = amina.post(f"/cases/{on_whatsapp}/number", **fields)
        assert answer.status_code == 422 and PHONE not in answer.text and "Choisissez une raison" in answer.text
    assert actions(db, "case.number%") == []
    assert PHONE in amina.post(f"/cases/{on_whatsapp}/number", reason="other", words="à l’hôpital").text
    with db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Note)) == 1


def test_a_colleague_is_refused_and_who_leads_is_not(amina, brahim, supervisor, on_whatsapp):
    answer = brahim.post(f"/cases/{on_whatsapp}/number", reason="danger")
    assert answer.status_code == 409 and PHONE not in answer.text
    assert 'data-may="no"' in brahim.get(f"/cases/{on_whatsapp}").text
    assert 'data-may="yes"' in supervisor.get(f"/cases/{on_whatsapp}").text
    assert PHONE in supervisor.post(f"/cases/{on_whatsapp}/number", reason="danger").text


def test_after_the_case_nobody_sees_it(amina, supervisor, on_whatsapp):
    amina.post(f"/cases/{on_whatsapp}/hand-back")
    for browser in (amina, supervisor):
        assert browser.post(f"/cases/{on_whatsapp}/number", reason="danger").status_code == 409
        assert 'data-may="no"' in browser.get(f"/cases/{on_whatsapp}").text


def test_in_the_web_chat_there_is_none(amina, number):
    assert 'data-may="none"' in amina.get(f"/cases/{number}").text
    assert amina.post(f"/cases/{number}/number", reason="danger").status_code == 404


# --- The summary


def test_the_summary_says_what_is_known_and_calls_the_rest_unknown(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    words = plain(amina.get(f"/cases/{number}/summary").text)
    assert "Ville inconnu" in words and "Lieu cherché inconnu" in words and "Sujet inconnu" in words and "Fermée pas encore" in words
    assert "Foyer open : accord donné" in words.replace("open:", "open :") and "Cela a-t-il aidé ? sans réponse" in words
    assert actions(db, "case.summarized") == [("case.summarized", {})]


def test_the_summary_tells_the_facts_the_people_and_the_end(amina, number, db: Database):
    amina.post(f"/cases/{number}/reply", text="Bonjour")
    amina.post(f"/cases/{number}/note", text="Rappeler lundi.")
    told = {"entry": "health_free", "category": "hospital", "place": "tiznit"}
    with db.begin() as session:
        session.execute(
            update(Case).values(
                facts_sealed=vault(session).seal(told), place="tiznit", urgency="medical", topics=["health"], satisfaction=2
            )
        )
    amina.post(f"/cases/{number}/hand-back")
    words = plain(amina.get(f"/cases/{number}/summary").text)
    for part in (
        "Question Soins gratuits",
        "Lieu cherché Hôpital",
        "Ville Tiznit",
        "Réponses de Amina",
        "Urgence",
        "Canal",
        "Orientations aucune",
        "Notes internes : pas pour la personne",
        "Rappeler lundi.",
    ):
        assert part in words
    beside = amina.get(f"/cases/{number}/thread").text
    assert "Soins gratuits" in beside and "Tiznit" in beside and "Bonjour" not in words


def test_pages_of_paper_keep_to_the_policy(amina, number, db: Database):
    refer(amina, number, do="agreed", how="phone")
    for path in (
        f"/referrals/{only(db).id}/sheet",
        f"/cases/{number}/summary",
        f"/cases/{number}/refer",
        f"/cases/{number}/refer/open",
        "/referrals",
    ):
        answer = amina.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src)|<style|\sstyle=|\son\w+=|https?://", answer.text)
