// A list with jobs under way is loaded anew, unless somebody is in the middle of something.

const EVERY_MS = 10_000;

setInterval(() => {
  const busy = document.querySelector("input:checked[name=_selected_action]")
    || document.activeElement?.matches("input, select, textarea");
  if (!document.hidden && !busy) location.reload();
}, EVERY_MS);
