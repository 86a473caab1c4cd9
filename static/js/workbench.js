// Digits choose a cell of the confusion table: 1-5 where only the model says correct,
// with Shift where only people do; 0 shows everything again.

const table = document.getElementById("confusion");

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const digit = /^(?:Digit|Numpad)([0-5])$/.exec(event.code)?.[1];
  if (!digit) return;
  event.preventDefault();
  if (digit === "0") return location.assign(location.pathname);
  table.querySelector(`[data-cell="${event.shiftKey ? "shift-" : ""}${digit}"]`)?.click();
}

if (table) {
  document.addEventListener("keydown", key);
  table.dataset.ready = "1";
}
