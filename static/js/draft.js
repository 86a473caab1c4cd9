// The draft: htmx sends it from #saved, and a copy stays in localStorage until the server has it.

import { texts } from "./page.js";

// What this window stored without hearing the answer is no other window's work.
const WINDOW = (sessionStorage.stepwiseWindow ??= `${Date.now()}.${Math.random()}`);

export class Draft {
  constructor(steps) {
    const { form } = steps;
    Object.assign(this, { steps, form, fields: form.elements, status: document.getElementById("saved") });
    this.name = `stepwise:draft:${form.dataset.user}:${form.dataset.assignment}`;
    this.fields.window.value = WINDOW;
    form.addEventListener("marked", () => this.#keep());
    this.status.addEventListener("htmx:beforeRequest", (event) => {
      if (!this.dirty) event.preventDefault();
      this.sent = this.#now();
    });
    this.status.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => this.#answered(xhr.status));
    this.#restore();
  }

  // The page is left with work that the server has not seen.
  leave() {
    if (this.dirty) navigator.sendBeacon(this.status.getAttribute("hx-post"), new FormData(this.form));
  }

  // The work has left this page: nothing of it may come back.
  stop() {
    this.dirty = false;
    localStorage.removeItem(this.name);
  }

  changed() {
    this.form.dispatchEvent(new Event("marked"));
  }

  #now() {
    return JSON.stringify(this.steps.marks);
  }

  #keep() {
    this.dirty = true;
    const { base_version: { value: version }, window: { value: window } } = this.fields;
    localStorage.setItem(this.name, JSON.stringify({ version, window, marks: this.steps.marks }));
    this.status.textContent = texts.saving;
  }

  #answered(status) {
    if (!this.dirty) return;
    if (status === 409) document.querySelector("#conflict:has(*):not([open])")?.showModal();
    this.status.textContent = status === 200 ? `${texts.saved} ${new Date().toTimeString().slice(0, 8)}` : texts.local;
    if (status !== 200) return;
    this.fields.window.value = WINDOW;
    if (this.sent === this.#now()) this.stop();
  }

  #restore() {
    const copy = JSON.parse(localStorage.getItem(this.name) ?? "null");
    if (!copy || JSON.stringify(copy.marks) === this.#now()) return this.stop();
    [this.fields.base_version.value, this.fields.window.value, this.steps.marks] = [copy.version, copy.window, copy.marks];
    this.changed();
  }
}
