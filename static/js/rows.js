// The disagreements: keys of a row and of the table's cells. A decided row makes way for the next open one.

import { activate, startKeys } from "./keyboard.js";

const rows = () => [...document.querySelectorAll("#rows [data-row]")];
let at = -1;

function start() {
  if (document.querySelector("#content[data-ready]")) return;
  startKeys();
  activate(rows()[0]);
  for (const part of document.querySelectorAll("#rows, #confusion, #content")) part.dataset.ready = "1";
}

document.addEventListener("htmx:load", start);
document.addEventListener("htmx:beforeSwap", ({ target }) => { at = rows().indexOf(target.closest("[data-row]")); });
document.addEventListener("htmx:afterSettle", () => {
  const [decided, ...others] = at < 0 ? [] : rows().slice(at);
  const next = others.find((row) => "openRow" in row.dataset);
  activate(decided?.querySelector("[role=alert]") ? decided : next ?? decided);
  at = -1;
});
