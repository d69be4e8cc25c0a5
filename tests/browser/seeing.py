"""What a person would notice on a page, measured: text that is cut off or faint, controls without a name, focus that cannot be seen."""

import re
from typing import Any

from playwright.sync_api import Locator, Page

_MARKS = "[\u2066-\u2069\u200e\u200f]*"
_CONTROLS = {"button", "link", "textbox", "checkbox", "combobox", "DisclosureTriangle", "log"}

_SEEN = """
  const seen = (node) => node.checkVisibility() && node.getBoundingClientRect().width > 2 && !node.closest('.skip, .vh, .unseen');
  const all = () => Array.from(document.body.querySelectorAll('*')).filter(seen);
  const said = (node) => node.tagName + '.' + node.className + '#' + node.id + ' ' + (node.textContent || '').trim().slice(0, 40);
"""
_SIDEWAYS = f"""() => {{ {_SEEN}
  const width = document.documentElement.clientWidth;
  const still = all().filter((node) => !node.closest('.views, .slides'));
  const out = still.filter((node) => {{ const r = node.getBoundingClientRect(); return r.left < -1 || r.right > width + 1; }});
  const clips = still.filter((node) => /auto|scroll|hidden/.test(getComputedStyle(node).overflowX));
  const hides = (node) => getComputedStyle(node).textOverflow !== 'ellipsis' && node.scrollWidth > node.clientWidth + 1;
  return [...out, ...[document.documentElement, document.body, ...clips].filter(hides)].map(said);
}}"""
_FAINT = f"""() => {{ {_SEEN}
  const parse = (colour) => {{ const n = colour.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; }};
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
  const behind = (node) => {{
    const layers = [];
    for (let at = node; at; at = at.parentElement) {{
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3]) layers.push(colour);
      if (colour[3] === 1) break;
    }}
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  }};
  const light = (rgb) => rgb.map((c) => c / 255).map((c) => c <= .03928 ? c / 12.92 : Math.pow((c + .055) / 1.055, 2.4))
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const contrast = (node) => {{
    const under = behind(node), [a, b] = [light(over(parse(getComputedStyle(node).color), under)), light(under)];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  }};
  const large = (style) => parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 700;
  const texts = all().filter((node) => Array.from(node.childNodes).some((c) => c.nodeType === 3 && c.textContent.trim()) && !node.disabled);
  const least = (node) => large(getComputedStyle(node)) ? 3 : 4.5;
  return texts.filter((node) => contrast(node) < least(node)).map((node) => contrast(node).toFixed(1) + ' ' + said(node));
}}"""
_SMALL = f"""(least) => {{ {_SEEN}
  const controls = all().filter((node) => node.matches('button, summary, textarea, input, nav a, .tel, li > a'));
  const sides = (node) => {{ const r = node.getBoundingClientRect(); return [r.height, r.width]; }};
  return controls.filter((node) => sides(node).some((side) => Math.round(side) < least)).map(said);
}}"""
_FOCUS = """() => {
  const node = document.activeElement, style = getComputedStyle(node);
  if (node === document.body) return null; // past the last one
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none';
  return [node.id || node.className || node.textContent.trim() || node.tagName, ring];
}"""
_COLOURS = """async (address) => {
  const image = await createImageBitmap(await (await fetch(address)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const points = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer), counts = new Map();
  points.forEach((point) => counts.set(point, (counts.get(point) || 0) + 1));
  return [counts.size, Math.max(...counts.values()) / points.length];
}"""


def shown(words: str) -> "re.Pattern[str]":
    """These words as a page shows them: with marks of direction anywhere, and with any kind of space."""
    plain = re.sub("[\u2066-\u2069\u200e\u200f]", "", words)
    parts = [_MARKS.join(re.escape(letter) for letter in part) for part in plain.split()]
    return re.compile(rf"{_MARKS}\s+{_MARKS}".join(parts))


def sideways(page: Page) -> list[str]:
    """Whatever reaches over the edge of the screen, or would make somebody scroll sideways; but for lines that are made to slide."""
    return list(page.evaluate(_SIDEWAYS))


def faint(page: Page) -> list[str]:
    """Text with less contrast than WCAG 2.1 AA asks for."""
    return list(page.evaluate(_FAINT))


def small(page: Page, least: int = 44) -> list[str]:
    """Controls that a thumb misses."""
    return list(page.evaluate(_SMALL, least))


def tree(page: Page) -> list[tuple[str, str, dict[str, Any]]]:
    """What assistive technology is told: role, name and properties, computed by the browser itself."""
    session = page.context.new_cdp_session(page)
    nodes = [node for node in session.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    session.detach()
    return [
        (n["role"]["value"], n.get("name", {}).get("value", ""), {p["name"]: p["value"] for p in n.get("properties", [])}) for n in nodes
    ]


def controls(page: Page) -> list[tuple[str, str]]:
    """Role and name of everything that can be used."""
    return [(role, name) for role, name, _ in tree(page) if role in _CONTROLS]


def tab_order(page: Page, times: int) -> list[tuple[str, bool]]:
    """Where Tab leads from the top of a page that was just opened, and whether one can see that the focus is there."""
    order = []
    for _ in range(times):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS)
        if found is None:
            break
        name, visible = found
        order.append((str(name), bool(visible)))
    return order


def reach(page: Page, target: Locator, key: str = "Tab") -> None:
    """Go to a control with the keyboard alone."""
    for _ in range(60):
        if target.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {target}")


def open_drawer(page: Page) -> None:
    """What stands around every page is in a drawer on a phone."""
    if page.locator("#open-drawer").is_visible():
        page.locator("#open-drawer").click()


def follow(page: Page, name: str) -> None:
    """A link of the frame of every page; its scripts run afterwards."""
    open_drawer(page)
    with page.expect_event("load"):
        page.get_by_role("link", name=name, exact=True).click()


def style(target: Locator, name: str) -> str:
    return str(target.evaluate("(node, name) => getComputedStyle(node)[name]", name))


def colours(blank: Page, address: str) -> tuple[int, float]:
    """Of a picture given as a data address: how many colours, and the share of the commonest."""
    count, share = blank.evaluate(_COLOURS, address)
    return int(count), float(share)
