"""Entries as in `data/faq/<topic>.yml`. Written in the style of those files, so that git shows only what changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Any

import yaml

from bot.exchange import cells
from bot.exchange.report import Given, Read, Remark, Row, Unreadable
from bot.exchange.slots import FIELDS, TEXTS, TO_CHECK, Slot, in_order, plain
from bot.exchange.tables import ID, MOST_ROWS
from bot.faq.entries import Entry
from bot.language.forms import FORMS

HEADER = "# FAQ entries on {topic}. Format and rules: docs/editors.md. Facts: data/facts/rights.yaml.\n"
MOST_DEEP = 4  # the list, an entry, its texts by form, a list of them
_Reader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ESCAPED = frozenset("\r\x85\u2028\u2029\ufeff")  # line breaks to YAML, which would come back as others
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_LISTS = ("facts", "sources", "related", "categories", "services", TO_CHECK)


class _Writer(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Texts of several lines as they are read."""


def _text(writer: Any, text: str) -> Any:
    style = '"' if _ESCAPED & set(text) else "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def write(bodies: Iterable[Entry], header: str = "") -> str:
    rows = [in_order({key: _days(key, value) for key, value in body.items()}) for body in bodies]
    return header + yaml.dump(rows, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=10**6, default_flow_style=False)


def head(text: str) -> str:
    """The remarks at the top of a file."""
    lines = text.splitlines(keepends=True)
    return "".join(takewhile(lambda line: line.startswith("#"), lines))


def ids(name: str, text: str) -> list[str]:
    """The entries of a file in their order; of one that cannot be read, none."""
    found = Read(name)
    try:
        read(name, text.encode(), found)
    except Unreadable:
        return []
    return list(found.given)


def _days(key: str, value: Any) -> Any:
    """A day stands without quotes."""
    if key in cells.DAYS and value:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            return value
    return value


@dataclass
class _Node:
    """`value`: a text, None, or the nodes inside; of a mapping (`keyed`) keys and values in turn."""

    line: int
    value: Any
    keyed: bool = False

    def pairs(self) -> Iterator[tuple["_Node", "_Node"]]:
        return zip(self.value[::2], self.value[1::2])


def read(name: str, content: bytes, found: Read) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("not_text", name) from error
    root = _tree(name, text)
    if root is None or root.value is None or root.value == []:
        found.remarks.append(Remark("empty_table", name, grave=False))
    elif root.keyed or not isinstance(root.value, list):
        raise Unreadable("not_a_list", f"{name}:{root.line}")
    elif len(root.value) > MOST_ROWS:
        raise Unreadable("too_many_rows", name, f"{len(root.value)} > {MOST_ROWS}")
    else:
        for node in root.value:
            _take(name, node, found)


def _tree(name: str, text: str) -> _Node | None:
    """Built from the events, never by recursion: deep files end a parser that recurses, and repeated nodes grow without end."""
    top = _Node(0, [])
    stack = [top]
    try:
        for event in yaml.parse(text, Loader=_Reader):
            _grow(stack, event, name)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable("broken_yaml", f"{name}:{mark.line + 1}" if mark else name, str(getattr(error, "problem", ""))[:80]) from error
    if len(top.value) > 1:
        raise Unreadable("not_a_list", f"{name}:{top.value[1].line}")
    return top.value[0] if top.value else None


def _grow(stack: list[_Node], event: Any, name: str) -> None:
    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise Unreadable("alias", f"{name}:{line}")
    if isinstance(event, yaml.ScalarEvent):
        stack[-1].value.append(_Node(line, None if event.implicit[0] and event.value in _NULL else event.value))
    elif isinstance(event, yaml.CollectionStartEvent):
        node = _Node(line, [], isinstance(event, yaml.MappingStartEvent))
        stack[-1].value.append(node)
        stack.append(node)
        if len(stack) > MOST_DEEP + 1:
            raise Unreadable("too_deep", f"{name}:{line}")
    elif isinstance(event, yaml.CollectionEndEvent):
        _keys_once(stack.pop(), name)


