// Copies the link beside the button; without this script it can be selected by hand.
const button = document.querySelector("[data-copy]");
const field = document.getElementById(button.dataset.copy);

button.hidden = false;
button.addEventListener("click", async () => {
  field.select?.();
  try {
    await navigator.clipboard.writeText(field.value ?? field.innerText);
    document.getElementById("copied").textContent = button.dataset.done;
  } catch {
    field.select ? field.focus() : getSelection().selectAllChildren(field); // not allowed here: it is selected, Ctrl+C copies it
  }
});
