// Monday's hours go into the other days of work; nothing is saved by it.
const button = document.getElementById("same-days");
const WORKING = [1, 2, 3, 4]; // Tuesday to Friday

if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const field of document.querySelectorAll("#day-0 input")) {
      for (const day of WORKING) {
        const other = document.getElementById(field.id.replace("_0", `_${day}`));
        if (field.type === "checkbox") other.checked = field.checked;
        else other.value = field.value;
      }
    }
    button.dispatchEvent(new Event("input", { bubbles: true })); // a form that keeps what is typed keeps this too
  });
}
