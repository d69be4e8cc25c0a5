// While a draft is tried, the page shows how far it is; at the end it is loaded anew.
import { sync } from "./sync.js";

const page = document.getElementById("trial-page"), OFTEN = 500; // milliseconds
const running = () => "running" in document.getElementById("trial").dataset;

async function follow() {
  try {
    const answer = await fetch(page.dataset.progress, { headers: { "X-Console": "1" }, redirect: "manual" });
    document.getElementById("offline").hidden = true;
    if (!answer.ok) return location.reload(); // published, or signed out
    sync(await answer.text());
  } catch {
    document.getElementById("offline").hidden = false;
  }
  if (running()) setTimeout(follow, OFTEN);
  else location.reload();
}

if (running()) setTimeout(follow, OFTEN);
