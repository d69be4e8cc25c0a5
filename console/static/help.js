// Help in writing: ready answers, the FAQ and the directory, put into the answer with two keys, a click or a touch.
const byId = (id) => document.getElementById(id);
const [text, palette, query, list, said] = ["text", "palette", "palette-query", "palette-list", "palette-said"].map(byId);
let asked = 0; // an answer that was overtaken by a newer one is thrown away
let answered = Promise.resolve();

function put(words) {
  const { selectionStart: from, selectionEnd: to, value } = text;
  const before = /\S$/.test(value.slice(0, from)) ? "\n" : "", behind = /^\S/.test(value.slice(to)) ? "\n" : "";
  const whole = before + words + behind;
  text.setRangeText(whole, from, to, "end"); // longer than may be sent: size.js says so, nothing is cut
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true })); // whoever keeps drafts must hear of it
}

const options = () => [...list.querySelectorAll("[role=option]")];
const active = () => byId(query.getAttribute("aria-activedescendant") || "");

function point(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (!option) return query.removeAttribute("aria-activedescendant");
  query.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = options();
  if (all.length) point(all[(all.indexOf(active()) + by + all.length) % all.length]);
}

async function ask() {
  const mine = ++asked;
  try {
    const answer = await fetch(`${palette.dataset.address}?q=${encodeURIComponent(query.value)}`, { headers: { "X-Console": "1" } });
    const html = await answer.text();
    if (mine !== asked || palette.hidden) return;
    if (answer.ok) show(html);
    else if (answer.status === 401) byId("signed-out").hidden = false;
    else said.textContent = palette.dataset.failed;
  } catch {
    if (mine === asked) said.textContent = palette.dataset.failed;
  }
}

function show(html) {
  const found = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  said.textContent = found.dataset.said;
  list.replaceChildren(...found.children);
  point(options()[0]);
}

function open() {
  if (text.disabled) return;
  palette.hidden = false;
  query.value = "";
  query.focus();
  answered = ask();
}

function hide() {
  palette.hidden = true;
  list.replaceChildren();
  point(null);
}

function choose(option) {
  hide();
  put(option.dataset.insert);
}

async function chooseActive() {
  const wanted = query.value;
  await answered; // who types fast presses Enter before the list is there
  if (active() && !palette.hidden && query.value === wanted) choose(active());
}

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Enter: chooseActive,
  Escape: () => { hide(); text.focus(); },
};

query.addEventListener("input", () => { answered = ask(); });
query.addEventListener("keydown", (event) => {
  if (event.isComposing || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});
text.addEventListener("input", (event) => {
  if (text.value !== "/" || !event.inputType?.startsWith("insert")) return;
  text.value = "";
  open();
});
byId("reply").addEventListener("keydown", (event) => {
  if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
byId("close-palette").addEventListener("click", KEYS.Escape);
byId("open-help").addEventListener("click", (event) => {
  event.preventDefault();
  open();
});
list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the search
document.addEventListener("click", (event) => {
  const found = event.target.closest("[data-insert]");
  if (!found) return;
  event.preventDefault();
  choose(found);
});
palette.addEventListener("focusout", (event) => {
  if (document.hasFocus() && !palette.contains(event.relatedTarget)) hide();
});
