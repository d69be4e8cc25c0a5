// Tells of danger, and of what is meant for the reader, while the page is in the background. Permission is asked for by a button only.
const KEY = "dalil.notify";
const byId = (id) => document.getElementById(id);
const isOn = () => "Notification" in window && Notification.permission === "granted" && localStorage.getItem(KEY) === "on";

// What there is to tell, by a name that two pages of the same browser share: the notice then stands there once.
function news() {
  const known = byId("notify").dataset, found = new Map();
  for (const id of (document.querySelector("[data-alarm]")?.dataset.alarm || "").split(",").filter(Boolean)) found.set(`urgent-${id}`, [known.urgent, id]);
  for (const line of known.news.split(" ").filter(Boolean)) {
    const [kind, notice, id] = line.split(":");
    found.set(`${kind}-${notice}`, [known[kind], id]);
  }
  for (const line of (byId("unread")?.dataset.unread || "").split(" ").filter(Boolean)) found.set(`unread-${line}`, [known.unread, line.split(":")[0]]);
  return found;
}

// False on phones, where only another kind of page may show one.
function show(tag, words, id = "") {
  try {
    const { lang, dir } = byId("notify");
    const notice = new Notification("Dalil", { body: `${words} ${id}`.trim(), tag, lang, dir, icon: "/console/static/icon.svg" });
    notice.onclick = () => { notice.close(); window.focus(); if (id) visit(`/console/cases/${id}`); };
    return true;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return false;
  }
}

function visit(path) {
  const typed = [...document.querySelectorAll("textarea")].some((field) => field.value);
  if (typed) window.open(path);
  else location.assign(path);
}

let heard = byId("notify") ? news() : new Map();
document.addEventListener("shown", () => {
  const now = news();
  if (document.hidden && isOn()) for (const [tag, [words, id]] of now) if (!heard.has(tag)) show(tag, words, id);
  heard = now;
});

function choice(state) {
  const box = byId("in-browser");
  if (!box) return;
  box.hidden = false;
  for (const part of box.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
}

function state() {
  if (!("Notification" in window)) return "impossible";
  return Notification.permission === "denied" ? "denied" : isOn() ? "on" : "off";
}

document.addEventListener("click", async (event) => {
  const wanted = event.target.closest("[data-notify]")?.dataset.notify;
  if (!wanted) return;
  const allowed = wanted === "on" && (await Notification.requestPermission()) === "granted";
  const works = !allowed || show("works", byId("notify").dataset.works);
  localStorage.setItem(KEY, allowed && works ? "on" : "off");
  choice(works ? state() : "impossible");
  byId("in-browser").querySelector("[data-when]:not([hidden]) button")?.focus();
});
choice(state());
