// Forms of the directory. What is typed is kept; a confidential place has no address: its fields go away while the box is ticked, and what
// stood in them with them.
import { keeping } from "./kept.js";

const form = document.querySelector("form[data-key]");
const box = document.querySelector("[data-hides]");
const place = box && document.getElementById(box.dataset.hides);

function follow() {
  place.hidden = box.checked;
  for (const field of place.querySelectorAll("input")) field.disabled = box.checked;
}

if (place) {
  box.addEventListener("change", follow);
  form.addEventListener("restored", follow);
  follow();
}
// What came back stands in no folded part.
form?.addEventListener("restored", () => {
  for (const part of form.querySelectorAll("details")) {
    const differs = (field) => (field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
    if ([...part.querySelectorAll("input, textarea")].some(differs)) part.open = true;
  }
});
if (form) keeping(form);
