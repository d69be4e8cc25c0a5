// The forms by which a case goes on or ends stand outside of what is brought up to date, so that nothing chosen or typed is lost.
// They follow the head of the page: which of them are allowed, and who has the case. Escape closes them, and so does what was done.
const handing = document.getElementById("handing");
const opened = () => document.querySelectorAll(".acts > * > details[open]");

function follow() {
  const head = document.getElementById("case-head").dataset;
  const allowed = head.allowed.split(" ");
  for (const details of handing.querySelectorAll("[data-when]")) {
    const typed = details.querySelector("textarea")?.value; // words that can still be copied
    details.hidden = !allowed.includes(details.dataset.when) && !typed;
    details.querySelector("[name=held_by]").value = head.heldBy;
  }
}

function close() {
  for (const details of opened()) details.open = false;
}

document.addEventListener("shown", follow);
handing.addEventListener("done", (event) => {
  event.target.reset();
  event.target.closest("details").open = false;
  close();
  follow();
  document.getElementById("main").focus({ preventScroll: true });
});
document.addEventListener("submit", (event) => {
  if (event.target.closest(".acts") && !event.target.querySelector("textarea, select")) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || !event.target.closest(".acts")) return;
  const summary = opened()[0]?.querySelector("summary");
  close();
  summary?.focus();
});
