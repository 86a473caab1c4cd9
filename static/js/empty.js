// The empty queue page: the undo key still works here, and what waits to be sent is sent.

import { startSending } from "./sending.js";

const page = document.querySelector("[data-empty]").dataset;
const { outbox, flush, showRefused } = startSending(page);

document.addEventListener("keydown", (event) => {
  if (event.key === "u" && !event.ctrlKey && !event.metaKey) document.getElementById("undo-form")?.requestSubmit();
});
if (outbox.waiting().length) flush();
else showRefused();
page.ready = "1";
