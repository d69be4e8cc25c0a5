// The page of an entry: counters, faults and preview while one types; what is typed survives a reload and an expired sign-in.
import { offerNames } from "./names.js";
import { compared, drafts, fill, isMine, store, told } from "./kept.js";
import { remember, sync } from "./sync.js";

const byId = (id) => document.getElementById(id);
const [studio, form] = [byId("studio"), byId("entry")];
const key = studio.dataset.key, HIDDEN = "dalil-forms-hidden";
const NOT_KEPT = ["csrf", "lists", "checked_by", "responsible", "responsible_was"]; // names of people stay out of the browser's store
let sending = false;

const isKept = (name) => !NOT_KEPT.includes(name);
const typed = () => [...new FormData(form)].filter(([name]) => isKept(name));
const HOW = /^(find_|(show_in|kind|why|clashing|keep)$)/; // says nothing about the answer itself
const written = (fields) => told(fields, (name) => isKept(name) && !HOW.test(name) && name !== "seen");
const { given, dirty } = compared(form, (name) => name !== "csrf" && !HOW.test(name), "cameBack" in studio.dataset);
const mark = () => studio.toggleAttribute("data-unsaved", dirty());

// Counters: the same rules as bot/faq/counters.py.
const WORD = /[\p{L}\p{N}](?:\S*[\p{L}\p{N}])?/gu;
function reading(text) {
  const sizes = text.split(/\n+|(?<=[.!?؟؛;:])\s+/).map((sentence) => (sentence.match(WORD) || []).length).filter(Boolean);
  const words = sizes.reduce((a, b) => a + b, 0);
  return { longest: Math.max(0, ...sizes), average: sizes.length ? Math.round(words / sizes.length) : 0 };
}

function count(field) {
  const size = byId(`size-${field.id}`), read = byId(`reading-${field.id.replace(/^answer-/, "")}`);
  if (size) {
    const n = [...field.value.replaceAll("\u200e", "").trim()].length;
    size.textContent = size.dataset.text.replace("#n", n);
    size.classList.toggle("over", n > Number(size.dataset.most));
  }
  if (read && field.id.startsWith("answer-")) {
    const { longest, average } = reading(field.value);
    read.textContent = read.dataset.text.replace("#n", average).replace("#m", longest);
    read.classList.toggle("over", longest > Number(read.dataset.sentence) || average > Number(read.dataset.average));
  }
}

// What the server says about it.
let asked = 0;
async function look(fields, again = true) {
  const mine = ++asked;
  const body = new URLSearchParams(fields || [...new FormData(form)]);
  try {
    const answer = await fetch(studio.dataset.live, { method: "POST", body, headers: { "X-Console": "1" } });
    const html = await answer.text();
    if (mine !== asked) return;
    byId("offline").hidden = true;
    byId("signed-out").hidden = answer.status !== 401;
    if (answer.ok) { sync(html); unfold(); }
    else if (answer.status === 403 && again) await renew(fields);
  } catch {
    byId("offline").hidden = false;
  }
}

async function renew(fields) { // signed in anew elsewhere: the page has the token of before
  const answer = await fetch(studio.dataset.page);
  const there = new DOMParser().parseFromString(await answer.text(), "text/html"), fresh = there.querySelector("#entry input[name=csrf]");
  byId("signed-out").hidden = isMine(there);
  if (!fresh || !isMine(there)) return;
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = fresh.value;
  await look(fields && [...fields.filter(([name]) => name !== "csrf"), ["csrf", fresh.value]], false);
}

const waits = {};
function later(name, wait, act) {
  clearTimeout(waits[name]);
  waits[name] = setTimeout(act, wait);
}

// A folded part opens when a fault is found in it, or what a colleague saved.
const parts = [...form.querySelectorAll(".part")], faulty = new Map();
function unfold() {
  for (const part of parts) {
    const now = part.querySelector(".fault, .theirs") !== null;
    if (now && faulty.get(part) === false) part.open = true;
    faulty.set(part, now);
  }
}

