// Bring the parts of a fragment into the page. What did not change is left alone: focus, open menus and screen readers stay undisturbed.
const known = new WeakMap();
const source = (node) => known.get(node) || node.outerHTML;

export function remember(root) {
  for (const node of root.querySelectorAll("[data-part], [data-list] > *")) known.set(node, node.outerHTML);
}

function replace(old, fresh) {
  if (source(old) === fresh.outerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const copy = document.importNode(fresh, true);
  known.set(copy, fresh.outerHTML);
  old.replaceWith(copy);
  if (focused) (document.getElementById(focused) || document.getElementById("main")).focus({ preventScroll: true });
}

// A list that is cut holds the newest only: what is older and stands on the page already stays.
function older(list, fresh, wanted) {
  return "cut" in fresh.dataset ? Math.max(0, [...list.children].findIndex((node) => wanted.has(node.id))) : 0;
}

function syncList(list, fresh) {
  const wanted = new Set([...fresh.children].map((node) => node.id));
  const kept = older(list, fresh, wanted);
  for (const node of [...list.children].slice(kept)) if (!wanted.has(node.id)) node.remove();
  [...fresh.children].forEach((node, place) => {
    const old = document.getElementById(node.id);
    const now = list.children[kept + place] || null;
    if (!old) {
      const copy = document.importNode(node, true);
      known.set(copy, node.outerHTML);
      list.insertBefore(copy, now);
    } else {
      if (old !== now) list.insertBefore(old, now);
      replace(old, node);
    }
  });
}

export function sync(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll("[data-part]")) replace(document.getElementById(part.id), part);
  for (const list of fresh.querySelectorAll("[data-list]")) {
    const shown = document.getElementById(list.id);
    const atEnd = shown.scrollHeight - shown.scrollTop - shown.clientHeight < 80;
    syncList(shown, list);
    if (atEnd) shown.scrollTop = shown.scrollHeight;
  }
}
