// Submissions that wait in localStorage until the server has answered them. Each carries its
// client_key, so sending one twice stores it once. One that was refused keeps its error, stands in
// nobody's way and is there until the person removes it.

import { post } from "./http.js";

export class Outbox {
  constructor(user) {
    this.name = `stepwise:outbox:${user}`;
    this.sending = null;
  }

  all() {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "[]");
    } catch {
      return [];
    }
  }

  waiting() {
    return this.all().filter((entry) => !("error" in entry));
  }

  refused() {
    return this.all().filter((entry) => "error" in entry);
  }

  // The place in the queue is kept.
  put(entry) {
    const all = this.all();
    const at = all.findIndex(({ key }) => key === entry.key);
    all.splice(at < 0 ? all.length : at, 1, entry);
    this.#write(all);
  }

  remove(key) {
    this.#write(this.all().filter((entry) => entry.key !== key));
  }

  // Sends everything in order; stops where nothing can be sent now. Resolves to
  // {kind: done | offline | login, answers: key -> what the server said}.
  flush() {
    this.sending ??= this.#send().finally(() => { this.sending = null; });
    return this.sending;
  }

  async #send() {
    const answers = new Map();
    // One that is added meanwhile is sent too.
    const following = () => this.waiting().find(({ key }) => !answers.has(key));
    for (let entry = following(); entry; entry = following()) {
      const answer = await post(entry.url, new URLSearchParams(entry.fields));
      if (answer.kind === "offline" || answer.kind === "login") return { kind: answer.kind, answers };
      answers.set(entry.key, answer);
      if (answer.kind === "ok") this.remove(entry.key);
      else this.put({ ...entry, error: answer.data.error ?? "" });
    }
    return { kind: "done", answers };
  }

  #write(entries) {
    localStorage.setItem(this.name, JSON.stringify(entries));
  }
}
