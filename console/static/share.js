// What is typed is meant to be told: typing ticks it, and emptying the field takes the tick away. Also what was typed before this ran.
for (const field of document.querySelectorAll("#name, #note")) {
  const tick = () => { document.getElementById(`share-${field.id}`).checked = field.value.trim() !== ""; };
  field.addEventListener("input", tick);
  if (field.value !== field.defaultValue) tick();
}
