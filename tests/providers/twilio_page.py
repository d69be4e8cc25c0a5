"""The page on which a developer writes to the bot as a person; nothing of it comes from another host."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>WhatsApp stand-in</title>
<style>
body { font: 16px/1.4 sans-serif; max-width: 42rem; margin: 1rem auto; padding: 0 1rem }
#log p { margin: .4rem 0; padding: .5rem .8rem; border-radius: .6rem; background: #eee; white-space: pre-wrap; width: fit-content }
#log p.in { background: #d9f5d0; margin-inline-start: auto }
small { display: block; color: #555 } form { display: flex; gap: .5rem; flex-wrap: wrap } #text { flex: 1 }
</style></head><body>
<h1>WhatsApp stand-in (Twilio)</h1>
<div id="log" aria-live="polite"></div>
<form id="form">
<label>From <input id="from" value="212600000001" inputmode="numeric"></label>
<label>Text <input id="text" autofocus dir="auto" autocomplete="off"></label>
<button>Send</button>
</form>
<script>
const at = id => document.getElementById(id);
let shown = "";
const say = what => fetch("/control/say", {method: "POST", headers: {"Content-Type": "application/json"},
  body: JSON.stringify({from: at("from").value, ...what})}).then(refresh);
function line(message) {
  const p = document.createElement("p"), small = document.createElement("small");
  p.dir = "auto"; p.className = message.inbound ? "in" : "out"; p.textContent = message.text || "(" + message.kind + ")";
  for (const button of message.buttons) {
    const tap = document.createElement("button");
    tap.textContent = button.title;
    tap.onclick = () => say(message.kind === "twilio/list-picker" ? {list: button.token} : {button: button.token});
    p.append(" ", tap);
  }
  small.textContent = message.person + " " + message.status + (message.error ? " " + message.error : "");
  p.append(small);
  return p;
}
async function refresh() {
  const messages = await (await fetch("/control/conversation")).json(), now = JSON.stringify(messages);
  if (now === shown) return;
  shown = now;
  at("log").replaceChildren(...messages.map(line));
  window.scrollTo(0, document.body.scrollHeight);
}
at("form").onsubmit = event => { event.preventDefault(); say({text: at("text").value}); at("text").value = ""; };
refresh(); setInterval(refresh, 1000);
</script></body></html>
"""