def _keys_once(node: _Node, name: str) -> None:
    seen: set[Any] = set()
    for key, _ in node.pairs() if node.keyed else ():
        if isinstance(key.value, list) or key.value in seen:
            raise Unreadable("key_twice", f"{name}:{key.line}", "" if isinstance(key.value, list) else str(key.value)[:80])
        seen.add(key.value)


def _take(name: str, node: _Node, found: Read) -> None:
    where = f"{name}:{node.line}"
    fields = {str(key.value): value for key, value in node.pairs()} if node.keyed else {}
    entry = fields["id"].value if "id" in fields else None
    if not isinstance(entry, str) or not ID.fullmatch(entry):
        shown = entry[:80] if isinstance(entry, str) else ""
        found.nameless.append((Row(where, shown), Remark("bad_id" if shown else "no_id", where, shown)))
        return
    given = found.of(entry)
    given.rows.append(Row(where, entry))
    if len(given.rows) > 1:
        given.remarks.append(Remark("row_twice", where, entry, row=where))
        return
    given.whole = True
    for key, value in fields.items():
        if key != "id":
            _take_field(_Place(name, where, given), key, value)


@dataclass(frozen=True)
class _Place:
    name: str
    row: str
    given: Given

    def remark(self, key: str, node: _Node, detail: str = "") -> None:
        self.given.remarks.append(Remark(key, f"{self.name}:{node.line}", detail[:80], row=self.row))

    def put(self, slot: Slot, node: _Node, value: Any) -> None:
        self.given.places[slot] = f"{self.name}:{node.line}"
        if value:
            self.given.values[slot] = value


def _take_field(place: _Place, key: str, node: _Node) -> None:
    if key in TEXTS:
        _take_forms(place, key, node)
    elif key == TO_CHECK:
        for item in node.value or [] if isinstance(node.value, list) else []:
            place.put((TO_CHECK, str(item.value)), item, cells.MARK)
    elif key not in FIELDS:
        place.remark("unknown_field", node, key)
    elif isinstance(node.value, str) and key not in _LISTS:
        try:
            cells.word(key, node.value)
        except cells.Unfit as error:
            place.remark(error.key, node, error.detail)
        place.put((key, ""), node, node.value)
    else:
        _take_list(place, key, node)


def _take_forms(place: _Place, key: str, node: _Node) -> None:
    if not node.keyed:
        if node.value is not None:
            place.remark("wrong_kind", node, key)
        return
    for form, value in node.pairs():
        if form.value not in FORMS:
            place.remark("unknown_form", form, str(form.value))
        elif key in cells.LINES:
            _put_texts(place, (key, str(form.value)), value)
        elif isinstance(value.value, list):
            place.remark("wrong_kind", value, key)
        else:
            place.put((key, str(form.value)), value, _filled(value.value))


def _take_list(place: _Place, key: str, node: _Node) -> None:
    if key == "sources" and isinstance(node.value, list) and all(item.keyed for item in node.value):
        texts = [{str(k.value): v.value for k, v in item.pairs() if isinstance(v.value, str)} for item in node.value]
        place.put((key, ""), node, plain(texts))
    elif key in _LISTS:
        _put_texts(place, (key, ""), node)
    elif node.value is not None:
        place.remark("wrong_kind", node, key)


def _put_texts(place: _Place, slot: Slot, node: _Node) -> None:
    """A list of texts."""
    if node.value is not None and (node.keyed or not isinstance(node.value, list) or any(isinstance(n.value, list) for n in node.value)):
        place.remark("wrong_kind", node, " ".join(filter(None, slot)))
        return
    place.put(slot, node, [item.value for item in node.value or [] if _filled(item.value)])


def _filled(text: Any) -> Any:
    return text if text and text.strip() else None
