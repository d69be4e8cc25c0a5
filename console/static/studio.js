// The page of an entry: counters, faults and preview while one types; what is typed survives a reload and an expired sign-in.
import { fill, store } from "./kept.js";
import { remember, sync } from "./sync.js";

const byId = (id) => document.getElementById(id);
const [studio, form] = [byId("studio"), byId("entry")];
const key = studio.dataset.key, HIDDEN = "dalil-forms-hidden";
const NOT_KEPT = ["csrf", "lists", "checked_by", "responsible"]; // names of people stay out of the browser's store
let sending = false;

const typed = () => [...new FormData(form)].filter(([name]) => !NOT_KEPT.includes(name));
const written = (fields) => JSON.stringify(fields.filter(([name]) => !/^(find_|show_in$)/.test(name)));
const all = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf" && !/^(find_|show_in$)/.test(name)));
const before = all(), beforeTyped = written(typed());
const dirty = () => "cameBack" in studio.dataset || all() !== before;

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
    const n = [...field.value.trim()].length;
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
    if (answer.ok) sync(html);
    else if (answer.status === 403 && again) await renew(fields);
  } catch {
    byId("offline").hidden = false;
  }
}

async function renew(fields) { // signed in anew elsewhere: the page has the token of before
  const answer = await fetch(studio.dataset.page);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#entry input[name=csrf]");
  if (!fresh) return;
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = fresh.value;
  await look(fields && [...fields.filter(([name]) => name !== "csrf"), ["csrf", fresh.value]], false);
}

const waits = {};
function later(name, wait, act) {
  clearTimeout(waits[name]);
  waits[name] = setTimeout(act, wait);
}

const keep = () => (dirty() ? store.put(key, typed()) : store.drop(key));

function restore(fields) {
  fill(form, fields, (name) => !NOT_KEPT.includes(name));
  byId("kept").hidden = false;
  const own = [...new FormData(form)].filter(([name]) => NOT_KEPT.includes(name));
  look([...fields, ...own]); // shows facts and entries that were chosen and not saved
}

function begin() {
  const kept = store.get(key);
  if ("saved" in studio.dataset) store.drop(key);
  else if ("cameBack" in studio.dataset) store.put(key, typed());
  else if (kept && written(kept) !== beforeTyped) restore(kept);
  if (location.search) history.replaceState(null, "", location.pathname + location.hash);
  for (const box of document.querySelectorAll("[data-show]")) box.checked = !(store.get(HIDDEN) || []).includes(box.dataset.show);
  for (const field of form.querySelectorAll("input[id^=title-], textarea[id^=answer-]")) count(field);
}

form.addEventListener("input", (event) => {
  count(event.target);
  later("keep", 300, keep);
  if (!event.target.name?.startsWith("find_")) later("look", 700, look);
});
form.addEventListener("change", (event) => {
  if (!("show" in event.target.dataset)) return;
  store.put(HIDDEN, [...document.querySelectorAll("[data-show]")].filter((box) => !box.checked).map((box) => box.dataset.show));
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.name?.startsWith("find_")) return;
  event.preventDefault();
  look();
});
form.addEventListener("click", (event) => {
  if (!event.target.closest("button[formaction]")) return;
  event.preventDefault();
  look();
});
form.addEventListener("submit", () => { keep(); sending = true; });
byId("forget").addEventListener("click", () => {
  store.drop(key);
  sending = true;
  location.assign(studio.dataset.page);
});
addEventListener("beforeunload", (event) => { if (!sending && dirty()) event.preventDefault(); });
addEventListener("pageshow", () => { sending = false; }); // somebody went back in the browser
addEventListener("focus", () => { if (!byId("signed-out").hidden) look(); });

remember(document);
begin();
