// The label page: wires form, keys, draft, outbox, timer and lease together.

import { show, showLogin } from "./banner.js";
import { showConflict } from "./conflict.js";
import { wireDialogs } from "./dialogs.js";
import { Draft } from "./draft.js";
import { wireFlag } from "./flag.js";
import { StepForm } from "./form.js";
import { followGuide, openGuide } from "./guide.js";
import { StepKeys } from "./keyboard.js";
import { startLease } from "./lease.js";
import "./picture.js";
import { openComment } from "./remarks.js";
import { startSending } from "./sending.js";
import { texts } from "./texts.js";
import { startTimer } from "./timer.js";

const form = document.getElementById("label-form");
const { nextUrl, loginUrl, assignment, item } = form.dataset;
const key = form.elements.client_key;
const status = document.getElementById("saved");
const tick = startTimer(form.elements.active_ms);
const rules = JSON.parse(document.getElementById("rules").textContent);
let draft = null;

const steps = new StepForm(form, rules, () => draft?.changed());
const { outbox, flush, showRefused, takeBack } = startSending(form.dataset, {
  key: () => key.value,
  waiting: () => steps.locked === "waiting",
  stored: (next) => location.assign(next ?? nextUrl),
  refused,
  takenBack() {
    // A new key: should the first one have reached the server after all, this is no repeat of it.
    key.value = `${key.value.split(".")[0]}.${Date.now()}`;
    reopen();
  },
});
const onLogin = () => showLogin(loginUrl, [{ text: texts.retry, run: () => (steps.locked ? flush() : draft.save()) }]);
const onLost = (error) => show(error || texts.lease, { bad: true, link: { href: nextUrl, text: texts.next } });
draft = new Draft(form, steps, { onConflict: (theirs) => showConflict(steps, draft, theirs), onLogin, onLost });

function reopen(card = keys.active) {
  steps.lock("");
  draft.resume();
  keys.activate(card);
}

async function submit() {
  if (steps.locked === "refused") return location.assign(nextUrl);
  if (steps.locked) return flush();
  const open = steps.showProblems();
  if (open) {
    status.textContent = texts.notyet.replace("%n", open.dataset.kind);
    return keys.activate(open, true, steps.wantsReason(open));
  }
  tick();
  const fields = Object.fromEntries(new FormData(form));
  delete fields.csrfmiddlewaretoken; // taken fresh from the cookie when it is sent
  outbox.put({ key: key.value, url: form.getAttribute("action"), fields, assignment, item, answers: steps.answers() });
  draft.stop();
  steps.lock("waiting");
  status.textContent = texts.sending;
  await flush();
  if (steps.locked === "waiting") status.textContent = texts.local;
}

// The server read the form and said no. Where it says which steps are wrong the work goes on;
// else the submission is kept among the refused ones.
function refused({ error, errors }) {
  steps.lock("refused");
  status.textContent = "";
  if (!errors) {
    show(texts.refused.replace("%i", item).replace("%w", error ?? texts.nowhy), { bad: true, link: { href: nextUrl, text: texts.next } });
    return;
  }
  outbox.remove(key.value);
  reopen(steps.card(Object.keys(errors)[0]));
  for (const [kind, message] of Object.entries(errors)) steps.error(kind, message);
  show(texts.refused.replace("%i", item).replace("%w", error), { bad: true });
}

function undo() {
  if (steps.locked === "waiting") return takeBack();
  const undoing = document.getElementById("undo-form");
  if (undoing) undoing.requestSubmit();
  else status.textContent = texts.noundo;
}

const dialogs = wireDialogs();
const openFlag = wireFlag(form, () => keys.active);
const keys = new StepKeys(steps, {
  Enter: submit,
  c: (card) => openComment(steps, card),
  f: () => openFlag(),
  s: () => dialogs.open("skip"),
  "?": () => dialogs.open("sheet"),
  g: (card) => openGuide(form.dataset.guidelineUrl, card),
  p: () => form.querySelectorAll(".pair details").forEach((part) => { part.open = !part.open; }),
  active: followGuide,
  locked: () => { status.textContent = steps.locked === "waiting" ? texts.locked : texts.over; },
  u: undo,
  l: () => document.querySelector("[data-recent]").click(),
  Escape: () => { document.getElementById("guide").hidden = true; },
});

form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
document.querySelector("[data-guideline]").addEventListener("click", () => openGuide(form.dataset.guidelineUrl, keys.active));
document.querySelector("[data-flag]").addEventListener("click", openFlag);
document.querySelector("#skip form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await draft.leave({ keepalive: false }); // a put-off item comes back with what was marked
  event.target.submit();
});
addEventListener("pagehide", () => draft.leave());
addEventListener("online", () => draft.leave({ keepalive: false }));
addEventListener("offline", () => show(texts.offline));
startLease(form, { onLost, onLogin });

// What was sent from this item before the page was loaded anew.
const before = outbox.all().find((entry) => entry.assignment === assignment);
if (before) {
  key.value = before.key;
  steps.fill(before.answers);
  if ("error" in before) refused({ error: before.error, errors: {} });
  else {
    draft.stop();
    steps.lock("waiting");
  }
}
if (outbox.waiting().length) flush();
else if (!before) showRefused();
form.dataset.ready = "1";
