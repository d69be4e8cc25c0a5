// The conversation page: what is typed is kept, names of colleagues are offered after an @, older messages are loaded into the thread.
import { offerNames } from "./names.js";

const byId = (id) => document.getElementById(id);

// Drafts. The server keeps them; a text is saved when typing stops, and when the page is left.
const reply = byId("reply"), text = reply.elements.text;
const PAUSE = 600, AGAIN = 3000; // milliseconds
const LEFT = `${reply.dataset.draft}@${document.body.dataset.account}`; // what this tab had typed when it was left: the new page may be asked for before that is saved
let saved = text.value, timer = 0, saving = false;

function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(save, wait);
}

async function save(leaving = false) {
  clearTimeout(timer);
  const typed = text.value;
  if (typed === saved) return;
  if (saving && !leaving) return later(PAUSE); // in the order in which they were typed
  saving = true;
  const { csrf, after } = reply.elements;
  const body = new URLSearchParams({ csrf: csrf.value, after: after.value, text: typed });
  try {
    const answer = await fetch(reply.dataset.draft, { method: "POST", body, headers: { "X-Console": "1" }, keepalive: leaving });
    if (answer.status === 204) saved = typed;
    else if (answer.status === 401 || answer.status === 403) document.dispatchEvent(new Event("refused")); // signed out, or signed in anew elsewhere
    else if (answer.status !== 404) later(AGAIN); // gone for good: the page says so
  } catch {
    later(AGAIN);
  }
  saving = false;
}

text.addEventListener("input", () => later(PAUSE));
document.addEventListener("shown", () => { if (text.value !== saved) later(PAUSE); }); // sent: no draft is left; signed in again: it can be kept
document.addEventListener("visibilitychange", () => { if (document.hidden) save(true); });
addEventListener("pagehide", () => {
  if (text.value !== saved) sessionStorage.setItem(LEFT, text.value);
  save(true);
});
if (sessionStorage.getItem(LEFT)) {
  text.value = sessionStorage.getItem(LEFT);
  sessionStorage.removeItem(LEFT);
  later(PAUSE);
}

// A press on a tab leads into its field; the arrow keys only go from tab to tab.
for (const [tab, field] of [["open-reply", "text"], ["open-note", "note-text"]]) byId(tab).addEventListener("click", (event) => { if (event.detail) byId(field).focus(); });

offerNames(byId("note-text"), byId("mentionable")); // @name in a note

// Who reads the newest message goes on reading it when the composer takes room from the thread.
const log = byId("log");
let atEnd = true, tall = log.clientHeight;
log.addEventListener("scroll", () => { if (log.clientHeight === tall) atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80; });
new ResizeObserver(() => {
  tall = log.clientHeight;
  if (atEnd) log.scrollTop = log.scrollHeight;
}).observe(log);

// Older messages
const earlier = byId("earlier");

function prepend(fresh) {
  const before = log.scrollHeight;
  log.setAttribute("aria-live", "off"); // hundreds of old messages are not read aloud
  log.prepend(...[...fresh.children].filter((bubble) => !byId(bubble.id)).map((bubble) => document.importNode(bubble, true)));
  log.scrollTop += log.scrollHeight - before;
  setTimeout(() => log.setAttribute("aria-live", "polite"), 1000);
}

async function loadEarlier() {
  const address = new URL(earlier.href);
  address.searchParams.set("before", log.querySelector("time").dateTime);
  const answer = await fetch(address, { headers: { "X-Console": "1" } });
  if (!answer.ok) return location.assign(earlier.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  prepend(fresh.getElementById("log"));
  earlier.hidden = !fresh.getElementById("earlier");
  if (earlier.hidden) log.focus({ preventScroll: true });
}

earlier?.addEventListener("click", (event) => {
  if (!document.body.dataset.events) return; // an older part of the thread by itself
  event.preventDefault();
  loadEarlier().catch(() => location.assign(earlier.href));
});
