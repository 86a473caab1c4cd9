// The label and adjudication pages: wires the form, its keys, the draft and the outbox together.
// htmx sends, and puts what comes next in place of the page's content.

import { Draft } from "./draft.js";
import { StepForm } from "./form.js";
import { activate, activeRow, startKeys } from "./keyboard.js";
import { Outbox, show } from "./outbox.js";
import { texts } from "./page.js";
import { startTimer } from "./timer.js";

let form, steps, draft, outbox;

const part = (selector) => document.querySelector(selector);
const say = (text) => { part("#saved").textContent = text; };

const own = {
  key: () => form?.elements.client_key.value,
  waiting: () => steps?.locked === "waiting",
  send: () => form.requestSubmit(),
  refused(entry) {
    steps.locked = "refused";
    say("");
    outbox.say(null, entry);
  },
};

function start() {
  const page = part(":is(#label-form, [data-empty]):not([data-ready])");
  if (!page) return;
  form = page.matches("form") ? page : null;
  steps = form && new StepForm(form);
  outbox = page.dataset.nextUrl ? new Outbox(page.dataset, own) : null;
  startKeys({ ...(outbox && { u: undo }), ...(outbox && form && KEYS), chosen: onward });
  const sent = form && outbox?.all.find(({ assignment }) => assignment === form.dataset.assignment);
  if (outbox && form) label(sent);
  const first = steps?.firstOpen() ?? steps?.cards[0];
  // From the top a person reads the query first; work that goes on is shown at once.
  activate(first, first === steps?.cards[0] ? null : first);
  if (sent && "error" in sent) own.refused(sent);
  else if (outbox?.waiting.length) outbox.send();
  else outbox?.say();
  page.dataset.ready = "1";
}

// `sent`: what was sent of this item before the page was loaded anew.
function label(sent) {
  startTimer(form.elements.active_ms);
  draft = new Draft(steps);
  if ("unsaved" in form.dataset) draft.changed();
  if (!sent) return;
  form.elements.client_key.value = sent.key;
  steps.marks = sent.fields;
  draft.stop();
  steps.locked = "waiting";
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
  if (steps.locked === "refused") location.assign(form.dataset.nextUrl);
  if (steps.locked === "refused" || (!steps.locked && !complete())) return false;
  const { csrfmiddlewaretoken, ...fields } = Object.fromEntries(new FormData(form)); // a fresh token goes along
  const { assignment, item } = form.dataset;
  outbox.put(own.key(), { key: own.key(), url: form.getAttribute("hx-post"), fields, assignment, item });
  draft.stop();
  steps.locked = "waiting";
  say(texts.sending);
  return true;
}

function takeBack() {
  if (form.matches(".htmx-request")) return;
  outbox.put(own.key());
  outbox.say();
  // A new key: should the first one have reached the server after all, this is no repeat of it.
  form.elements.client_key.value = `${own.key().split(".")[0]}.${Date.now()}`;
  steps.locked = "";
  draft.changed();
  activate(activeRow());
}

function undo() {
  if (own.waiting()) takeBack();
  else if (part("#undo")) part("#undo").click();
  else if (form) say(texts.noundo);
}

// A selection in the step's text becomes the comment's span.
function comment() {
  if (steps.locked) return KEYS.locked();
  const card = activeRow();
  const range = getSelection().isCollapsed ? null : getSelection().getRangeAt(0);
  const place = (node, at) => {
    const line = (node?.parentElement ?? node)?.closest("[data-start]");
    return card.contains(line) ? Number(line.dataset.start) + at : NaN;
  };
  const [from, to] = [place(range?.startContainer, range?.startOffset), place(range?.endContainer, range?.endOffset)];
  if (from < to) {
    steps.set("comment_start", card.dataset.kind, from);
    steps.set("comment_end", card.dataset.kind, to);
    steps.refresh();
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
  if (target.matches("input") || !activeRow().contains(steps.attributes?.box ?? document)) return false;
  steps.attributes.move(step);
};

const KEYS = {
  c: comment,
  p: () => form.querySelectorAll(".pair details").forEach((one) => { one.open = !one.open; }),
  ArrowRight: attribute(1),
  ArrowLeft: attribute(-1),
  active: follow,
  locked: () => say(own.waiting() ? texts.locked : texts.over),
};

const BUTTONS = {
  send: () => { outbox.send(); htmx.trigger("#saved", "save"); },
  takeback: takeBack,
  remove: () => { outbox.put(outbox.refused[0]?.key); outbox.say(); },
  keep: () => { part("#conflict").close(); draft.changed(); },
  discard: () => { draft.stop(); location.reload(); },
};

function on(names, listener) {
  for (const name of names.split(" ")) document.addEventListener(name, listener, name === "toggle");
}

on("click", ({ target }) => BUTTONS[target.closest("[data-do]")?.dataset.do]?.());
on("htmx:load", start);
on("htmx:load toggle", () => follow());
on("htmx:beforeOnLoad htmx:sendError", (event) => outbox?.settle(event));
on("htmx:beforeRequest", (event) => event.target === form && outbox && !submit() && event.preventDefault());
on("htmx:afterRequest", ({ target }) => target === form && own.waiting() && say(texts.local));
on("htmx:beforeSwap", ({ target }) => target.id === "content" && draft?.leave());
addEventListener("pagehide", () => draft?.leave());
addEventListener("online", () => BUTTONS.send());
addEventListener("focus", () => outbox?.waiting.length && outbox.send());
addEventListener("offline", () => outbox?.say("offline"));
// Of the draft and of the hold on the item.
on("htmx:responseError", ({ target, detail: { xhr } }) => {
  if (!target.matches("#hold, #saved") || xhr.getResponseHeader("HX-Retarget")) return;
  if (xhr.status === 401 || xhr.status === 403) show("login");
  else if (xhr.status < 500 && xhr.status !== 429) show("lost", xhr.responseText || texts.lease);
});
// Adjudication: a cause beside the decisions, and no draft.
on("submit", (event) => {
  if (event.target !== form || outbox || (complete() && form.querySelector("[name=cause]:checked"))) return;
  event.preventDefault();
  part("#cause-error").hidden = Boolean(steps.firstOpen());
});

