"""The five written forms."""

import pytest

from bot.language.forms import FORMS, LANGUAGE, OTHER, RTL, direction, known


def test_there_are_five_forms_named_by_bcp_47() -> None:
    assert set(FORMS) == {"ary-Arab", "ary-Latn", "fr", "en", "ar"}


def test_other_is_no_form() -> None:
    assert OTHER not in FORMS


@pytest.mark.parametrize("form", FORMS)
def test_each_form_has_a_language(form: str) -> None:
    assert LANGUAGE[form] == form.split("-")[0]


@pytest.mark.parametrize(
    ("form", "side"), [("ar", "rtl"), ("ary-Arab", "rtl"), ("ary-Latn", "ltr"), ("fr", "ltr"), ("en", "ltr"), ("other", "ltr")]
)
def test_direction(form: str, side: str) -> None:
    assert direction(form) == side


def test_right_to_left_forms_are_forms() -> None:
    assert set(FORMS) >= RTL


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_known(form: str) -> None:
    assert known(form, "en") == form


@pytest.mark.parametrize("name", ["other", "", "FR", "arabizi", "ary"])
def test_anything_else_becomes_the_default(name: str) -> None:
    assert (known(name), known(name, "en")) == ("fr", "en")
