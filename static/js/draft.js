// Autosave of the draft, with a copy in localStorage until the server has it.

import { canonical } from "./form.js";
import { post } from "./http.js";
import { texts } from "./texts.js";

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
    this.sent = []; // the last versions that this window sent, answered or not
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
    const answers = this.steps.answers();
    const now = canonical(answers);
    this.sent = [...this.sent.filter((one) => one !== now), now].slice(-3);
    this.#keep();
    const { active_ms, hint_shown } = this.form.elements;
    const body = { base_version: this.version, draft: JSON.stringify(answers), active_ms: active_ms.value, hint_shown: hint_shown.value };
    const answer = await post(this.form.dataset.draftUrl, new URLSearchParams(body), how);
    this.busy = false;
    this.#answered(answer, now);
    if (this.again) { this.again = false; this.changed(); }
  }

  // Called when the work has left this page: nothing of it may come back.
  stop() {
    this.stopped = true;
    clearTimeout(this.wait);
    localStorage.removeItem(this.name);
  }

  resume() {
    this.stopped = false;
    this.changed();
  }

  #answered({ kind, data }, sent) {
    if (this.stopped) return;
    if (kind === "ok") return this.#saved(data.version, sent);
    if (kind === "conflict" && data.version !== undefined && this.#own(data.draft)) {
      this.#saved(data.version, canonical(data.draft));
      if (this.dirty) this.changed();
      return;
    }
    this.status.textContent = texts.local;
    if (kind === "conflict" && data.version !== undefined) this.handlers.onConflict(data);
    else if (kind === "conflict" || kind === "refused") this.handlers.onLost(data.error);
    else if (kind === "login") this.handlers.onLogin();
  }

  #saved(version, stored) {
    this.version = version;
    this.dirty = stored !== canonical(this.steps.answers());
    if (this.dirty) this.#keep();
    else localStorage.removeItem(this.name);
    this.status.textContent = `${texts.saved} ${new Date().toLocaleTimeString([], { hour12: false })}`;
  }

  // The same as here, or what this window sent without hearing the answer: no other window's work.
  #own(draft) {
    return [canonical(this.steps.answers()), ...this.sent].includes(canonical(draft));
  }

  #keep() {
    const copy = { version: this.version, answers: this.steps.answers(), sent: this.sent };
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
    this.sent = copy.sent ?? [];
    const own = this.sent.includes(canonical(theirs));
    if (canonical(theirs) === canonical(copy.answers)) return localStorage.removeItem(this.name);
    this.steps.fill(copy.answers);
    if (own || copy.version === this.version) this.changed();
    else queueMicrotask(() => this.handlers.onConflict({ version: this.version, draft: theirs }));
  }
}
