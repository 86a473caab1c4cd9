// Submissions that wait in localStorage until the server has confirmed them. Each carries its
// client_key, so sending one twice stores it once.

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

  add(entry) {
    this.#write([...this.all().filter((e) => e.key !== entry.key), entry]);
  }

  remove(key) {
    this.#write(this.all().filter((entry) => entry.key !== key));
  }

  // Sends everything in order; stops at the first entry that cannot be sent now.
  // Resolves to the last answer, or {kind: "empty"}.
  flush() {
    this.sending ??= this.#send().finally(() => { this.sending = null; });
    return this.sending;
  }

  async #send() {
    let answer = { kind: "empty", data: {} };
    for (const entry of this.all()) {
      answer = { ...await post(entry.url, new URLSearchParams(entry.fields)), entry };
      if (answer.kind !== "ok") return answer;
      this.remove(entry.key);
    }
    return answer;
  }

  #write(entries) {
    localStorage.setItem(this.name, JSON.stringify(entries));
  }
}
