"""What people write becomes no part of a page, a header or an address; every answer says how it may be used."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from tests.console.security.every_route import GETS, ROUTES, STREAM, fields, nobody, plausible
from tests.console.world import Reader, World, poison

EVIL = ("https://evil.example/", "//evil.example", "/\\evil.example", "/console//evil.example", "/console/\\evil.example", "javascript:pwn")


# --- What people write


def pages(world: World) -> Iterator[str]:
    """The address of every page, plain and with something bad in each part of its query."""
    for route in GETS:
        if route.path not in (STREAM, "/console/static/{name}"):
            yield world.fill(route.path)
            for name, _ in fields(route.dependant, "query_params"):
                yield f"{world.fill(route.path)}?{name}={poison('query').replace('<', '%3C').replace('>', '%3E').replace('/', '%2F')}"


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_nothing_that_anybody_wrote_becomes_part_of_a_page(app: FastAPI, world: World, lang: str) -> None:
    readers: list[Reader] = []
    for name in ("administrator", "supervisor", "caseworker"):
        visitor = world.visitor(app, name)
        visitor.client.cookies.set("dalil_console_language", lang)
        for address in pages(world):
            answer = visitor.get(address)
            assert answer.status_code < 500, address
            if "text/html" in answer.headers.get("content-type", "") and "sandbox" not in answer.headers["content-security-policy"]:
                readers.append(Reader(answer.text))
                assert not readers[-1].faults, (name, address, readers[-1].faults)
    hidden = [where for where in SHOWN if not any(reader.shows(where) for reader in readers)]
    assert not hidden, "these words were on no page, so nothing was tested with them"


SHOWN = (
    "message",
    "caption",
    "bot",
    "reply",
    "button",
    "dead",
    "note",
    "canned",
    "team",
    "namecaseworker",
    "invited",
)
SHOWN += (
    "service",
    "sharedname",
    "names",
    "title",
    "place",
    "day",
    "target",
    "noticeerror",
    "action",
    "actor",
    "value",
    "key",
    "draft",
    "query",
    "answer",
    "why",
    "comment",
    "nameeditor",
)


def test_the_search_for_planted_markup_finds_it() -> None:
    plain = f'<p class="{poison("x")}">{poison("y")}</p><a href="javascript:pwn" onclick="x" style="y">'
    faults = Reader(plain).faults
    assert {"<pwn>", "<a href=javascript:pwn>", "<a onclick>", "<a style>"} <= set(faults)
    assert Reader("<textarea>\"'></textarea><pwn></textarea>").faults == ["<pwn>"]
    assert not Reader("<p>&lt;pwn&gt;</p>").faults


def test_files_of_people_run_nothing(app: FastAPI, world: World) -> None:
    answer = world.visitor(app, "caseworker").get(f"/console/media/{world.ids['media_id']}")
    assert answer.status_code == 200 and answer.content == b"<script>pwn</script>"
    assert "sandbox" in answer.headers["content-security-policy"] and answer.headers["content-disposition"] == "attachment"


# --- Going elsewhere, being shown elsewhere


@pytest.mark.parametrize("evil", EVIL)
def test_going_back_never_leads_out_of_the_console(app: FastAPI, world: World, evil: str) -> None:
    for route in ROUTES:
        names = {name for kind in ("query_params", "body_params") for name, _ in fields(route.dependant, kind)}
        if "back" not in names:
            continue
        visitor, address = world.visitor(app, "administrator"), world.fill(route.path)
        answer = (
            visitor.post(address, {**plausible(route), "back": evil}) if "POST" in route.methods else visitor.get(f"{address}?back={evil}")
        )
        assert re.match(r"/console/(?![/\\])", answer.headers.get("location", "/console/")), route.path
        assert not re.search(r"(href|action|value)=\"(?!/console/language/)[^\"]*(evil|javascript)", answer.text), route.path


def test_what_a_request_calls_us_is_never_repeated(app: FastAPI, world: World) -> None:
    boss = world.visitor(app, "administrator")
    evil = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example",
        "Origin": "https://evil.example",
    }
    for route in ROUTES:
        if route.path == STREAM:
            continue
        address = world.fill(route.path)
        again = world.visitor(app, "administrator")
        answer = again.post(address, plausible(route), headers=evil) if "POST" in route.methods else boss.get(address, headers=evil)
        assert "evil" not in answer.text and "evil" not in str(answer.headers), route.path


@pytest.mark.parametrize("who", ["administrator", "nobody", "half"])
def test_every_answer_says_how_it_may_be_used(app: FastAPI, world: World, who: str) -> None:
    visitor = nobody(app) if who == "nobody" else world.visitor(app, "administrator", verified=who != "half")
    for route in GETS:
        if route.path == STREAM and who == "administrator":
            continue
        answer = visitor.get(world.fill(route.path))
        headers, is_static = answer.headers, "static" in route.path
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy or "default-src 'none'" in policy, route.path
        assert "frame-ancestors 'none'" in policy or "sandbox" in policy, route.path
        assert "unsafe" not in policy and "*" not in policy, route.path
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] in ("same-origin", "no-referrer"), route.path
        assert is_static or "no-store" in headers["cache-control"], route.path
