/* Web chat of Dalil. Nothing newer than ES2017; every text enters the page as text, never as HTML. */
(function () {
"use strict";

const API = "/api/chat/conversations", STORE = "dalil.chat";
const byId = (id) => document.getElementById(id);
const root = document.documentElement, T = JSON.parse(byId("texts").textContent);
const scroller = byId("scroll"), log = byId("log"), box = byId("box");

let session = 1;      // grows with "New conversation": what an older session still receives is thrown away
let running = 0;      // the session whose loop runs
let synced = false;   // the history has been read
let after = 0;        // last message seen
let owner = "bot";
let awaiting = 0;     // timer of the typing indicator
let misses = 0;       // failures in a row
let shown = new Set();

/* ---- Kept on the phone: the token and the messages not yet accepted ---- */

let state = { token: "", queue: [] }, durable = true;

function read() {
  try {
    if (durable) state = Object.assign({ token: "", queue: [] }, JSON.parse(localStorage.getItem(STORE)));
  } catch (e) { durable = false; }
  return state;
}

function update(change) {
  change(read());     // reads first: another tab may have written
  try {
    if (durable) localStorage.setItem(STORE, JSON.stringify(state));
  } catch (e) { durable = false; }
}

/* ---- Network: one loop, one request at a time, so nothing overtakes anything ---- */

let current = null, listening = false, nudged = false, stopPause = () => {};

// Never rejects; status 0 is a failure of the network. XMLHttpRequest, since old WebViews cannot end a fetch.
function request(method, end, body, seconds) {
  return new Promise((resolve) => {
    const xhr = current = new XMLHttpRequest();
    xhr.open(method, API + (end && "/" + encodeURIComponent(state.token) + end));
    xhr.timeout = seconds * 1000;
    if (body) xhr.setRequestHeader("Content-Type", "application/json");
    xhr.onloadend = () => {
      let data = null;
      try { data = JSON.parse(xhr.responseText); } catch (e) { /* no body, or the page of somebody else */ }
      current = null;
      resolve({ status: xhr.status, data });
    };
    xhr.send(body && JSON.stringify(body));
  });
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stopPause = () => { clearTimeout(timer); resolve(); };
  });
}

// Something to send, or the connection or the person is back: do not wait any longer.
function nudge(all) {
  nudged = true;
  misses = 0;
  if (current && (all || listening)) current.abort();
  stopPause();
  run();
}

async function run() {
  const mine = session;
  if (running === mine) return;
  running = mine;
  while (mine === session && (read().token || state.queue.length)) {
    nudged = false;
    const item = state.queue[0];
    let ok = !item || await deliver(item, mine);
    // Even while a message does not get through, answers are fetched.
    if (mine === session && state.token && (!item || misses > 1)) ok = await listen(mine, item ? 0 : 25) && ok;
    if (mine !== session) return;
    if (ok) misses = 0;
    else if (!nudged) await pause(Math.min(30000, 1000 * Math.pow(2, misses++)) * (0.8 + Math.random() * 0.4));
  }
  if (running === mine) running = 0;
}

const gone = (status) => status === 404 || status === 410;

// Always the same id until it is accepted. True: done with this message.
async function deliver(item, mine) {
  const fresh = !state.token;
  if (fresh) {
    const made = await request("POST", "", {}, 20);
    if (mine !== session) return false;
    if (!made.data || !made.data.token) return offline(true);
    update((s) => { s.token = made.data.token; });
    synced = true;
  }
  const body = { id: item.id };
  ["text", "button", "location", "form"].forEach((key) => { if (item[key]) body[key] = item[key]; });
  const answer = await request("POST", "/messages", body, 20), status = answer.status;
  if (mine !== session) return false;
  // The log-in page of a public network also answers 200.
  if (status === 202 || status === 200 && answer.data) {
    leave(item, clock(item.at));
    awaitReply(true);
  } else if (gone(status) && !fresh) {
    ended();
  } else if (status >= 400 && status < 500 && !gone(status) && status !== 408 && status !== 429) {
    // Refused for good: it must not hold up what follows. The words go back into the box.
    leave(item, "✕", "failed");
    if (item.text && !box.value) fill(item.text);
  } else {
    return offline(true);
  }
  offline(false);
  return true;
}

async function listen(mine, wait) {
  if (synced && wait && document.hidden && owner === "bot" && !awaiting) await pause(3600000);   // spares data
  if (mine !== session || nudged && state.queue.length) return true;
  const began = Date.now();
  listening = true;
  const answer = await request("GET", synced ? "/messages?after=" + after + "&wait=" + wait : "/history", null, wait + 20);
  listening = false;
  if (mine !== session || nudged) return true;
  if (gone(answer.status)) ended();
  else if (answer.status !== 200 || !answer.data || !answer.data.messages) return false;
  else if (!synced) showHistory(answer.data);
  else {
    receive(answer.data);
    if (wait && Date.now() - began < 500 && !answer.data.messages.length) await pause(2000);
  }
  return true;
}

