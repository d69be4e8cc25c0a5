// A field says how many letters are left before it is full. What is too long is neither cut nor sent.
const NEAR = 0.8, FALLBACK = !CSS.supports("field-sizing", "content");

function follow(field, most) {
  const said = document.getElementById(`${field.id}-size`), { form } = field;
  const left = () => most - [...field.value.trim()].length;

  function tell() {
    const n = left();
    const words = n < 0 ? said.dataset.over : n < most * (1 - NEAR) ? said.dataset.left : "";
    const now = words.replace("{n}", Math.abs(n));
    if (said.textContent !== now) said.textContent = now;
    said.classList.toggle("over", n < 0);
    field.setAttribute("aria-invalid", String(n < 0));
    if (FALLBACK) { // the field grows with what is typed
      field.style.blockSize = "auto";
      field.style.blockSize = `${field.scrollHeight + 2}px`;
    }
  }

  field.removeAttribute("maxlength"); // with it a browser cuts what is pasted, without a word
  field.addEventListener("input", tell);
  document.addEventListener("shown", tell);
  form.addEventListener("submit", (event) => {
    if (left() >= 0 || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    event.stopPropagation();
    field.focus();
  });
  tell();
}

for (const id of ["text", "note-text"]) follow(document.getElementById(id), document.getElementById(id).maxLength);
