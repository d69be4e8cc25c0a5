// "I am away" without leaving the page: what is being typed stays.
import { sync } from "./sync.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "presence") return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Console": "1" } });
    if (answer.ok) sync(await answer.text());
    else if (!document.getElementById("text")?.value) location.reload();
  } catch {
    document.getElementById("offline").hidden = false;
  }
});
