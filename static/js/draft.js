// Autosave of the draft, with a copy in localStorage until the server has it.

import { texts } from "./form.js";
import { post } from "./http.js";

const DELAY_MS = 600;

export class Draft {
  constructor(form, steps, { onConflict, onLogin, onLost }) {
    this.form = form;
    this.steps = steps;
    this.handlers = { onConflict, onLogin, onLost };
    this.version = Number(form.dataset.version);
    this.name = `stepwise:draft:${form.dataset.user}:${form.dataset.assignment}`;
    this.status = document.getElementById("saved");
    this.stopped = false;
    this.dirty = false;
    this.#restore();
  }

  changed() {
    if (this.stopped) return;
    this.dirty = true;
    this.#keep();
    clearTimeout(this.wait);
    this.status.textContent = texts.saving;
    this.wait = setTimeout(() => this.save(), DELAY_MS);
  }

  // The page is left with work that the server has not seen: skip, undo, a link, a closed tab.
  leave({ keepalive = true } = {}) {
    return this.dirty && !this.stopped ? this.save({ keepalive }) : null;
  }

  async save(how = {}) {
    clearTimeout(this.wait);
    if (this.stopped) return;
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    const sent = JSON.stringify(this.steps.answers());
    const body = new URLSearchParams({ base_version: this.version, draft: sent, active_ms: this.form.elements.active_ms.value });
    const answer = await post(this.form.dataset.draftUrl, body, how);
    this.busy = false;
    this.#answered(answer, sent);
    if (this.again) { this.again = false; this.changed(); }
  }

  // Called when the work has left this page: nothing of it may come back.
  stop() {
    this.stopped = true;
    clearTimeout(this.wait);
    localStorage.removeItem(this.name);
  }

  #answered({ kind, data }, sent) {
    if (this.stopped) return;
    if (kind === "ok") {
      this.version = data.version;
      const same = sent === JSON.stringify(this.steps.answers());
      this.dirty = !same;
      if (same) localStorage.removeItem(this.name);
      this.status.textContent = `${texts.saved} ${new Date().toLocaleTimeString([], { hour12: false })}`;
      return;
    }
    this.status.textContent = texts.local;
    if (kind === "conflict" && data.version !== undefined) this.handlers.onConflict(data);
    else if (kind === "conflict" || kind === "refused") this.handlers.onLost(data.error);
    else if (kind === "login") this.handlers.onLogin();
  }

  #keep() {
    const copy = { version: this.version, answers: this.steps.answers() };
    localStorage.setItem(this.name, JSON.stringify(copy));
  }

  #restore() {
    let copy = null;
    try {
      copy = JSON.parse(localStorage.getItem(this.name) ?? "null");
    } catch {
      localStorage.removeItem(this.name);
    }
    if (!copy) return;
    const theirs = this.steps.answers();
    if (JSON.stringify(theirs) === JSON.stringify(copy.answers)) return localStorage.removeItem(this.name);
    this.steps.fill(copy.answers);
    if (copy.version === this.version) this.changed();
    else queueMicrotask(() => this.handlers.onConflict({ version: this.version, draft: theirs }));
  }
}
