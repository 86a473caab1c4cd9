// The draft: htmx sends it from #saved, and the outbox keeps it until the server has it.

import { entryOf, keep, put } from "./outbox.js";
import { texts } from "./page.js";

// What this window stored without hearing the answer is no other window's work.
const WINDOW = (sessionStorage.stepwiseWindow ??= `${Date.now()}.${Math.random()}`);

export class Draft {
  constructor(steps) {
    Object.assign(this, { steps, form: steps.form, status: document.getElementById("saved") });
    this.form.elements.window.value = WINDOW;
    this.form.addEventListener("marked", () => this.changed());
    this.status.addEventListener("htmx:beforeRequest", (event) => {
      if (!this.unsaved) event.preventDefault();
      this.sent = this.steps.marks;
    });
    this.status.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => this.unsaved && this.#answered(xhr.status));
  }

  get unsaved() {
    return entryOf(this.form)?.draft;
  }

  changed() {
    keep(this.form, true);
    this.status.textContent = texts.saving;
    htmx.trigger(this.status, "changed");
  }

  // Nothing of it may come back.
  drop() {
    if (this.unsaved) put(this.form.dataset.assignment);
  }

  // The page is left with work that the server has not seen.
  leave() {
    if (this.unsaved) navigator.sendBeacon(this.status.getAttribute("hx-post"), new FormData(this.form));
  }

  #answered(status) {
    if (status === 409) document.querySelector("#conflict:has(*):not([open])")?.showModal();
    this.status.textContent = status === 200 ? `${texts.saved} ${new Date().toTimeString().slice(0, 8)}` : texts.local;
    if (status !== 200) return;
    this.form.elements.window.value = WINDOW;
    if (this.sent === this.steps.marks) this.drop();
  }
}
