"""The page for people: one conversation, refreshed every second, with a line to write as the person."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Telegram stand-in</title>
<style>
body{font:16px/1.4 sans-serif;max-width:40rem;margin:1rem auto;padding:0 1rem}
#talk div{margin:.4rem 0;padding:.5rem .8rem;border-radius:.6rem;white-space:pre-wrap;background:#e8f0fe}
#talk .bot{background:#eee}button{margin:.2rem;padding:.4rem .6rem}input[name=text]{width:70%}input{font:inherit;padding:.3rem}
</style></head><body>
<h1>Telegram stand-in</h1>
<p><label>Person <input id="chat" value="111" size="12" inputmode="numeric"></label>
<label>Language <input id="language" value="ar" size="4"></label></p>
<div id="talk" aria-live="polite"></div><p id="keyboard"></p>
<form id="form"><input name="text" autocomplete="off" dir="auto" aria-label="Message" autofocus> <button>Send</button></form>
<p><button id="place">Send a location (Agadir)</button> <button id="voice">Send a voice message</button>
<button id="block">Block the bot</button> <button id="unblock">Unblock</button></p>
<p id="problem" role="alert"></p>
<script>
const at = id => document.getElementById(id);
const chat = () => Number(at("chat").value);
let shown = "";
async function say(what) {
  const body = JSON.stringify({chat: chat(), language_code: at("language").value, ...what});
  const answer = await fetch("control/say", {method: "POST", body});
  at("problem").textContent = answer.ok ? "" : (await answer.json()).detail;
  refresh();
}
function button(title, act) {
  const made = document.createElement("button");
  made.type = "button"; made.textContent = title; made.dir = "auto"; made.onclick = act;
  return made;
}
function pressed(one) { return one.token.startsWith("http") ? window.open(one.token) : say({press: one.token}); }
function line(message) {
  const made = document.createElement("div");
  made.className = message.bot ? "bot" : "person"; made.dir = "auto";
  made.textContent = (message.kind ? "[" + message.kind + "] " : "") + message.text;
  if (message.buttons.length) made.append(document.createElement("br"));
  message.buttons.forEach(one => made.append(button(one.title, () => pressed(one))));
  return made;
}
function answered(one) {
  if (one.token === "request_location") return say({location: {latitude: 30.4202, longitude: -9.5982}});
  if (one.token === "request_contact") return say({contact: {phone_number: "212600000001"}});
  return say({text: one.title});
}
async function refresh() {
  const found = await (await fetch("control/conversation?chat=" + chat())).json();
  const text = JSON.stringify(found);
  if (text === shown) return;
  shown = text;
  at("talk").replaceChildren(...found.messages.map(line));
  at("keyboard").replaceChildren(...found.keyboard.map(one => button(one.title, () => answered(one))));
  window.scrollTo(0, document.body.scrollHeight);
}
at("form").onsubmit = event => {
  event.preventDefault();
  say({text: event.target.text.value}); event.target.reset();
};
at("place").onclick = () => say({location: {latitude: 30.4202, longitude: -9.5982}});
at("voice").onclick = () => say({voice: {duration: 4}});
at("block").onclick = () => say({block: true});
at("unblock").onclick = () => say({unblock: true});
refresh(); setInterval(refresh, 1000);
</script></body></html>
"""
