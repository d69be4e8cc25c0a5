"""The form of an entry, as a browser would send it."""

from collections import defaultdict
from html.parser import HTMLParser


class Sent(HTMLParser):
    """Every field of one form, with what stands in it."""

    def __init__(self, page: str, form: str = "entry") -> None:
        super().__init__()
        self.form, self.inside = form, False
        self.fields: dict[str, list[str]] = defaultdict(list)
        self._text = self._select = ""
        self._options: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = found.get("id") == self.form
        elif tag == "option" and self._select:
            self._options.append((found.get("value", ""), "selected" in found))
        elif found.get("name") and (found["form"] == self.form if "form" in found else self.inside):
            self._field(tag, found)

    def _field(self, tag: str, found: dict[str, str]) -> None:
        if tag == "textarea":
            self._text = found["name"]
            self.fields[self._text].append("")
        elif tag == "select":
            self._select, self._options = found["name"], []
        elif tag == "input" and (found.get("type") not in ("checkbox", "radio") or "checked" in found):
            self.fields[found["name"]].append(found.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self._text:
            written = self.fields[self._text]
            written[-1] = written[-1].removeprefix("\n").replace("\n", "\r\n")
            self._text = ""
        elif tag == "select" and self._select:
            chosen = [value for value, picked in self._options if picked] or [value for value, _ in self._options[:1]]
            self.fields[self._select], self._select = chosen[-1:], ""


def sent(page: str, **other: str | list[str]) -> dict[str, list[str]]:
    """What is sent when nothing but `other` was touched; fields with an underscore for the last hyphen are written as they are called."""
    touched = {name: [value] if isinstance(value, str) else value for name, value in other.items()}
    return {**Sent(page).fields, "kind": ["minor"], **touched}
