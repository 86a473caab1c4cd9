// Opening and closing of dialogs; number keys choose in the skip dialog.

export function wireDialogs() {
  const open = (id) => document.getElementById(id)?.showModal();
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) open(opener.dataset.open);
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  });
  const skip = document.getElementById("skip");
  const askReason = () => {
    skip.querySelector("textarea").required = "reason" in skip.querySelector("[name=how]:checked").dataset;
  };
  skip?.addEventListener("change", askReason);
  skip?.addEventListener("keydown", (event) => {
    const typing = event.target.matches("textarea");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return skip.querySelector("form").requestSubmit();
    }
    const choice = typing ? null : skip.querySelectorAll("[name=how]")[Number(event.key) - 1];
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    askReason();
    skip.querySelector("textarea").focus();
  });
  return { open };
}
