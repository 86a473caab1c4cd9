// The asked attributes of step 4: one current row, its marks, and the value they come to
// (the same rule as annotation/cot/attributes.py, which checks it again).

import { texts } from "./texts.js";

const KEYS = { y: "match", n: "mismatch", x: "unknown", z: "not_asked" };

export class Attributes {
  constructor(card, onMarked) {
    this.card = card;
    this.box = card.querySelector("[data-attributes]");
    this.onMarked = onMarked;
    this.current = 0;
    const adding = this.box.querySelector("[data-add-attribute]");
    adding.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.#added(adding);
    });
    this.box.addEventListener("focusin", (event) => {
      const at = this.rows().indexOf(event.target.closest("[data-attribute]"));
      if (at >= 0) this.#show(at);
    });
    this.#show(0);
  }

  rows() {
    return [...this.box.querySelectorAll("[data-attribute]")];
  }

  marks() {
    return this.rows().flatMap((row) => {
      const state = row.querySelector("input:checked")?.value;
      return state ? [{ name: row.querySelector("input[type=hidden]").value, state }] : [];
    });
  }

  fill(marks) {
    for (const { name } of marks) if (!this.#row(name)) this.#add(name);
    for (const row of this.rows()) {
      const mark = marks.find(({ name }) => row === this.#row(name));
      for (const radio of row.querySelectorAll("input[type=radio]")) radio.checked = radio.value === mark?.state;
    }
    this.#next();
  }

  // What the rows can still come to: nothing is said before a mark, one value when all have one.
  possible() {
    const marks = this.marks();
    if (!marks.length) return [];
    const open = this.rows().length - marks.length;
    const counted = marks.filter(({ state }) => state !== "not_asked").length;
    const met = marks.filter(({ state }) => state === "match").length;
    const unmet = counted - met;
    return [
      counted === 0 && "not_requested",
      unmet === 0 && met + open > 0 && "all",
      met + open > 0 && unmet + open > 0 && counted + open > 1 && "partial",
      met === 0 && unmet + open > 0 && "none",
    ].filter(Boolean);
  }

  // "" while a row is unmarked: then nothing follows yet.
  overall() {
    return this.marks().length < this.rows().length ? "" : this.possible()[0] ?? "";
  }

  // True when the key was one of ours.
  key(event) {
    const state = KEYS[event.key.toLowerCase()];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const row = this.rows()[this.current];
    if (event.key.toLowerCase() === "a") this.box.querySelector("[data-add-attribute]").focus();
    else if (row && state) {
      row.querySelector(`input[value="${state}"]`).checked = true;
      this.marked();
    } else if (row && step && !event.target.matches("input")) this.#show((this.current + step + this.rows().length) % this.rows().length);
    else return false;
    event.preventDefault();
    return true;
  }

  marked() {
    this.#next();
    this.onMarked(this.card, this.overall());
  }

  // Says when the rows contradict the chosen value, or while none is chosen the claimed one.
  compare(chosen) {
    const line = this.box.querySelector("[data-derived]");
    const [value, possible, derived] = [chosen || this.card.dataset.claim, this.possible(), this.overall()];
    line.hidden = !value || !possible.length || possible.includes(value);
    const name = (v) => this.card.querySelector(`.opt.value input[value="${v}"] + .face .name`)?.textContent ?? v;
    const sentence = derived && chosen ? texts.derived : chosen ? texts.clash : texts.clashclaim;
    line.textContent = (sentence ?? "").replace("%d", name(derived)).replace("%v", name(value));
  }

  #row(name) {
    const wanted = name.trim().toLowerCase();
    return this.rows().find((row) => row.querySelector("input[type=hidden]").value.trim().toLowerCase() === wanted);
  }

  #added(field) {
    const name = field.value.trim();
    if (name && !this.#row(name)) this.#add(name);
    field.value = "";
    this.card.focus({ preventScroll: true });
    if (name) this.#show(this.rows().indexOf(this.#row(name)));
  }

  #add(name) {
    const at = this.rows().length;
    const row = document.getElementById("attribute-row").content.firstElementChild.cloneNode(true);
    row.setAttribute("aria-labelledby", `attribute-${at}`);
    Object.assign(row.querySelector(".attribute-name"), { id: `attribute-${at}`, textContent: name });
    Object.assign(row.querySelector("input[type=hidden]"), { name: `attribute_name-${at}`, value: name });
    for (const radio of row.querySelectorAll("input[type=radio]")) radio.name = `attribute_state-${at}`;
    this.box.insertBefore(row, this.box.querySelector("[data-derived]"));
  }

  #next() {
    const open = this.rows().findIndex((row) => !row.querySelector("input:checked"));
    this.#show(open >= 0 ? open : this.current);
  }

  #show(at) {
    this.current = Math.max(at, 0);
    this.rows().forEach((row, i) => row.classList.toggle("current", i === this.current));
  }
}
