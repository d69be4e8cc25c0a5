// A short tone for what is new and urgent or unread. Off until somebody switches it on; the choice stays in this browser.
const KEY = "dalil.sound", LAST = "dalil.sound.at";
const PAUSE = 2000; // milliseconds: several pages of one browser sound once
const isOn = () => localStorage.getItem(KEY) === "on";
let player;

function tone() {
  player ||= new AudioContext();
  player.resume(); // browsers let a page sound only after somebody touched it
  const now = player.currentTime, volume = player.createGain(), voice = player.createOscillator();
  voice.frequency.setValueAtTime(660, now);
  voice.frequency.setValueAtTime(880, now + 0.12);
  volume.gain.setValueAtTime(0.15, now);
  volume.gain.exponentialRampToValueAtTime(0.001, now + 0.4);
  voice.connect(volume).connect(player.destination);
  voice.start(now);
  voice.stop(now + 0.4);
}

function choice() {
  const box = document.getElementById("sound");
  if (!box) return;
  box.hidden = !("AudioContext" in window);
  for (const part of box.querySelectorAll("[data-sound-is]")) part.hidden = part.dataset.soundIs !== (isOn() ? "on" : "off");
}

document.addEventListener("news", () => {
  if (!isOn() || Date.now() - Number(localStorage.getItem(LAST)) < PAUSE) return;
  localStorage.setItem(LAST, String(Date.now()));
  tone();
});
document.addEventListener("click", (event) => {
  const wanted = event.target.closest("[data-sound]")?.dataset.sound;
  if (!wanted) return;
  localStorage.setItem(KEY, wanted);
  if (wanted === "on") tone();
  choice();
  document.querySelector("#sound [data-sound-is]:not([hidden]) button").focus();
});
choice();
