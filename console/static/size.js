// A field says how many letters are left before it is full. What is too long is neither cut nor sent.
const NEAR = 0.8, FALLBACK = !CSS.supports("field-sizing", "content");

function follow(said) {
  const field = document.getElementById(said.id.replace(/-size$/, "")), most = Number(said.dataset.most) || field.maxLength, { form } = field;
  let long = false; // the page itself may say what else is wrong
  const left = () => most - [...field.value.trim()].length;

  function tell() {
    const n = left();
    const words = n < 0 ? said.dataset.over : n < most * (1 - NEAR) ? said.dataset.left : "";
    const now = words.replace("{n}", Math.abs(n));
    if (said.textContent !== now) said.textContent = now;
    if (said.classList.toggle("over", n < 0) !== long) field.setAttribute("aria-invalid", String(long = n < 0));
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
    event.stopImmediatePropagation(); // the first of several gets the focus
    for (let inside = field.closest("details"); inside; inside = inside.parentElement?.closest("details")) inside.open = true;
    field.focus();
  });
  tell();
}

for (const said of document.querySelectorAll("[id$='-size'][data-over]")) follow(said);
