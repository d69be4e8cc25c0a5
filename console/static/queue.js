// The list that is shown stands in sight in the line of lists, also after the line was brought up to date.
function show() {
  const line = document.getElementById("views"), here = line.querySelector("[aria-current]");
  if (!here) return;
  const [outer, inner] = [line.getBoundingClientRect(), here.getBoundingClientRect()];
  if (inner.left < outer.left || inner.right > outer.right) line.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}

document.addEventListener("shown", show);
show();
