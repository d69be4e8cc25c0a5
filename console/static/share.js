// What is typed is meant to be told: typing ticks it, and emptying the field takes the tick away.
for (const field of document.querySelectorAll("#name, #note")) {
  field.addEventListener("input", () => { document.getElementById(`share-${field.id}`).checked = field.value.trim() !== ""; });
}
