// Names of colleagues, offered behind an @ in a text: with the keys of a list, or by a click.
export function offerNames(note, names) {
  const spelled = () => note.value.slice(0, note.selectionStart).match(/(^|[^\p{L}\p{N}_])@([^@\n]{0,40})$/u);
  const offered = () => [...names.children].filter((name) => !name.hidden);
  const active = () => document.getElementById(note.getAttribute("aria-activedescendant") || "");

  function point(name) {
    for (const other of names.children) other.setAttribute("aria-selected", String(other === name));
    if (!name) return note.removeAttribute("aria-activedescendant");
    note.setAttribute("aria-activedescendant", name.id);
    name.scrollIntoView({ block: "nearest" });
  }

  function offer() {
    const begun = spelled()?.[2].toLocaleLowerCase();
    for (const name of names.children) name.hidden = begun === undefined || !name.textContent.toLocaleLowerCase().startsWith(begun);
    names.hidden = offered().length === 0;
    point(names.hidden ? null : offered()[0]);
  }

  function close() {
    names.hidden = true;
    point(null);
  }

  function choose(name) {
    const from = note.selectionStart - spelled()[2].length;
    note.setRangeText(`${name.textContent} `, from, note.selectionStart, "end");
    close();
    note.focus();
  }

  function step(by) {
    const all = offered();
    point(all[(all.indexOf(active()) + by + all.length) % all.length]);
  }

  const KEYS = { ArrowDown: () => step(1), ArrowUp: () => step(-1), Enter: () => choose(active()), Tab: () => choose(active()), Escape: close };

  note.addEventListener("input", offer);
  note.addEventListener("keydown", (event) => {
    if (names.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  note.addEventListener("blur", close);
  names.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the note
  names.addEventListener("click", (event) => {
    const name = event.target.closest("[role=option]");
    if (name) choose(name);
  });
}