function leave(item, note, mark) {
  update((s) => { s.queue = s.queue.filter((i) => i.id !== item.id); });
  const node = byId("m" + item.id);
  if (!node) return;
  node.classList.remove("pending");
  if (mark) node.classList.add(mark);
  node.querySelector(".t").textContent = note;
}

// crypto.randomUUID is younger than the phones we mean.
const uuid = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g,
  (c) => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16));

function say(content, title) {
  const item = Object.assign({ id: uuid(), at: new Date().toISOString(), title }, content);
  update((s) => {
    if (!s.token && !s.queue.length) item.form = root.lang;
    s.queue.push(item);
  });
  unfold("");
  byId("new").hidden = false;
  showPending(item);
  toEnd();
  nudge();
}

function receive(data) {
  const stay = !atEnd();
  let first = null;
  if (data.erased) wipe();
  (data.erased ? data.messages.slice(-1) : data.messages).forEach((m) => {
    if (data.erased) log.textContent = "";
    if (m.from === "you" || shown.has(m.id)) return;
    const node = showMessage(m);
    first = first || node;
  });
  after = data.after;
  setOwner(data.owner);
  if (!first) return;
  awaitReply(false);
  if (!stay) scroller.scrollTop = first.offsetTop - scroller.offsetTop - 12;    // a long answer is read from its beginning
  showDown();
}

function showHistory(data) {
  let menu = null;
  log.setAttribute("aria-live", "off");     // not read out again
  clear();
  data.messages.forEach((m) => {
    const node = showMessage(m);
    if (m.from !== "you") {
      menu = node.querySelector(".opts") || menu;
    } else if (menu) {
      choose(Array.from(menu.children).find((b) => b.lastChild.textContent === m.text || b.firstChild.textContent === m.text));
      menu = null;
    }
  });
  synced = true;
  after = data.after;
  setOwner(data.owner);
  if (!log.lastChild || !log.lastChild.classList.contains("you")) awaitReply(false);
  state.queue.forEach(showPending);
  toEnd();
  setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
}

function clear() {
  log.textContent = "";
  shown = new Set();
  after = 0;
}

// The server no longer has the conversation: the next message begins a new one.
// Only a last word stays on the screen, so that "everything is erased" can be read.
function ended() {
  update((s) => {
    s.token = "";
    s.queue.forEach((item, n) => {
      if (item.button) { item.text = item.title; item.button = ""; }
      if (!n) item.form = root.lang;
    });
  });
  wipe();
  state.queue.forEach(showPending);
  awaitReply(false);
  setOwner("bot");
}

function wipe() {
  const last = log.lastElementChild;
  clear();
  if (!last || last.classList.contains("you")) return;
  log.appendChild(last);
  last.querySelectorAll(".opts").forEach((menu) => menu.remove());
}

// Who answers there learns that nobody reads it any more.
function tellLeft() {
  if (owner === "bot" || !state.token) return;
  const xhr = new XMLHttpRequest();
  xhr.open("POST", API + "/" + encodeURIComponent(state.token) + "/left");
  xhr.send();
}

function forget() {
  tellLeft();
  session++;
  update((s) => { s.token = ""; s.queue = []; });
  if (current) current.abort();
  stopPause();
  listening = false;
  misses = 0;
  clear();
  fill("");
  setOwner("bot");
  offline(false);
  awaitReply(false);
  showDown();
  byId("new").hidden = true;
  unfold("langs");
  box.focus();
}

/* ---- What is seen ---- */

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

const pinIcon = () => byId("pin").querySelector("svg").cloneNode(true);

function clock(at) {
  const t = at ? new Date(at) : new Date(), two = (n) => ("0" + n).slice(-2);
  const day = t.toDateString() === new Date().toDateString() ? "" : two(t.getDate()) + "/" + two(t.getMonth() + 1) + " ";
  return day + two(t.getHours()) + ":" + two(t.getMinutes());
}

