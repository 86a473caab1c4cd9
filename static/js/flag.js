// Flagging a step or the item for the leads, without leaving the page.

import { showLogin } from "./banner.js";
import { texts } from "./texts.js";
import { post } from "./http.js";

export function wireFlag(form, activeCard) {
  const dialog = document.getElementById("flag");
  const sheet = dialog.querySelector("form");
  const error = dialog.querySelector("[data-flag-error]");
  const [step, item] = sheet.querySelectorAll("[name=kind]");

  const choose = (radio) => { radio.checked = true; sheet.elements.reason.focus(); };
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      sheet.requestSubmit();
    } else if (!event.target.matches("textarea") && "12".includes(event.key)) {
      event.preventDefault();
      choose(event.key === "1" ? step : item);
    }
  });
  sheet.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { kind, data } = await post(sheet.getAttribute("action"), new URLSearchParams(new FormData(sheet)));
    if (kind === "ok") {
      mark(form, data.kind);
      sheet.reset();
      return dialog.close();
    }
    // The words stay in the dialog until they are stored.
    if (kind === "login") showLogin(form.dataset.loginUrl, [{ text: texts.retry, run: () => sheet.requestSubmit() }]);
    error.textContent = kind === "offline" ? texts.unsent : kind === "login" ? texts.login : data.error;
    error.hidden = false;
  });

  return () => {
    const card = activeCard();
    step.value = card?.dataset.kind ?? "";
    step.parentElement.hidden = !card;
    dialog.querySelector("[data-flag-step]").textContent = card ? `${card.dataset.kind} ${card.querySelector("h2").textContent}` : "";
    error.hidden = true;
    dialog.showModal();
    choose(card ? step : item);
  };
}

function mark(form, kind) {
  const head = kind ? form.querySelector(`#step-${kind} .step-head`) : form.querySelector(".pair .eyebrow");
  if (head.querySelector("[data-flagged]")) return;
  const chip = Object.assign(document.createElement("span"), { className: "chip warn", textContent: texts.flagged });
  chip.dataset.flagged = "";
  head.append(chip);
}
