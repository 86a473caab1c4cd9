// The guideline panel: fetched once, toggled after that.

export async function openGuide(url) {
  const panel = document.getElementById("guide");
  if (!panel.hidden) { panel.hidden = true; return; }
  if (!panel.childElementCount) await htmx.ajax("GET", url, { target: panel, swap: "innerHTML" });
  panel.hidden = false;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#guide [data-hide]")) document.getElementById("guide").hidden = true;
});