function showMessage(m) {
  const mine = m.from === "you";
  const label = { you: T.you_label, person: T.person_label }[m.from] || T.bot_label;
  const by = label + (m.name || ""), last = log.lastElementChild;
  const first = !last || last.getAttribute("data-by") !== by;
  const node = make("div", "m " + m.from + (first ? " first" : ""));
  node.setAttribute("data-by", by);

  const who = node.appendChild(make("p", first && !mine ? "who" : "vh", label));
  if (m.name) {
    who.appendChild(document.createTextNode(" · "));
    who.appendChild(make("bdi", "", m.name));
  }
  const bubble = make("div", "b");
  bubble.dir = m.dir || "auto";
  if (m.form) bubble.lang = m.form;
  if (!mine) {
    linkify(m.text || "", bubble);
  } else if (m.place || !m.text) {
    bubble.dir = root.dir;
    bubble.appendChild(pinIcon());
    bubble.appendChild(document.createTextNode(" " + (m.text || T.share_location)));
  } else {
    isolate(m.text, bubble);
  }
  if (bubble.textContent) node.appendChild(bubble);
  node.appendChild(make("p", "t", clock(m.at))).dir = "auto";

  const offers = (m.buttons || []).map((b, i) => offer(make("span", "n", String(i + 1)), b.title, (button) => {
    choose(button);
    say({ button: b.token }, b.title);
  }));
  if (m.ask_location) offers.push(offer(pinIcon(), T.share_location, sharePlace));
  if (offers.length) {
    const menu = node.appendChild(make("div", "opts"));
    menu.setAttribute("role", "group");
    menu.dir = m.dir || root.dir;
    if (m.form) menu.lang = m.form;
    offers.forEach((button) => menu.appendChild(button));
  }
  if (!mine && m.id) shown.add(m.id);
  return log.appendChild(node);
}

function showPending(item) {
  const node = showMessage({ from: "you", text: item.text || item.title, place: item.location, at: item.at });
  node.id = "m" + item.id;
  node.classList.add("pending");
  node.querySelector(".t").textContent = T.chat_sending;
}

function offer(mark, title, press) {
  const button = make("button");
  let pressed = 0;
  button.type = "button";
  button.appendChild(mark);
  button.appendChild(document.createTextNode(" "));
  button.appendChild(make("bdi", "", title));
  button.onclick = () => {
    if (Date.now() - pressed < 1500) return;    // a trembling finger
    pressed = Date.now();
    press(button);
  };
  return button;
}

function choose(button) {
  if (!button) return;
  button.parentNode.classList.add("used");
  Array.from(button.parentNode.children).forEach((b) => b.setAttribute("aria-current", String(b === button)));
}

function sharePlace(button) {
  const mine = session;
  const done = (found) => {
    button.removeAttribute("aria-busy");
    if (mine !== session) return;
    const round = (x) => Math.round(x * 10000) / 10000;     // ten metres are near enough
    if (found && found.coords) {
      if (button.id !== "pin") choose(button);
      say({ location: { latitude: round(found.coords.latitude), longitude: round(found.coords.longitude) } }, T.share_location);
    } else {
      showMessage({ from: "system", text: T.chat_location_failed, form: root.lang, dir: root.dir });
      toEnd();
      box.focus();
    }
  };
  if (!navigator.geolocation) return done();
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  navigator.geolocation.getCurrentPosition(done, done, { timeout: 20000, maximumAge: 120000 });
}

