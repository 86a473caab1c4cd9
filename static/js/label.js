// The label page: wires form, keys, draft, outbox, timer and lease together.

import { hide, show, showLogin } from "./banner.js";
import { showConflict } from "./conflict.js";
import { wireDialogs } from "./dialogs.js";
import { Draft } from "./draft.js";
import { wireFlag } from "./flag.js";
import { StepForm, texts } from "./form.js";
import { followGuide, openGuide } from "./guide.js";
import { StepKeys } from "./keyboard.js";
import { startLease } from "./lease.js";
import { Outbox } from "./outbox.js";
import "./picture.js";
import { openRemarks } from "./remarks.js";
import { startTimer } from "./timer.js";

const form = document.getElementById("label-form");
const { nextUrl, loginUrl, user } = form.dataset;
const outbox = new Outbox(user);
const tick = startTimer(form.elements.active_ms);
const rules = JSON.parse(document.getElementById("rules").textContent);
let draft = null;
let leaving = false;

const steps = new StepForm(form, rules, () => draft?.changed());
const onLogin = () => showLogin(loginUrl, () => (outbox.all().length ? flush() : draft.save()));
const onLost = (error) => show(error || texts.lease, { bad: true, link: { href: nextUrl, text: texts.next } });
const onConflict = (theirs) => showConflict(steps, draft, theirs);
draft = new Draft(form, steps, { onConflict, onLogin, onLost });

async function submit() {
  if (leaving) return;
  const open = steps.showProblems();
  if (open) return keys.activate(open);
  tick();
  leaving = true;
  const fields = Object.fromEntries(new FormData(form));
  delete fields.csrfmiddlewaretoken; // taken fresh from the cookie when it is sent
  outbox.add({ key: fields.client_key, url: form.getAttribute("action"), fields });
  draft.stop();
  await flush();
}

async function flush() {
  const answer = await outbox.flush();
  if (answer.kind === "ok" || answer.kind === "empty") return location.assign(answer.data.next ?? nextUrl);
  const waiting = `${outbox.all().length} ${texts.waiting}`;
  if (answer.kind === "offline") return show(`${texts.offline} ${waiting}.`, { button: { text: texts.retry, run: flush } });
  if (answer.kind === "login") return showLogin(loginUrl, flush);
  refused(answer);
}

// The server read it and said no: the annotator decides, nothing is thrown away by itself.
function refused({ entry, data }) {
  const mine = entry.key === form.elements.client_key.value;
  const discard = { text: texts.discard, run: () => { outbox.remove(entry.key); location.assign(nextUrl); } };
  if (mine && data.errors) {
    outbox.remove(entry.key);
    leaving = draft.stopped = false;
    for (const [kind, message] of Object.entries(data.errors)) {
      const line = steps.card(kind)?.querySelector("[data-client-error]");
      if (line) Object.assign(line, { textContent: message, hidden: false });
    }
  }
  show(`${texts.refused} ${data.error ?? ""}`, { bad: true, button: mine && data.errors ? null : discard });
}

const dialogs = wireDialogs();
const openFlag = wireFlag(form, () => keys.active);
const keys = new StepKeys(steps, {
  Enter: submit,
  c: (card) => openRemarks(steps, card, "comment"),
  reason: (card) => openRemarks(steps, card, "reason"),
  f: () => openFlag(),
  s: () => dialogs.open("skip"),
  "?": () => dialogs.open("sheet"),
  g: (card) => openGuide(form.dataset.guidelineUrl, card),
  active: followGuide,
  u: () => document.getElementById("undo-form")?.requestSubmit(),
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
startLease(form, { onLost, onLogin });
addEventListener("online", () => (outbox.all().length ? flush() : (hide(), draft.save())));
addEventListener("offline", () => show(texts.offline));
addEventListener("focus", () => { if (outbox.all().length) flush(); });
if (outbox.all().length) flush();
form.dataset.ready = "1";
