// The state of the step cards: verdict and value, completeness, the rules table. No network here.

import { Attributes } from "./attributes.js";
import { texts } from "./page.js";

// Project option: the steps after the first incorrect one stay unmarked.
const beyond = (card) => card.matches("[data-first-error] .step:has(.incorrect :checked) ~ .step");
const tell = (line, words) => line && Object.assign(line, { textContent: words, hidden: !words });

export class StepForm {
  constructor(form) {
    this.form = form;
    this.rules = JSON.parse(document.getElementById("rules").textContent);
    this.cards = [...form.querySelectorAll("[data-judged]")];
    const table = form.querySelector("[data-attributes]");
    this.attributes = table && new Attributes(table);
    form.addEventListener("input", ({ target }) => target.matches("textarea") && this.#marked());
    form.addEventListener("click", ({ target }) => {
      if (target.type === "radio" && target.closest(".step")) this.#pick(target.closest(".step").dataset, target);
    });
    this.#adopt();
  }

  get(name, kind) {
    return this.form.elements.namedItem(`${name}-${kind}`)?.value ?? "";
  }

  set(name, value) {
    for (const field of this.form.querySelectorAll(`[name="${name}"]`)) {
      if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
    }
  }

  // What is marked, to compare.
  get marks() {
    return JSON.stringify([...new FormData(this.form)].filter(([name]) => /-\d+$/.test(name)));
  }

  // Everything that a form of the item held, in place of what it holds.
  fill(fields) {
    for (let at = 0; `attribute_name-${at}` in fields; at += 1) this.attributes?.row(fields[`attribute_name-${at}`]);
    for (const { name } of this.form.elements) {
      if (name && name !== "csrfmiddlewaretoken") this.set(name, fields[name] ?? "");
    }
    for (const remarks of this.form.querySelectorAll(".remarks:has(textarea:not(:placeholder-shown))")) remarks.open = true;
    this.attributes?.onward();
    this.#adopt();
  }

  // Nothing can be changed while a submission of the form waits: what is shown is what was sent.
  get locked() {
    return this.form.dataset.locked;
  }

  set locked(state) {
    this.form.dataset.locked = state;
    for (const part of this.form.querySelectorAll(".steps, [commandfor=skip]")) part.inert = state !== "";
  }

  // What a step still lacks. People agree on an optional one; a lead may leave it as it is.
  problem(card) {
    const { kind } = card.dataset;
    const verdict = this.get("verdict", kind);
    if (beyond(card)) return "";
    if (!verdict) return "optional" in card.dataset ? "" : texts.pick;
    if (verdict === "incorrect" && card.querySelector(".opt.value") && !this.get("value", kind)) return texts.pickvalue;
    if (!this.reasonOf(card) || this.get("reason", kind).trim()) return "";
    return verdict === "unsure" ? texts.why : texts.rulewhy;
  }

  // The field of the reason, where one is needed.
  reasonOf({ dataset: { kind } }) {
    const needed = this.get("verdict", kind) === "unsure" || (kind === "5" && this.#conflict());
    return needed ? this.form.elements.namedItem(`reason-${kind}`) : null;
  }

  // The first step that lacks something, from the one after `card` on.
  firstOpen(card) {
    const start = this.cards.indexOf(card) + 1;
    return [...this.cards.slice(start), ...this.cards].find((one) => this.problem(one));
  }

  showProblems() {
    for (const card of this.cards) tell(card.querySelector("[data-client-error]"), this.problem(card));
    return this.firstOpen();
  }

  refresh() {
    const due = this.cards.filter((card) => !beyond(card));
    const done = due.filter((card) => !this.problem(card));
    for (const card of this.cards) {
      const { kind } = card.dataset;
      const verdict = this.get("verdict", kind);
      card.dataset.state = verdict;
      if (done.includes(card)) tell(card.querySelector("[data-client-error]"), "");
      // As many dots are full as the count says.
      const dot = this.form.querySelector(`[data-dot="${kind}"]`);
      if (dot) dot.dataset.state = done.includes(card) ? verdict || "agreed" : due.includes(card) && verdict ? "begun" : "";
    }
    tell(this.form.querySelector("#done-count"), `${done.length} ${texts.done} ${due.length}`);
    tell(this.form.querySelector("[data-rule-warning]"), this.#conflict());
    if (this.#conflict() && this.form.elements.hint_shown) this.form.elements.hint_shown.value = "1";
  }

  // What a person chose stays; what only follows from it goes with it.
  #pick({ kind, claim }, { name, value }) {
    const isVerdict = name === `verdict-${kind}`;
    if (!isVerdict && name !== `value-${kind}`) {
      this.attributes.onward();
      this.#value(kind, claim, this.attributes.overall());
    } else if (!isVerdict) this.#value(kind, claim, value);
    else {
      this.picked.add(name);
      // "Correct" says that the claim is the true value.
      if (value === "correct") this.#imply("value", kind, claim);
      else if (!this.picked.has(`value-${kind}`) && this.get("value", kind) === claim) this.set(`value-${kind}`, "");
    }
    this.#marked();
  }

  // The reasoning can be wrong and the value right.
  #value(kind, claim, value) {
    if (!value) return;
    this.set(`value-${kind}`, value);
    this.picked.add(`value-${kind}`);
    const impossible = this.get("verdict", kind) === "correct" && value !== claim;
    if (impossible || !this.picked.has(`verdict-${kind}`)) this.#imply("verdict", kind, value === claim ? "correct" : "incorrect");
  }

  #imply(name, kind, value) {
    if (this.get(name, kind) === value) return;
    this.set(`${name}-${kind}`, value);
    this.picked.delete(`${name}-${kind}`);
  }

  #marked() {
    this.refresh();
    this.form.dispatchEvent(new Event("marked"));
  }

  // Of a draft nobody knows what was chosen first: a verdict stands, and a value beside "correct"
  // is the one that it implies.
  #adopt() {
    this.picked = new Set(this.cards.flatMap(({ dataset: { kind } }) => ({ "": [], correct: [`verdict-${kind}`] }
      [this.get("verdict", kind)] ?? [`verdict-${kind}`, `value-${kind}`])));
    this.refresh();
  }

  // The rules table's objection to the chosen values (of a step for context: the claimed one), or "".
  #conflict() {
    const [c, a, final] = [3, 4, 5].map((kind) => this.get("value", kind)
      || (this.form.querySelector(`#step-${kind}.context`)?.dataset.claim ?? ""));
    const [tier, words] = this.rules[`${c} ${a}`] ?? [];
    const last = this.form.querySelector("#step-5[data-judged]");
    if (!tier || !this.get("value", 5) || tier === final || beyond(last)) return "";
    return words;
  }
}
