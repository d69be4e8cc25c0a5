// The forms by which a case goes on or ends stand outside of what is brought up to date, so that nothing chosen or typed is lost.
// They follow the head of the page: which of them are allowed, and who has the case.
const handing = document.getElementById("handing");

function follow() {
  const head = document.getElementById("case-head").dataset;
  const allowed = head.allowed.split(" ");
  for (const details of handing.querySelectorAll("details")) {
    const typed = details.querySelector("textarea")?.value; // words that can still be copied
    details.hidden = !allowed.includes(details.dataset.when) && !typed;
    details.querySelector("[name=held_by]").value = head.heldBy;
  }
}

document.addEventListener("shown", follow);
handing.addEventListener("done", (event) => {
  event.target.reset();
  event.target.closest("details").open = false;
  follow();
  document.getElementById("main").focus({ preventScroll: true });
});
