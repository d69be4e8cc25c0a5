// How many characters a field has, said under it while one types.
for (const size of document.querySelectorAll("[data-counts]")) {
  const field = document.getElementById(size.dataset.counts);
  const count = () => {
    const n = [...field.value.trim()].length;
    size.textContent = size.dataset.text.replace("#n", n);
    size.classList.toggle("over", n > Number(size.dataset.most));
  };
  field.addEventListener("input", count);
  count();
}
