// The pages with step cards, to label, adjudicate and practise: wires the form, its keys, the draft
// and the outbox together. htmx sends, and puts what comes next in place of the page's content.

import { Draft } from "./draft.js";
import { StepForm } from "./form.js";
import { activate, activeRow, startKeys } from "./keyboard.js";
import * as outbox from "./outbox.js";
import { texts } from "./page.js";
import "./timer.js";

let form, steps, draft; // a draft and an outbox: on the label page alone

const part = (selector) => document.querySelector(selector);
const say = (text) => { part("#saved").textContent = text; };
const isWaiting = () => steps?.locked === "waiting";

function start() {
  const page = part(":is(#label-form, [data-empty]):not([data-ready])");
  if (!page) return;
  form = page.matches("form") ? page : null;
  steps = form && new StepForm(form);
  draft = part("#saved") && new Draft(steps);
  startKeys(form ? KEYS : { u: undo });
  const kept = draft && outbox.entryOf(form);
  if (kept) resume(kept);
  else if (draft && "unsaved" in form.dataset) draft.changed();
  const first = steps?.firstOpen() ?? steps?.cards[0];
  // From the top a person reads the query first; work that goes on is shown at once.
  activate(first, first === steps?.cards[0] ? null : first);
  form?.addEventListener("refused", refused);
  if (kept && "error" in kept) refused();
  else if (outbox.waiting().length) outbox.send();
  else outbox.say();
  page.dataset.ready = "1";
}

// What the server had not answered when the page was loaded anew.
function resume(kept) {
  const [shown, marks] = [Object.fromEntries(new FormData(form)), steps.marks];
  steps.fill(kept.fields);
  if (!kept.draft) steps.locked = "waiting";
  else if (steps.marks !== marks) return draft.changed();
  else {
    steps.fill(shown); // it was stored, and only the answer was lost
    draft.drop();
  }
}

function refused() {
  steps.locked = "refused";
  say("");
  outbox.say(null, outbox.entryOf(form));
}

// Says what is missing; true when nothing is.
function complete() {
  const open = steps.showProblems();
  if (!open) return true;
  if (draft) say(texts.notyet.replace("%n", open.dataset.kind));
  activate(open, steps.reasonOf(open) ?? open);
  return false;
}

// Kept before it is sent, so that nothing is lost on the way.
function submit() {
  if (steps.locked === "refused") return location.assign(form.dataset.nextUrl);
  if (!isWaiting()) outbox.keep(form);
  steps.locked = "waiting";
  say(texts.sending);
  htmx.trigger(form, "send");
}

function takeBack() {
  if (form.matches(".htmx-request")) return;
  // A new key: should the first one have reached the server after all, this is no repeat of it.
  steps.set("client_key", `${form.elements.client_key.value.split(".")[0]}.${Date.now()}`);
  steps.locked = "";
  draft.changed();
  outbox.say();
  activate(activeRow());
}

function undo() {
  if (isWaiting()) takeBack();
  else if (part("#undo")) part("#undo").click();
  else if (draft) say(texts.noundo);
}

// A selection in the step's text becomes what the comment is on.
function comment() {
  if (steps.locked) return KEYS.locked();
  const [card, chosen] = [activeRow(), getSelection()];
  const { startContainer, startOffset, endContainer, endOffset } = chosen.rangeCount ? chosen.getRangeAt(0) : new Range();
  const place = (node, at) => Number(node.parentElement?.closest("[data-start]")?.dataset.start) + at;
  const [from, to] = [place(startContainer, startOffset), place(endContainer, endOffset)];
  if (from < to && [startContainer, endContainer].every((node) => card.contains(node))) {
    const marked = { comment_start: from, comment_end: to, comment_quote: chosen.toString() };
    for (const [name, value] of Object.entries(marked)) steps.set(`${name}-${card.dataset.kind}`, value);
  }
  card.querySelector(".remarks").open = true;
  card.querySelector(".remarks textarea").focus();
}

// The guideline shows what it says about the active step, and a flag is about it.
function follow(card = activeRow()) {
  const guide = part("#guide");
  if (!card || !guide) return;
  const { kind } = card.dataset;
  const place = guide.querySelector(`#guide-step-${kind}`) ?? (kind === "5" ? guide.querySelector("#guide-rules") : null);
  guide.querySelector(".here")?.classList.remove("here");
  place?.classList.add("here");
  if (place) guide.scrollTop += place.getBoundingClientRect().top - guide.getBoundingClientRect().top - 16;
  part("#flag [name=kind]").value = kind;
  part("[data-flag-step]").textContent = `${kind} ${card.querySelector("h2").textContent}`;
}

// After a finished step the next unlabelled one becomes active; an unfinished one stays.
function onward(control) {
  const card = activeRow();
  if (!card.contains(control)) return control.closest("section").scrollIntoView({ block: "nearest" });
  if (control.name.startsWith("attribute_") && !steps.attributes.overall()) return;
  if (!steps.problem(card)) activate(steps.firstOpen(card) ?? card);
  else if (card.dataset.state === "unsure") activate(card, steps.reasonOf(card) ?? card);
}

const attribute = (step) => ({ target }) => {
  if (target.matches("input") || !activeRow()?.contains(steps.attributes?.box ?? document)) return false;
  steps.attributes.move(step);
};

const KEYS = {
  u: undo,
  c: () => activeRow()?.querySelector(".remarks") && comment(),
  p: () => form.querySelectorAll(".pair details").forEach((one) => { one.open = !one.open; }),
  ArrowRight: attribute(1),
  ArrowLeft: attribute(-1),
  active: follow,
  chosen: onward,
  locked: () => say(isWaiting() ? texts.locked : texts.over),
};

const BUTTONS = {
  send: () => { outbox.send(); htmx.trigger("#saved", "save"); },
  takeback: takeBack,
  remove: () => { outbox.put(outbox.refused()[0]?.assignment); outbox.say(); },
  keep: () => { part("#conflict").close(); draft.changed(); },
  discard: () => { draft.drop(); location.reload(); },
};

function on(names, listener) {
  for (const name of names.split(" ")) document.addEventListener(name, listener, name === "toggle");
}

on("click", ({ target }) => BUTTONS[target.closest("[data-do]")?.dataset.do]?.());
on("submit", (event) => {
  if (event.target !== form) return;
  const done = steps.locked || complete();
  const cause = part("#cause-error"); // adjudication's
  if (cause) cause.hidden = !done || Boolean(form.querySelector("[name=cause]:checked"));
  if (draft || !done || cause?.hidden === false) event.preventDefault();
  if (draft && done) submit();
});
on("htmx:load", start);
on("htmx:load toggle", () => follow());
on("htmx:beforeOnLoad htmx:sendError", outbox.settle);
on("htmx:afterRequest", ({ target }) => target === form && isWaiting() && say(texts.local));
on("htmx:beforeSwap", ({ target }) => target.id === "content" && draft?.leave());
addEventListener("pagehide", () => draft?.leave());
addEventListener("online", BUTTONS.send);
addEventListener("focus", () => outbox.waiting().length && outbox.send());
addEventListener("offline", () => outbox.say("offline"));
// Of the draft and of the hold on the item.
on("htmx:responseError", ({ target, detail: { xhr } }) => {
  if (!target.matches("#hold, #saved") || xhr.getResponseHeader("HX-Retarget")) return;
  if (xhr.status === 401 || xhr.status === 403) outbox.show("login");
  else if (xhr.status < 500 && xhr.status !== 429) outbox.show("lost", xhr.responseText || texts.lease);
});
