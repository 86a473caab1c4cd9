// The state of the step cards: verdict and value, completeness, the rules table.
// No network here; label.js and adjudicate.js wire it to keys and saving.

import { Attributes } from "./attributes.js";
import { texts } from "./texts.js";

const FIELDS = ["verdict", "value", "reason", "comment", "comment_start", "comment_end"];
const blank = (name) => (name.startsWith("comment_") ? null : "");

// One text for one content, whatever the order of its keys and whatever was left out.
export function canonical(draft) {
  return JSON.stringify([1, 2, 3, 4, 5].map((kind) => {
    const answer = draft[kind] ?? {};
    const marks = (answer.attributes ?? []).map(({ name, state }) => [name, state]);
    return [...FIELDS.map((name) => answer[name] ?? blank(name)), marks];
  }));
}

export class StepForm {
  constructor(form, rules, onChange) {
    this.form = form;
    this.rules = rules;
    this.onChange = onChange;
    this.picked = new Set(); // fields that the person chose, as against those that follow from another
    this.cards = [...form.querySelectorAll(".step[data-judged]")];
    const table = form.querySelector("[data-attributes]");
    this.attributes = table ? new Attributes(table.closest(".step"), (card, value) => this.#marked(card, value)) : null;
    form.addEventListener("change", (event) => this.#changed(event.target));
    form.addEventListener("input", (event) => {
      if (!event.target.matches("textarea")) return;
      this.refresh();
      this.onChange();
    });
    this.#adopt();
    this.refresh();
  }

  card(kind) {
    return this.cards.find((card) => card.dataset.kind === String(kind));
  }

  get(kind, name) {
    return this.form.elements.namedItem(`${name}-${kind}`)?.value ?? "";
  }

  set(kind, name, value) {
    const field = this.form.elements.namedItem(`${name}-${kind}`);
    if (!field) return;
    if (field instanceof RadioNodeList && !value) {
      for (const radio of field) radio.checked = false;
    } else {
      field.value = value ?? "";
    }
  }

  // Nothing can be changed while a submission of the form waits: what is shown is what was sent.
  get locked() {
    return this.form.dataset.locked ?? "";
  }

  lock(state) {
    if (state) this.form.dataset.locked = state;
    else delete this.form.dataset.locked;
    for (const part of this.form.querySelectorAll(".steps, [data-open=skip]")) part.inert = Boolean(state);
  }

  pickVerdict(card, verdict) {
    if (this.#closed(card)) return;
    const { kind, claim } = card.dataset;
    this.set(kind, "verdict", verdict);
    this.picked.add(`verdict-${kind}`);
    // "Correct" says that the claim is the true value; what it implied goes with it.
    if (verdict === "correct") this.#imply(kind, "value", claim);
    else if (!this.picked.has(`value-${kind}`) && this.get(kind, "value") === claim) this.set(kind, "value", "");
    this.refresh();
    this.onChange();
  }

  // A verdict that the person chose stays: the reasoning can be wrong and the value right.
  pickValue(card, value) {
    if (this.#closed(card)) return;
    const { kind, claim } = card.dataset;
    this.set(kind, "value", value);
    this.picked.add(`value-${kind}`);
    const impossible = this.get(kind, "verdict") === "correct" && value !== claim;
    if (impossible || !this.picked.has(`verdict-${kind}`)) this.#imply(kind, "verdict", value === claim ? "correct" : "incorrect");
    this.refresh();
    this.onChange();
  }

  // kind -> fields of every marked step; the shape of the draft on the server.
  answers() {
    const out = {};
    for (const { dataset: { kind } } of this.cards) {
      const answer = {};
      for (const name of FIELDS) {
        const raw = this.get(kind, name);
        answer[name] = name.startsWith("comment_") && raw !== "" ? Number(raw) : raw || blank(name);
      }
      if (this.attributes?.card.dataset.kind === kind) answer.attributes = this.attributes.marks();
      if (answer.verdict || answer.value || answer.reason || answer.comment || answer.attributes?.length) out[kind] = answer;
    }
    return out;
  }

  fill(answers) {
    for (const card of this.cards) {
      const { kind } = card.dataset;
      const answer = answers[kind] ?? {};
      for (const name of FIELDS) this.set(kind, name, answer[name] ?? "");
      if (this.attributes?.card === card) this.attributes.fill(answer.attributes ?? []);
      const remarks = card.querySelector("details");
      if (remarks && answer.comment) remarks.open = true;
    }
    this.#adopt();
    this.refresh();
  }

  isDone(card) {
    return this.problem(card) === "";
  }

  problem(card) {
    if ("beyond" in card.dataset) return "";
    const { kind } = card.dataset;
    const verdict = this.get(kind, "verdict");
    // People agree on an optional step; a lead may leave it as it is.
    if (!verdict) return "optional" in card.dataset ? "" : texts.pick;
    if (card.querySelector(".opt.value") && verdict === "incorrect" && !this.get(kind, "value")) return texts.pickvalue;
    if (!this.wantsReason(card) || this.get(kind, "reason").trim()) return "";
    return verdict === "unsure" ? texts.why : texts.rulewhy;
  }

  wantsReason(card) {
    const { kind } = card.dataset;
    const field = this.form.elements.namedItem(`reason-${kind}`);
    return Boolean(field) && (this.get(kind, "verdict") === "unsure" || (kind === "5" && this.conflict() !== ""));
  }

  // The rules table's objection to the three chosen values, or "".
  conflict() {
    const values = [3, 4, 5].map((kind) => this.get(kind, "value") || this.#claimed(kind));
    const tier = this.rules[`${values[0]} ${values[1]}`];
    const judged = this.get(5, "value") && !("beyond" in (this.card(5)?.dataset ?? {}));
    if (!tier || !values[2] || tier === values[2] || !judged) return "";
    return (texts.rule ?? "").replace("%c", values[0]).replace("%a", values[1]).replace("%t", tier);
  }

  firstOpen(after) {
    const start = after ? this.cards.indexOf(after) + 1 : 0;
    const order = [...this.cards.slice(start), ...this.cards.slice(0, start)];
    return order.find((card) => !this.isDone(card)) ?? null;
  }

  // Says at each step what it lacks; the first such card, or null.
  showProblems() {
    for (const card of this.cards) this.error(card.dataset.kind, this.problem(card));
    return this.firstOpen();
  }

  error(kind, message) {
    const line = this.card(kind)?.querySelector("[data-client-error]");
    if (line) Object.assign(line, { textContent: message, hidden: !message });
  }

  refresh() {
    let done = 0;
    this.#closeAfterFirstError();
    for (const card of this.cards) {
      const { kind, claim } = card.dataset;
      const verdict = this.get(kind, "verdict");
      const beyond = "beyond" in card.dataset;
      const ready = this.isDone(card);
      card.dataset.state = verdict;
      card.toggleAttribute("data-mixed", verdict === "incorrect" && claim !== "" && this.get(kind, "value") === claim);
      if (ready && !beyond) done += 1;
      if (ready) this.error(kind, "");
      // As many dots are full as the count says.
      const dot = this.form.querySelector(`[data-dot="${kind}"]`);
      if (dot) dot.dataset.state = beyond ? "" : ready ? verdict || "agreed" : verdict && "begun";
      const ask = card.querySelector("[data-ask]");
      ask?.classList.toggle("wanted", this.wantsReason(card) || this.get(kind, "reason") !== "" || (kind === "5" && this.conflict() !== ""));
      this.#quote(card);
    }
    this.attributes?.compare(this.get(4, "value"));
    const wanted = this.cards.filter((card) => !("beyond" in card.dataset)).length;
    const count = this.form.querySelector("#done-count");
    if (count) count.textContent = `${done} ${texts.done ?? "/"} ${wanted}`;
    const warning = this.form.querySelector("[data-rule-warning]");
    if (warning) {
      warning.textContent = this.conflict();
      warning.hidden = !warning.textContent;
      const seen = this.form.elements.namedItem("hint_shown");
      if (seen && !warning.hidden) seen.value = "1";
    }
  }

  #closed(card) {
    return this.locked !== "" || "beyond" in card.dataset;
  }

  #imply(kind, name, value) {
    if (this.get(kind, name) === value) return;
    this.set(kind, name, value);
    this.picked.delete(`${name}-${kind}`);
  }

  // Of a draft nobody knows what was chosen first: a verdict stands, and a value beside "correct"
  // is the one that it implies.
  #adopt() {
    this.picked.clear();
    for (const { dataset: { kind } } of this.cards) {
      const verdict = this.get(kind, "verdict");
      if (verdict) this.picked.add(`verdict-${kind}`);
      if (verdict && verdict !== "correct") this.picked.add(`value-${kind}`);
    }
  }

  // Project option: the steps after the first incorrect one stay unmarked. What was chosen there
  // comes back when the error is taken back; disabled fields are not sent.
  #closeAfterFirstError() {
    if (!("firstError" in this.form.dataset)) return;
    let wrong = false;
    for (const card of this.cards) {
      card.toggleAttribute("data-beyond", wrong);
      for (const field of card.querySelectorAll("input, textarea")) field.disabled = wrong;
      wrong ||= this.get(card.dataset.kind, "verdict") === "incorrect";
    }
  }

  #claimed(kind) {
    const card = this.form.querySelector(`.step[data-kind="${kind}"]`);
    return card && !this.cards.includes(card) ? card.dataset.claim : "";
  }

  #changed(target) {
    const card = target.closest?.(".step[data-judged]");
    if (!card) return;
    if (target.name.startsWith("verdict-")) this.pickVerdict(card, target.value);
    else if (target.name.startsWith("value-")) this.pickValue(card, target.value);
    else if (target.name.startsWith("attribute_state-")) this.attributes.marked();
    else this.refresh();
  }

  // All attributes marked: the step's value follows. Picking another value overrides it.
  #marked(card, value) {
    if (value) return this.pickValue(card, value);
    this.refresh();
    this.onChange();
  }

  #quote(card) {
    const line = card.querySelector("[data-quote]");
    if (!line) return;
    const { kind } = card.dataset;
    const [start, end] = [this.get(kind, "comment_start"), this.get(kind, "comment_end")];
    const spans = [...card.querySelectorAll("[data-start]")];
    const span = spans.find((s) => +s.dataset.start <= +start && +start < +s.dataset.start + s.textContent.length);
    line.hidden = start === "" || !span;
    if (line.hidden) return;
    const at = Number(span.dataset.start);
    line.querySelector("q").textContent = span.textContent.slice(start - at, end - at);
  }
}