// Links, phone numbers, and short numbers that end a line after a colon ("Police: 19"), but no years. Isolates stay outside.
const LINK = /https?:\/\/[^\s<>"\u2066-\u2069\u060c\u061b]+|(?:\+|00)[1-9](?:[ \u00a0.-]?(?:\(0\))?[ \u00a0.-]?\d){7,14}(?!\d)|0[5-8](?:[ \u00a0.-]?\d){8}(?!\d)/gi;
const SHORT = /^(.*[^\d\s]\s*:[\s\u2066\u2068\u200e\u200f]*)(1[59]|(?!19\d\d|20\d\d)\d{3,4})([\s\u2069\u200e\u200f.]*)$/;

function linkify(text, into) {
  const put = (words) => into.appendChild(document.createTextNode(words));
  text.replace(/ ([:;?!])/g, "\u00a0$1").split("\n").forEach((line, n) => {
    const short = SHORT.exec(line);
    let from = 0, hit;
    if (n) put("\n");
    if (short) {
      put(short[1]);
      into.appendChild(link(short[2]));
      from = short[1].length + short[2].length;
    }
    while (!short && (hit = LINK.exec(line))) {
      if (/[\w+]/.test(line.charAt(hit.index - 1))) continue;
      const words = hit[0].replace(/[.,;:!?'»\]؟]+$/, "").replace(/^([^(]*)\)+$/, "$1");
      put(line.slice(from, hit.index));
      into.appendChild(link(words));
      from = hit.index + words.length;
    }
    if (from < line.length) put(line.slice(from));
  });
}

// A number keeps its order inside an Arabic line, and its place in one line.
function isolate(text, into) {
  text.split(/(\(?\+?\d[\d .\/()-]*\d)/).forEach((part, n) => {
    if (n % 2) into.appendChild(make("bdi", "figure", part)).dir = "ltr";
    else if (part) into.appendChild(document.createTextNode(part));
  });
}

function link(words) {
  const a = make("a", "", words), web = /^http/i.test(words);
  a.dir = "ltr";
  if (web) {
    a.target = "_blank";
    a.rel = "noopener noreferrer";
  } else {
    a.className = "tel";
  }
  a.href = web ? words : "tel:" + words.replace(/\(0\)|[^\d+]/g, "");
  return a;
}

function status(id, text) {
  const strip = byId(id), end = atEnd();
  if (strip.textContent !== text) strip.textContent = text;
  if (end) toEnd();
}

function setOwner(who) {
  owner = who || "bot";
  byId("owner").className = "strip " + owner;
  status("owner", { person: T.chat_person_here, waiting: T.chat_waiting }[owner] || "");
  byId("leaving").hidden = owner === "bot";
  if (owner !== "bot") awaitReply(false);
}

let failing = false;

function offline(yes) {
  failing = yes;
  status("net", failing && state.queue.length || navigator.onLine === false ? T.chat_offline : "");
  return false;
}

function awaitReply(yes) {
  const end = atEnd();
  clearTimeout(awaiting);
  awaiting = yes && owner === "bot" ? setTimeout(awaitReply, 30000) : 0;
  byId("typing").hidden = !awaiting;
  if (awaiting && end) toEnd();
}

const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };
const showDown = () => { byId("down").hidden = atEnd(); };

// At most one panel is open: the languages, or the second step of "New conversation".
function unfold(panel) {
  [["lang", "langs"], ["new", "fresh"]].forEach((pair) => {
    const open = pair[1] === panel;
    byId(pair[1]).hidden = !open;
    byId(pair[0]).setAttribute("aria-expanded", String(open));
  });
}

function fill(text) {
  box.value = text;
  fit();
}

function fit() {
  const end = atEnd();
  box.dir = box.value ? "auto" : root.dir;    // dir=auto would put an Arabic placeholder on the left
  box.style.height = "";
  if (box.scrollHeight > 50) box.style.height = Math.min(132, box.scrollHeight + 3) + "px";
  byId("send").disabled = !box.value.trim();
  if (end) toEnd();
}

/* ---- What the person does ---- */

function submit(event) {
  const text = box.value.trim();
  event.preventDefault();
  box.focus();
  if (!text) return;
  fill("");
  say({ text });
}

byId("form").addEventListener("submit", submit);
box.addEventListener("input", fit);
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
});
byId("pin").onclick = () => sharePlace(byId("pin"));
byId("down").onclick = toEnd;
byId("forget").onclick = forget;
// Gone from the screen at once, and from the way back: "back" must not show it again.
byId("exit").onclick = () => {
  document.documentElement.hidden = true;
  session++;
  if (current) current.abort();
  location.replace("about:blank");
};
[["lang", "langs"], ["new", "fresh"]].forEach((pair) => {
  byId(pair[0]).onclick = () => unfold(byId(pair[1]).hidden ? pair[1] : "");
});

// A press on a button leaves the focus in the box, so the keyboard of the phone neither closes nor opens.
document.addEventListener("mousedown", (event) => {
  if (document.activeElement === box && event.target.closest("button")) event.preventDefault();
});

let stuck = true, height = scroller.clientHeight;
scroller.addEventListener("scroll", () => {
  if (scroller.clientHeight === height) stuck = atEnd();
  showDown();
});
window.addEventListener("resize", () => {
  if (stuck) toEnd();
  height = scroller.clientHeight;
});

window.addEventListener("online", () => { offline(failing); nudge(true); });
window.addEventListener("offline", () => offline(failing));
document.addEventListener("visibilitychange", () => { if (!document.hidden) nudge(); });
// Another tab began or forgot the conversation.
window.addEventListener("storage", (event) => {
  const token = (kept) => (JSON.parse(kept) || {}).token || "";
  if (!event.key || event.key === STORE && token(event.oldValue) !== token(event.newValue)) location.reload();
});

byId("pin").hidden = !navigator.geolocation || window.isSecureContext === false;
read().queue.forEach(showPending);
byId("new").hidden = !state.token && !state.queue.length;
unfold(byId("new").hidden ? "langs" : "");
fit();
offline(false);
run();
if (window.matchMedia("(hover: hover) and (pointer: fine)").matches) box.focus();
})();
