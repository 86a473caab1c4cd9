// The empty queue page: the undo key still works here.

document.addEventListener("keydown", (event) => {
  if (event.key === "u" && !event.ctrlKey && !event.metaKey) document.getElementById("undo-form")?.requestSubmit();
});
