// The phone number is asked for without leaving the page, and goes away with the right to see it. Without this script a page of its own shows it.
const form = document.getElementById("number");
const place = document.getElementById("number-shown");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Console": "1" } });
    if (![200, 409, 422].includes(answer.status)) return form.submit(); // signed out, or gone: a page says so
    place.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.children);
    if (!answer.ok) return;
    form.reset();
    form.closest("details").open = false;
  } catch {
    document.getElementById("offline").hidden = false; // what is being typed elsewhere on the page stays
  } finally {
    button.disabled = false;
  }
});

document.addEventListener("shown", () => {
  if (document.getElementById("number-may").dataset.may !== "yes") place.replaceChildren();
});
