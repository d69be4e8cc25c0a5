// A confidential place has no address: the fields go away while the box is ticked, and what stood in them with them.
const box = document.querySelector("[data-hides]");
const place = box && document.getElementById(box.dataset.hides);

function follow() {
  place.hidden = box.checked;
  for (const field of place.querySelectorAll("input")) field.disabled = box.checked;
}

if (place) {
  box.addEventListener("change", follow);
  follow();
}
