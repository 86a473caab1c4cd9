// Keys of the disagreements list. A decision swaps its row in place and moves on.

const table = document.getElementById("rows");
let active = null;

const rows = () => [...table.querySelectorAll("tbody tr")];

function activate(row) {
  if (!row) return;
  active?.classList.remove("active");
  active = row;
  row.classList.add("active");
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const all = rows();
  activate(all[Math.min(Math.max(all.indexOf(active) + by, 0), all.length - 1)]);
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "j" || event.key === "ArrowDown") move(1);
  else if (event.key === "k" || event.key === "ArrowUp") move(-1);
  else if (event.key === "o") active?.querySelector("summary")?.click();
  else {
    const button = active?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button) return;
    button.click();
  }
  event.preventDefault();
}

if (table) {
  document.addEventListener("keydown", key);
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tbody tr");
    if (row && !event.target.closest("summary, button, a")) activate(row);
  });
  let swapped = -1;
  table.addEventListener("htmx:beforeSwap", (event) => { swapped = rows().indexOf(event.target.closest("tr")); });
  document.body.addEventListener("htmx:afterSettle", () => {
    if (swapped < 0) return;
    const all = rows();
    const failed = all[swapped].querySelector("[role=alert]");
    activate(failed ? all[swapped] : all.slice(swapped).find((row) => "openRow" in row.dataset) ?? all[swapped]);
    swapped = -1;
  });
  activate(rows()[0]);
  table.dataset.ready = "1";
}
