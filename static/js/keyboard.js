// Keys of the label and adjudication pages. Letters act only outside text fields and dialogs.

const VERDICTS = { 1: "correct", 2: "incorrect", 3: "unsure" };
const VALUES = "qwer";
const UNLOCKED = ["Enter", "Escape", "u", "f", "g", "l", "p", "?"]; // what works while a form waits to be sent

export class StepKeys {
  constructor(steps, actions) {
    this.steps = steps;
    this.actions = actions; // key -> function
    this.active = null;
    document.addEventListener("keydown", (event) => this.#key(event));
    steps.form.addEventListener("focusin", (event) => {
      const card = event.target.closest(".step[data-judged]");
      if (card) this.#mark(card);
    });
    steps.form.addEventListener("change", (event) => {
      const card = event.target.closest(".step[data-judged]");
      if (card) this.#mark(card);
    });
    const start = steps.firstOpen() ?? steps.cards[0];
    // From the top a person reads the query first; work that goes on is shown at once.
    this.activate(start, start !== steps.cards[0]);
  }

  activate(card, focus = true, reason = false) {
    if (!card) return;
    this.#mark(card);
    if (!focus) return;
    (reason ? card.querySelector("[data-ask] textarea") : card).focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  #mark(card) {
    this.active?.classList.remove("active");
    this.active = card;
    card.classList.add("active");
    this.actions.active?.(card);
  }

  #key(event) {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const typing = event.target.matches?.("textarea, input:not([type=radio]), select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return this.#run(event, "Enter");
    if (event.key === "Escape") return typing ? this.activate(this.active) : this.#run(event, "Escape");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    // A focused button, link or summary keeps its own Enter.
    if (event.key === "Enter" && event.target.matches?.("button, a, summary")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (this.steps.locked) return UNLOCKED.includes(key) ? this.#run(event, key) : event.key.length === 1 && this.actions.locked();
    if (event.key in VERDICTS) return this.#verdict(event, VERDICTS[event.key]);
    const { attributes } = this.steps;
    if (attributes?.card === this.active && attributes.key(event)) return attributes.overall() ? this.#onward() : undefined;
    const value = VALUES.indexOf(key);
    if (value >= 0) return this.#value(event, value);
    this.#move(event, key) || this.#run(event, key);
  }

  #move(event, key) {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
    if (!step) return false;
    event.preventDefault();
    const { cards } = this.steps;
    const at = cards.indexOf(this.active) + step;
    this.activate(cards[Math.min(Math.max(at, 0), cards.length - 1)]);
    return true;
  }

  #verdict(event, verdict) {
    const radio = this.active?.querySelector(`.opt input[value="${verdict}"]`);
    if (!radio) return;
    event.preventDefault();
    this.steps.pickVerdict(this.active, verdict);
    this.#onward();
  }

  #value(event, index) {
    const radio = this.active?.querySelectorAll(".opt.value input")[index];
    if (!radio) return;
    event.preventDefault();
    this.steps.pickValue(this.active, radio.value);
    this.#onward();
  }

  // After a finished step the next unlabelled one becomes active; an unfinished one stays.
  #onward() {
    if (!this.steps.isDone(this.active)) {
      if (this.active.dataset.state === "unsure") this.activate(this.active, true, this.steps.wantsReason(this.active));
      return;
    }
    const next = this.steps.firstOpen(this.active);
    this.activate(next ?? this.active);
  }

  #run(event, key) {
    const action = this.actions[key];
    if (!action) return;
    event.preventDefault();
    action(this.active);
  }
}
