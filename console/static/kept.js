// What is typed into a form stays on this device until it is saved: it survives a reload, a closed page, a lost connection and a lost sign-in.
const byId = (id) => document.getElementById(id);

export const store = {
  get(name) { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  put(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* full, or forbidden: the page works without */ } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* as above */ } },
};

// What is kept belongs to the account under which it was typed: nobody else on this computer is shown it. Its owner finds it for so long.
const DAYS = 30, DAY = 86400000; // milliseconds
const { account } = document.body.dataset;
const own = (key) => `${key}@${account}`;

// `sent`: it is on its way to the server, and can go when that says that it was saved.
export const drafts = {
  get: (key) => store.get(own(key)),
  put: (key, fields, sent = false) => store.put(own(key), { at: Date.now(), fields, sent }),
  drop: (key) => store.drop(own(key)),
};

// What nobody came back for; and what was kept before it said whose it is.
function sweep() {
  try {
    const names = Object.keys(localStorage).filter((name) => /^dalil-(entry|service|organization|holiday)/.test(name));
    for (const name of names) if (!(Date.now() - store.get(name)?.at < DAYS * DAY)) store.drop(name);
  } catch { /* forbidden: nothing is kept */ }
}
sweep();

// Whether a page that was fetched is of the account of this one: somebody else may have signed in meanwhile.
export const isMine = (page) => page.body.dataset.account === account;

// Puts names and values, as FormData has them, back into the fields.
export function fill(form, fields, isKept) {
  const left = new Map();
  for (const [name, value] of fields) left.set(name, [...(left.get(name) || []), value]);
  for (const field of form.elements) {
    const said = left.get(field.name) || [];
    if (!field.name || field.tagName === "BUTTON" || !isKept(field.name)) continue;
    if (["checkbox", "radio"].includes(field.type)) field.checked = said.includes(field.value);
    else if (left.has(field.name)) field.value = said.shift() ?? "";
  }
}

// The fields as the server gave them: somebody may have typed before the script came, or the browser put back what was typed.
function served(form) {
  const copy = form.cloneNode(true);
  for (const field of form.elements) if (!form.contains(field)) copy.append(field.cloneNode(true));
  copy.reset();
  return new FormData(copy);
}

// What tells two states of a form apart, wherever on the page its fields stand.
const gist = (fields, counts) => JSON.stringify([...fields].filter(([name]) => counts(name)).sort(([a], [b]) => (a < b ? -1 : Number(a > b))));

// What tells something typed from what was saved: the server leaves out what is empty.
export const told = (fields, counts) => gist([...fields].filter(([, value]) => value.trim()).map(([name, value]) => [name, value.trim()]), counts);

// What the server gave, and whether the form says something else now, in the fields that count.
export function compared(form, counts, cameBack) {
  const given = served(form), before = gist(given, counts);
  return { given, dirty: () => cameBack || gist(new FormData(form), counts) !== before };
}

// Whether this browser is still signed in. Signed in anew elsewhere: the page has the token of before.
async function isSignedIn(page) {
  const answer = await fetch(page, { headers: { "X-Console": "1" } });
  byId("signed-out").hidden = answer.status !== 401;
  if (!answer.ok) return answer.status !== 401;
  const there = new DOMParser().parseFromString(await answer.text(), "text/html"), fresh = there.querySelector("input[name=csrf]");
  if (!isMine(there)) {
    byId("signed-out").hidden = false;
    return false;
  }
  if (fresh) for (const field of document.querySelectorAll("input[name=csrf]")) field.value = fresh.value;
  return true;
}

async function maySend(page) {
  const unsent = byId("unsent");
  try {
    const may = await isSignedIn(page);
    unsent.hidden = true;
    return may;
  } catch {
    unsent.hidden = false;
    return false;
  }
}

// The form says where it is kept (data-key), its address (data-page), and which names begin what is not kept (data-skip): names of people.
export function keeping(form) {
  const { key, page, skip, also } = form.dataset;
  const apart = ["csrf", ...(skip || "").split(" ").filter(Boolean)];
  const isKept = (name) => !apart.some((start) => name.startsWith(start));
  const typed = () => [...new FormData(form)].filter(([name]) => isKept(name));
  const words = (fields) => told(fields, (name) => isKept(name) && name !== "seen");
  const { given, dirty } = compared(form, (name) => name !== "csrf", "cameBack" in form.dataset);
  const keep = () => (dirty() ? drafts.put(key, typed()) : drafts.drop(key));
  let sending = false, asking = false, wait;

  function restore(fields) {
    const old = new Map([...form.elements].map((field) => [field, field.checked + field.value]));
    fill(form, fields, isKept);
    const changed = [...old].filter(([field, was]) => field.checked + field.value !== was).map(([field]) => field);
    for (const field of changed) {
      for (let inside = field.closest("details"); inside; inside = inside.parentElement.closest("details")) inside.open = true;
    }
    byId("kept").hidden = false;
    form.dispatchEvent(new Event("restored"));
  }

  form.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(keep, 300); });
  form.addEventListener("submit", async (event) => {
    if (sending || event.defaultPrevented) return;
    event.preventDefault();
    if (asking) return;
    asking = true;
    keep();
    const { submitter } = event;
    const may = await maySend(page);
    asking = false;
    if (may) {
      clearTimeout(wait);
      if (dirty()) drafts.put(key, typed(), true);
      sending = true;
      form.requestSubmit(submitter);
    } else (byId("signed-out").hidden ? byId("unsent") : byId("signed-out")).scrollIntoView({ block: "center" });
  });
  byId("forget").addEventListener("click", () => { drafts.drop(key); sending = true; location.assign(page); });
  addEventListener("beforeunload", (event) => {
    if (sending || !dirty()) return;
    keep();
    event.preventDefault();
  });
  addEventListener("pageshow", () => { sending = false; }); // somebody went back in the browser
  addEventListener("focus", () => { if (!byId("signed-out").hidden) maySend(page); });

  if ("saved" in form.dataset) { // in another form, when that is named: what waits for this one stays
    const was = drafts.get(also || key); // another tab may have kept something else meanwhile
    if (was?.sent || (was && !also && words(was.fields) === words(given))) drafts.drop(also || key);
    history.replaceState(null, "", location.pathname + location.hash);
  }
  const kept = drafts.get(key)?.fields;
  if ("cameBack" in form.dataset) drafts.put(key, typed());
  else if (kept && words(kept) !== words(given)) restore(kept);
  else keep();
}
