"""Staff: who sees whom, links that are passed on, changes of an account, the audit trail, and where each role begins."""

import html
import re

import pytest
from sqlalchemy import func, select, update

from bot.db import Database
from bot.handoff import audit, cases
from bot.settings import Settings
from bot.staff import second_factor
from bot.tables import AuditRow, Invitation, Staff
from console.menu import ITEMS
from tests.console.conftest import Browser, Enter
from tests.story import hire

NEW = "cinq autres mots bien longs"


@pytest.fixture
def settings() -> Settings:
    """With the real content: every page of the menu is opened here."""
    return Settings()


@pytest.fixture
def boss(enter: Enter) -> Browser:
    return enter("Boss", "administrator")


def id_of(db: Database, name: str) -> str:
    with db.begin() as session:
        return str(session.scalars(select(Staff.id).filter_by(name=name)).one())


def row(db: Database, name: str) -> Staff:
    with db.begin() as session:
        return session.scalars(select(Staff).filter_by(name=name)).one()


def invite(browser: Browser, email: str = "omar@example.org", role: str = "caseworker", team: int = 1, name: str = "Omar"):
    return browser.post("/people/invite", email=email, name=name, role=role, team=str(team))


def link(page: str) -> str:
    """The path of the link that is shown."""
    found = re.search(r'id="link"[^>]* value="http://127\.0\.0\.1:8080/console(/invitation/[\w-]+)"', page)
    assert found
    return found.group(1)


# --- The list and invitations


def test_an_administrator_sees_everybody_and_a_supervisor_the_own_team(boss, enter, other_team):
    enter("Far", team_id=other_team)
    lead = enter("Lead", "supervisor")
    assert all(name in boss.get("/people").text for name in ("Amina", "Far", "Juridique"))
    page = lead.get("/people").text
    assert "Amina" in page and "Far" not in page and "Juridique" not in page
    assert 'href="/console/people/' in boss.get("/people").text and "Amina</bdi></a>" in page and "Lead</bdi></a>" not in page


def test_who_is_invited_follows_the_link_and_is_in(boss, visitor, other_team):
    answer = invite(boss, role="editor", team=other_team)
    path = link(answer.text)
    assert "Invités, pas encore arrivés" in boss.get("/people").text
    page = visitor.get(path).text
    assert "Bienvenue" in page and 'value="omar@example.org"' in page and "noindex" in page
    assert visitor.post(path, password=NEW).url.path == "/console/content"
    assert "Invités, pas encore arrivés" not in boss.get("/people").text
    gone = visitor.get(path)
    assert gone.status_code == 403 and "Ce lien ne vaut plus" in gone.text