// The parts of a number written with spaces would change places between Arabic letters: bot/language/bidi.py does the same for what is sent.
const GAP = /(?<=\p{Nd}) (?=\p{Nd})/gu;
let holding = false;
function hold(field) {
  const gaps = field.dir === "rtl" && "value" in field ? [...field.value.matchAll(GAP)].map((gap) => gap.index) : [];
  if (!gaps.length || holding) return;
  const { selectionStart, selectionEnd } = field;
  holding = true;
  for (const at of gaps) {
    field.setSelectionRange(at, at + 1);
    if (!document.execCommand("insertText", false, "\u00a0")) field.setRangeText("\u00a0"); // the first one can be undone
  }
  holding = false;
  field.setSelectionRange(selectionStart, selectionEnd);
}

const keep = (sent = false) => (dirty() ? drafts.put(key, typed(), sent) : drafts.drop(key));

function restore(fields) {
  fill(form, fields, isKept);
  byId("kept").hidden = false;
  mark();
  const own = [...new FormData(form)].filter(([name]) => !isKept(name));
  look([...fields, ...own]); // shows facts and entries that were chosen and not saved
}

function begin() {
  const was = drafts.get(key), kept = was?.fields;
  if ("cameBack" in studio.dataset) drafts.put(key, typed());
  else if ("saved" in studio.dataset) { // another tab may have kept something else meanwhile
    if (was?.sent || (kept && written(kept) === written(given))) drafts.drop(key);
  }
  else if (kept && written(kept) !== written(given)) restore(kept);
  else if (dirty()) { mark(); keep(); look(); }
  else drafts.drop(key); // saved; the page that said so was left before its script came
  unfold();
  if (location.search) history.replaceState(null, "", location.pathname + location.hash);
  for (const box of document.querySelectorAll("[data-show]")) box.checked = !(store.get(HIDDEN) || []).includes(box.dataset.show);
  for (const field of form.querySelectorAll("input[id^=title-], textarea[id^=answer-]")) count(field);
}

form.addEventListener("input", (event) => {
  if (!event.isComposing) hold(event.target);
  if (holding) return;
  mark();
  count(event.target);
  if (!event.target.name?.startsWith("find_")) asked += 1; // an answer that is under way knows nothing of this
  later("keep", 300, () => keep());
  if (!event.target.name?.startsWith("find_")) later("look", 700, look);
});
studio.addEventListener("change", (event) => {
  if (!("show" in event.target.dataset)) return;
  store.put(HIDDEN, [...document.querySelectorAll("[data-show]")].filter((box) => !box.checked).map((box) => box.dataset.show));
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
  event.preventDefault(); // it would send the form
  if (event.target.name?.startsWith("find_")) look();
});
form.addEventListener("click", (event) => {
  if (!event.target.closest("button[formaction]:not([name=take])")) return;
  event.preventDefault();
  look();
});
form.addEventListener("submit", () => { clearTimeout(waits.keep); keep(true); sending = true; });
byId("comments").addEventListener("submit", () => { keep(); sending = true; });

offerNames(byId("comment"), byId("mentionable"));

// Saving, from anywhere; what works on what is saved asks first.
const panel = byId("save-panel"), first = byId("save-first");
function askKind() {
  panel.open = true;
  (form.querySelector("[name=kind]:checked") || byId("kind-minor")).focus();
}
addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
  event.preventDefault();
  if (panel.open && form.elements.kind.value) byId("save").click();
  else askKind();
});
panel.addEventListener("toggle", () => { if (panel.open && !panel.contains(document.activeElement)) askKind(); });
panel.addEventListener("input", () => later("keep", 300, () => keep()));
byId("bar").addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest("details[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
byId("bar").addEventListener("submit", (event) => {
  if (!("step" in event.target.dataset)) return;
  if (dirty()) { event.preventDefault(); first.showModal(); } else sending = true;
});
first.addEventListener("close", () => { if (first.returnValue === "save") askKind(); });

// On a phone one form is shown: a link to a field of another one shows that one.
addEventListener("hashchange", shown);
function shown() {
  const column = location.hash && document.getElementById(location.hash.slice(1))?.closest(".column");
  if (!column) return;
  byId("only").value = column.id.slice("column-".length);
  byId(location.hash.slice(1)).scrollIntoView({ block: "center" });
}
byId("forget").addEventListener("click", () => {
  drafts.drop(key);
  sending = true;
  location.assign(studio.dataset.page);
});
addEventListener("beforeunload", (event) => {
  if (sending || !dirty()) return;
  keep();
  event.preventDefault();
});
addEventListener("pageshow", () => { sending = false; }); // somebody went back in the browser
addEventListener("focus", () => { if (!byId("signed-out").hidden) look(); });

remember(document);
begin();
shown();
