// The adjudication page: the same cards and keys as the label page, plus the cause.

import { wireDialogs } from "./dialogs.js";
import { StepForm } from "./form.js";
import { StepKeys } from "./keyboard.js";
import "./picture.js";

const form = document.getElementById("label-form");
const rules = JSON.parse(document.getElementById("rules").textContent);
const steps = new StepForm(form, rules, () => {});
const dialogs = wireDialogs();
const causes = [...form.querySelectorAll("[name=cause]")];

function submit() {
  const open = steps.showProblems();
  if (open) return keys.activate(open);
  const chosen = causes.some((cause) => cause.checked);
  document.getElementById("cause-error").hidden = chosen;
  if (chosen) form.submit();
  else causes[0].closest("section").scrollIntoView({ block: "center" });
}

const pick = (index) => () => {
  causes[index].checked = true;
  causes[index].closest("section").scrollIntoView({ block: "nearest" });
};

const keys = new StepKeys(steps, {
  Enter: submit,
  "?": () => dialogs.open("sheet"),
  ...Object.fromEntries(causes.map((_, index) => [5 + index, pick(index)])),
});
form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
form.dataset.ready = "1";