def test_the_link_leads_to_the_address_of_the_settings_whatever_the_request_says(boss):
    answer = boss.client.post(
        "/console/people/invite",
        data={"csrf": boss.csrf, "email": "o@example.org", "name": "O", "role": "caseworker", "team": "1"},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    assert link(answer.text) and "evil.example" not in answer.text


def test_a_password_that_is_too_weak_leaves_the_link_good(boss, visitor):
    path = link(invite(boss).text)
    answer = visitor.post(path, password="omar omar omar")
    assert answer.status_code == 422 and "contient votre nom" in answer.text and "omar omar omar" not in answer.text
    assert visitor.post(path, password=NEW).url.path == "/console/"


def test_another_site_cannot_follow_a_link_for_somebody(boss, visitor):
    path = link(invite(boss).text)
    answer = visitor.client.post(f"/console{path}", data={"password": NEW}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403 and "dalil_console" not in visitor.client.cookies


def test_who_follows_a_link_is_signed_in_as_the_new_account_only(boss, amina, visitor):
    before = amina.client.cookies["dalil_console"]
    amina.post(link(invite(boss).text), password=NEW)
    assert "Omar" in amina.get("/account").text
    visitor.client.cookies.set("dalil_console", before, path="/console")
    assert visitor.get("/account", follow_redirects=False).status_code == 303


def test_what_is_wrong_with_an_invitation_is_said_and_what_was_typed_stays(boss, db: Database):
    answer = invite(boss, email="amina@example.org", name='O"mar', role="supervisor")
    assert answer.status_code == 422 and "existe déjà" in answer.text and 'value="O&#34;mar"' in answer.text
    assert '<option value="supervisor" selected' in answer.text and 'value="amina@example.org"' in answer.text
    with db.begin() as session:
        assert session.scalars(select(Invitation)).all() == []


def test_a_supervisor_invites_caseworkers_of_the_own_team_only(enter, other_team, db: Database):
    lead = enter("Lead", "supervisor")
    page = lead.get("/people").text
    assert re.findall(r'<option value="(\w+)"', page) == ["caseworker", "1"]
    assert link(invite(lead).text)
    for role, team in (("administrator", 1), ("caseworker", other_team)):
        assert "pas accès" in invite(lead, "x@example.org", role, team).text
    with db.begin() as session:
        assert session.scalars(select(func.count()).select_from(Invitation)).one() == 1


def test_an_invitation_is_withdrawn(boss, enter, other_team, visitor):
    lead, path = enter("Lead", "supervisor"), link(invite(boss, team=other_team).text)
    address = re.search(r'action="/console(/people/invitations/\w+/withdraw)"', boss.get("/people").text)
    assert address and lead.post(address.group(1)).status_code == 404 and visitor.get(path).status_code == 200
    assert "Enregistré" in boss.post(address.group(1)).text and visitor.get(path).status_code == 403


# --- One account


def test_role_and_team_are_changed_and_count_at_once(boss, amina, other_team, db: Database, ask):
    number, path = ask(), f"/people/{id_of(db, 'Amina')}"
    amina.post(f"/cases/{number}/take")
    assert "Enregistré" in boss.post(path, role="caseworker", team=str(other_team)).text
    assert amina.get(f"/cases/{number}").status_code == 404
    with db.begin() as session:
        assert cases.get(session, number).state == "waiting"
    boss.post(path, role="editor", team="1")
    assert amina.get(f"/cases/{number}").status_code == 403 and row(db, "Amina").role == "editor"


def test_who_ends_work_is_signed_out(boss, amina, db: Database):
    path = f"/people/{id_of(db, 'Amina')}"
    assert "Ne travaille plus ici" in boss.post(f"{path}/deactivate").text
    assert amina.get("/", follow_redirects=False).status_code == 303 and amina.sign_in("amina@example.org").status_code == 403
    boss.post(f"{path}/activate")
    assert amina.sign_in("amina@example.org").status_code == 200


def test_nobody_ends_the_own_account_or_role(boss, db: Database):
    path = f"/people/{id_of(db, 'Boss')}"
    assert "propre rôle" in boss.post(path, role="editor", team="1").text
    assert "propre compte" in boss.post(f"{path}/deactivate").text
    page = boss.get(path).text
    assert "do-deactivate" not in page and 'id="deactivate"' not in page and row(db, "Boss").active


def test_a_link_for_a_new_password(boss, amina, visitor, db: Database):
    path = link(boss.post(f"/people/{id_of(db, 'Amina')}/password-link").text)
    assert amina.get("/", follow_redirects=False).status_code == 200
    assert "Choisissez un nouveau mot de passe" in visitor.get(path).text
    assert visitor.post(path, password=NEW).url.path == "/console/"
    assert amina.get("/", follow_redirects=False).status_code == 303


def test_a_locked_account_is_shown_and_opened(boss, visitor, db: Database):
    for _ in range(5):
        visitor.sign_in("amina@example.org", "wrong")
    path = f"/people/{id_of(db, 'Amina')}"
    assert "Bloqué" in boss.get("/people").text and "do-unlock" in boss.get(path).text
    assert "do-unlock" not in boss.post(f"{path}/unlock").text and visitor.sign_in("amina@example.org").status_code == 200


def test_a_lost_second_factor_is_taken_away(boss, visitor, db: Database):
    path = f"/people/{id_of(db, 'Amina')}"
    with db.begin() as session:
        offer = second_factor.offer(session, row(db, "Amina"))
        session.execute(update(Staff).where(Staff.name == "Amina").values(totp_sealed=offer.sealed.encode()))
    assert "avec double authentification" in boss.get("/people").text
    boss.post(f"{path}/second-factor")
    assert visitor.sign_in("amina@example.org").url.path == "/console/"


@pytest.mark.parametrize("path", ["/people/x", "/people/00000000-0000-0000-0000-000000000000"])
def test_an_account_that_is_not_there_is_a_page_that_says_so(boss, path):
    assert boss.get(path).status_code == 404 and boss.post(f"{path}/unlock").status_code == 404


# --- The trail


@pytest.fixture
def manager(enter) -> Browser:
    return enter("Mounir", "manager")


def shown(page: str) -> list[str]:
    """What each row of the trail says."""
    rows = re.findall(r'<li id="row-\d+">(.*?)</li>', page, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>|[\u2066-\u2069]", " ", html.unescape(text)).split()) for text in rows]


def test_the_trail_says_who_did_what_the_newest_first(amina, manager, ask):
    number = ask()
    amina.post(f"/cases/{number}/take")
    rows = shown(manager.get("/audit").text)
    assert "Amina a consulté la demande" in rows[0] and "a pris la demande" in rows[1] and f"Demande {number}" in rows[1]
    assert any("Robot a ouvert la demande" in text for text in rows)


def test_looking_at_the_trail_is_noted_with_what_was_looked_for(manager, db: Database):
    manager.get("/audit")
    assert "Mounir a consulté le journal" in shown(manager.get("/audit").text)[0]
    manager.get("/audit?case=7&action=case.taken&actor=nonsense")
    with db.begin() as session:
        asked = session.scalars(select(AuditRow.data).filter_by(action="audit.read").order_by(AuditRow.id)).all()
    assert asked == [{}, {}, {"action": "case.taken", "case": 7}]


def test_the_trail_is_searched_by_person_action_and_request(amina, brahim, manager, ask, db: Database):
    first, second = ask(), ask()
    amina.post(f"/cases/{first}/take")
    brahim.post(f"/cases/{second}/take")
    with db.begin() as session:
        audit.record(session, "bot", "media.opened", "media:1", {"case": first})
    by_amina = shown(manager.get(f"/audit?actor={id_of(db, 'Amina')}").text)
    assert by_amina and all("Amina" in text for text in by_amina)
    taken = shown(manager.get("/audit?action=case.taken&actor=&case=").text)
    assert len(taken) == 2 and all("a pris la demande" in text for text in taken)
    of_first = " ".join(shown(manager.get(f"/audit?case={first}").text))
    assert "media 1" in of_first and f"Demande {first}" in of_first and f"Demande {second}" not in of_first
    assert [text for text in shown(manager.get("/audit?actor=bot").text) if "Robot" not in text] == []


def test_the_trail_goes_back_page_by_page(manager, db: Database):
    with db.begin() as session:
        for number in range(120):
            audit.record(session, "bot", "case.opened", f"case:{number + 1}")
    seen, page = [], manager.get("/audit?action=case.opened").text
    while True:
        seen += [int(found) for found in re.findall(r"Demande \S?(\d+)", page)]
        older = re.search(r'id="older" class="button" href="/console([^"]+)"', page)
        if not older:
            break
        page = manager.get(html.unescape(older.group(1))).text
    assert seen == list(range(120, 0, -1))


def test_links_to_requests_are_for_those_who_may_open_them(boss, manager, ask):
    number = ask()
    assert f'href="/console/cases/{number}"' in boss.get("/audit").text
    assert f'href="/console/cases/{number}"' not in manager.get("/audit").text


@pytest.mark.parametrize("query", ["case=x", "case=99999999999999", "before=-1", "actor=%00", "action=%00", "case=%D9%A1"])
def test_a_search_that_makes_no_sense_is_no_search(manager, query):
    assert manager.get(f"/audit?{query}").status_code == 200


# --- Where one begins


@pytest.mark.parametrize(("role", "path"), [("caseworker", "/console/"), ("supervisor", "/console/"), ("administrator", "/console/")])
def test_who_works_on_requests_begins_with_them(enter, role, path):
    answer = enter("Somebody", role).get("/")
    assert answer.url.path == path and answer.status_code == 200


@pytest.mark.parametrize("role", ["editor", "manager"])
def test_the_others_begin_with_the_first_page_of_their_work(enter, visitor, role, db: Database):
    browser = enter("Somebody", role)
    answer = browser.get("/")
    first = next(item.path for item in ITEMS if f'href="/console{item.path}"' in answer.text and item.path != "/")
    assert answer.status_code == 200 and answer.url.path == f"/console{first}" != "/console/"
    assert visitor.sign_in("somebody@example.org").url.path == answer.url.path


def test_the_menu_has_only_what_one_may_open(enter):
    for role in ("caseworker", "supervisor", "editor", "manager", "administrator"):
        browser = enter(f"{role}-x", role)
        menu = re.search(r'<nav class="menu".*?</nav>', browser.get("/account").text, re.DOTALL)
        assert menu
        for path in re.findall(r'href="/console([^"]*)"', menu.group(0)):
            assert browser.get(path).status_code == 200, (role, path)


def test_who_leads_a_team_opens_the_pages_of_its_caseworkers(enter, db: Database):
    lead, other = enter("Lead", "supervisor"), hire(db, "Other", "supervisor")
    with db.begin() as session:
        amina = session.scalars(select(Staff).filter_by(name="Amina")).one()
    page = lead.get("/people").text
    assert f'href="/console/people/{amina.id}"' in page and f'href="/console/people/{other.id}"' not in page
    mine = lead.get(f"/people/{amina.id}").text
    assert 'id="open-password-link"' in mine and 'id="open-deactivate"' in mine and 'id="assign"' not in mine
    assert lead.get(f"/people/{other.id}").status_code == 403
    assert "/console/invitation/" in lead.post(f"/people/{amina.id}/password-link").text
