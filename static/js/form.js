// The state of the step cards: verdict and value linked, completeness, the rules table.
// No network here; label.js and adjudicate.js wire it to keys and saving.

import { Attributes } from "./attributes.js";

export const texts = document.getElementById("texts")?.dataset ?? {};

const FIELDS = ["reason", "comment", "comment_start", "comment_end"];

export class StepForm {
  constructor(form, rules, onChange) {
    this.form = form;
    this.rules = rules;
    this.onChange = onChange;
    this.cards = [...form.querySelectorAll(".step[data-judged]")];
    const table = form.querySelector("[data-attributes]");
    this.attributes = table ? new Attributes(table.closest(".step"), (card, value) => this.#marked(card, value)) : null;
    form.addEventListener("change", (event) => this.#changed(event.target));
    form.addEventListener("input", (event) => {
      if (event.target.matches("textarea")) this.onChange();
    });
    this.refresh();
  }

  card(kind) {
    return this.cards.find((card) => card.dataset.kind === String(kind));
  }

  get(kind, name) {
    const field = this.form.elements.namedItem(`${name}-${kind}`);
    return field ? field.value : "";
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

  pickVerdict(card, verdict) {
    if ("beyond" in card.dataset) return;
    const { kind, claim } = card.dataset;
    this.set(kind, "verdict", verdict);
    // "Correct" says the claim is the true value; "incorrect" says it is not.
    if (verdict === "correct") this.set(kind, "value", claim);
    else if (verdict === "incorrect" && this.get(kind, "value") === claim) this.set(kind, "value", "");
    this.refresh();
    this.onChange();
  }

  pickValue(card, value) {
    if ("beyond" in card.dataset) return;
    const { kind, claim } = card.dataset;
    this.set(kind, "value", value);
    this.set(kind, "verdict", value === claim ? "correct" : "incorrect");
    this.refresh();
    this.onChange();
  }

  // kind -> fields of every marked step; the shape of the draft on the server.
  answers() {
    const out = {};
    for (const { dataset: { kind } } of this.cards) {
      const answer = { verdict: this.get(kind, "verdict"), value: this.get(kind, "value") };
      for (const name of FIELDS) {
        const raw = this.get(kind, name);
        answer[name] = name.startsWith("comment_") ? (raw === "" ? null : Number(raw)) : raw;
      }
      if (this.attributes?.card.dataset.kind === kind) answer.attributes = this.attributes.marks();
      if (answer.verdict || answer.value || answer.reason || answer.comment || answer.attributes?.length) out[kind] = answer;
    }
    return out;
  }

  fill(answers) {
    for (const { dataset: { kind } } of this.cards) {
      const answer = answers[kind] ?? {};
      for (const name of ["verdict", "value", ...FIELDS]) this.set(kind, name, answer[name] ?? "");
      if (this.attributes?.card.dataset.kind === kind) this.attributes.fill(answer.attributes ?? []);
      const remarks = this.card(kind).querySelector("details");
      if (remarks && (answer.reason || answer.comment)) remarks.open = true;
    }
    this.refresh();
  }

  isDone(card) {
    return this.problem(card) === "";
  }

  problem(card) {
    if ("beyond" in card.dataset) return "";
    const kind = card.dataset.kind;
    const verdict = this.get(kind, "verdict");
    // People agree on an optional step; a lead may leave it as it is.
    if (!verdict) return "optional" in card.dataset ? "" : texts.pick;
    const wantsValue = card.querySelector(".opt.value") && verdict === "incorrect";
    if (wantsValue && !this.get(kind, "value")) return texts.pickvalue;
    const remarks = card.querySelector("textarea");
    if (verdict === "unsure" && remarks && !this.get(kind, "reason").trim()) return texts.why;
    if (kind === "5" && remarks && this.conflict() && !this.get(kind, "reason").trim()) return this.conflict();
    return "";
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

  showProblems() {
    for (const card of this.cards) {
      const line = card.querySelector("[data-client-error]");
      const problem = this.problem(card);
      line.textContent = problem;
      line.hidden = !problem || !line.parentElement.querySelector("[data-rule-warning]")?.hidden && problem === this.conflict();
    }
    return this.firstOpen();
  }

  refresh() {
    let done = 0;
    this.#closeAfterFirstError();
    const wanted = this.cards.filter((card) => !("beyond" in card.dataset));
    for (const card of this.cards) {
      const { kind } = card.dataset;
      card.dataset.state = this.get(kind, "verdict");
      const dot = this.form.querySelector(`[data-dot="${kind}"]`);
      if (dot) dot.dataset.state = card.dataset.state || ("optional" in card.dataset ? "agreed" : "");
      if (wanted.includes(card) && this.isDone(card)) done += 1;
      const line = card.querySelector("[data-client-error]");
      if (line && !this.problem(card)) line.hidden = true;
      this.#quote(card);
    }
    this.attributes?.compare(this.get(4, "value"));
    const count = this.form.querySelector("#done-count");
    if (count) count.textContent = `${done} ${texts.done ?? "/"} ${wanted.length}`;
    const warning = this.form.querySelector("[data-rule-warning]");
    if (warning) {
      warning.textContent = this.conflict();
      warning.hidden = !warning.textContent;
      const seen = this.form.elements.namedItem("hint_shown");
      if (seen && !warning.hidden) seen.value = "1";
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
    return card && !card.dataset.judged && !this.cards.includes(card) ? card.dataset.claim : "";
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
    const found = spans.find((s) => +s.dataset.start <= +start && +start < +s.dataset.start + s.textContent.length);
    line.hidden = start === "" || !found;
    if (found) {
      const at = Number(found.dataset.start);
      line.querySelector("q").textContent = found.textContent.slice(start - at, end - at);
    }
  }
}
