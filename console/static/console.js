// The staff pages without this script work by reloading; with it they update in place and keep what is being typed.
import { remember, sync } from "./sync.js";

const page = document.body.dataset;
const byId = (id) => document.getElementById(id);
const alarms = () => new Set((document.querySelector("[data-alarm]")?.dataset.alarm || "").split(",").filter(Boolean));
const unread = () => new Set((byId("unread")?.dataset.unread || "").split(" ").filter(Boolean)); // case:message
const title = document.title.replace(/^(\(\d+!\) )?(\(\d+\) )?/, "");
let heard = alarms(), known = unread();

function announce() {
  const now = alarms(), waiting = unread();
  document.title = (now.size ? `(${now.size}!) ` : "") + (waiting.size ? `(${waiting.size}) ` : "") + title;
  const fresh = [...now].filter((id) => !heard.has(id)), said = [...waiting].filter((line) => !known.has(line));
  if (fresh.length) byId("announce").textContent = `${byId("announce").dataset.urgent} ${fresh.join(", ")}`;
  else if (said.length) byId("announce").textContent = `${byId("announce").dataset.unread} ${said.map((line) => line.split(":")[0]).join(", ")}`;
  if (fresh.length || said.length) document.dispatchEvent(new Event("news"));
  heard = now;
  known = waiting;
}

function composer() {
  const head = byId("case-head");
  const form = byId("reply");
  if (!head || !form) return;
  const may = head.dataset.mayReply === "yes";
  form.hidden = head.dataset.state === "closed" && !form.elements.text.value;
  form.elements.text.disabled = !may && !form.elements.text.value; // typed words can still be copied
  form.querySelector("button.main").disabled = !may;
  form.elements.after.value = head.dataset.after;
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = head.dataset.csrf; // another one after a new sign-in
}

// Somebody else may have signed in on this computer meanwhile: nothing goes in their name.
function isMine(html) {
  const [, account] = html.match(/ data-account="([^"]+)"/) || [];
  return !account || account === page.account;
}

function show(html) {
  sync(html);
  announce();
  composer();
  document.dispatchEvent(new Event("shown"));
}

let going = false, again = false; // news that come while the parts are fetched are fetched once, afterwards
async function refresh() {
  again = going;
  if (going) return;
  going = true;
  do { again = false; await fetchParts(); } while (again);
  going = false;
}

let asked = 0; // an answer that was overtaken by a newer one is thrown away
async function fetchParts() {
  const mine = ++asked;
  try {
    const looked = document.hidden ? {} : { "X-Visible": "1" }; // what is not in sight stays unread
    const answer = await fetch(page.fragment, { headers: { "X-Console": "1", ...looked }, signal: AbortSignal.timeout(20000) });
    const html = await answer.text();
    if (mine !== asked) return;
    byId("offline").hidden = true;
    if (answer.ok && isMine(html)) signedIn(html);
    else if (answer.ok) signedOut();
    else if (answer.status === 401 && !page.page) news.close(); // what is on this page stays until somebody does something
    else if (answer.status === 401) signedOut();
    else if (answer.status === 404) gone();
  } catch {
    byId("offline").hidden = false;
  }
}

function signedIn(html) {
  show(html);
  if (byId("signed-out")) byId("signed-out").hidden = true;
  if (news?.readyState === EventSource.CLOSED && (page.page || !document.hidden)) listen();
}

function signedOut() {
  const typed = [...document.querySelectorAll("textarea")].some((field) => field.value);
  if (typed && byId("signed-out")) byId("signed-out").hidden = false;
  else location.reload();
}

// The person had everything erased, or the case went to another team: what is typed can still be copied.
function gone() {
  const typed = [...document.querySelectorAll("textarea")].some((field) => field.value);
  if (!typed || !byId("gone")) return location.reload();
  news?.close();
  byId("gone").hidden = false;
  byId("log")?.replaceChildren(); // what was erased must not stay on a screen
  for (const button of document.querySelectorAll("form[data-live] button")) button.disabled = true;
}

async function send(form) {
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  for (const id of ["unsent", "signed-out"]) byId(id).hidden = true;
  const said = form.elements.text?.value, before = asked;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Console": "1" } });
    const html = await answer.text();
    const overtaken = asked !== before; // something changed after this answer was written: what was asked meanwhile is asked again
    asked++;
    sent(form, answer, said, html);
    if (overtaken) refresh();
  } catch {
    byId("unsent").hidden = false;
  }
  delete form.dataset.busy;
}

function sent(form, answer, said, html) {
  if (answer.redirected) return location.assign(answer.url);
  if (answer.status === 401) return signedOut();
  if (answer.status === 403) { byId("unsent").hidden = false; return refresh(); } // signed in anew elsewhere: the page has the token of before
  if (answer.status >= 500) { byId("unsent").hidden = false; return; }
  if (answer.status === 404) return gone();
  if (answer.ok && said !== undefined && form.elements.text.value === said) form.elements.text.value = "";
  show(html);
  if (answer.ok) form.dispatchEvent(new Event("done", { bubbles: true }));
  if (/\/(take|take-over|reopen-and-take)$/.test(form.action)) byId("text").focus();
}

document.addEventListener("submit", (event) => {
  if (!("live" in event.target.dataset) || event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  send(event.target);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && ["text", "note-text"].includes(event.target.id)) event.target.form.requestSubmit();
});

let news;
function listen() {
  news = new EventSource(page.events);
  for (const name of ["open", "queue", "thread"]) news.addEventListener(name, refresh);
  news.addEventListener("error", () => { if (news.readyState === EventSource.CLOSED) refresh(); });
}

if (page.events) {
  remember(document);
  const log = byId("log");
  if (log) log.scrollTop = log.scrollHeight;
  listen();
  setInterval(refresh, 60000); // waiting times grow; and a line that died without a word is noticed
  document.addEventListener("visibilitychange", () => {
    if (!page.page && document.hidden) news.close(); // a browser holds only some lines open: those of lists and requests stay
    if (!page.page && !document.hidden) listen();
    if (!document.hidden) refresh();
  });
  document.addEventListener("refused", refresh);
}
