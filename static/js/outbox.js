// Submissions that wait in localStorage until the server has answered them. Each carries its
// client_key, so sending one twice stores it once. One that was refused keeps its error, stands in
// nobody's way and is there until the person removes it.

import { texts } from "./page.js";

const banner = () => document.getElementById("banner");
const words = ({ item, error }) => texts.refused.replace("%i", item ?? "").replace("%w", error || texts.nowhy);

// One part of the banner, or none of it.
export function show(part, line = "") {
  for (const one of banner().children) one.hidden = one.dataset.when !== part;
  const place = banner().querySelector(`[data-when="${part}"] [data-words]`);
  if (place) place.textContent = line;
  banner().classList.toggle("bad", part !== "offline");
  banner().hidden = !part;
}

export class Outbox {
  // `own`: the page's form as a submission. The page of an empty queue has none.
  constructor({ user, nextUrl }, own) {
    Object.assign(this, { name: `stepwise:outbox:${user}`, nextUrl, own });
  }

  get all() {
    return JSON.parse(localStorage.getItem(this.name) ?? "[]");
  }

  get waiting() {
    return this.all.filter((entry) => !("error" in entry));
  }

  get refused() {
    return this.all.filter((entry) => "error" in entry);
  }

  // In its place in the queue; without an entry: removed.
  put(key, ...entry) {
    const all = this.all;
    const at = all.findIndex((one) => one.key === key);
    all.splice(at < 0 ? all.length : at, at < 0 ? 0 : 1, ...entry);
    localStorage.setItem(this.name, JSON.stringify(all));
  }

  // How it stands: why nothing can be sent now, else the refused ones, each by its item.
  say(why, refused = this.refused[0]) {
    const { waiting: { length }, refused: { length: many } } = this;
    if (why) show(why, length ? `${length} ${texts.waiting}.` : "");
    else show(refused && "refused", refused && words(refused) + (many > 1 ? ` (1 ${texts.done} ${many})` : ""));
  }

  // What waits, in order; stops where nothing can be sent now. The page's own goes as its form.
  async send() {
    const others = this.waiting.filter(({ key }) => key !== this.own.key());
    this.stuck = false;
    for (const { url, fields } of others) {
      const how = { source: banner(), event: new Event("send"), values: fields, swap: "none" };
      if (!this.stuck) await htmx.ajax("POST", url, how).catch(() => null);
    }
    if (this.own.waiting()) this.own.send();
    else if (!this.stuck && others.length && !this.own.key()) location.assign(this.nextUrl);
    else if (!this.stuck) this.say();
  }

  // What became of one, by the status of its answer; 0: there was none. Only the answer to the
  // page's own is a page for htmx to show.
  settle(event) {
    const { requestConfig: { path, parameters }, xhr } = event.detail;
    const entry = this.all.find(({ key, url }) => url === path && key === parameters.client_key);
    if (!entry) return;
    const own = entry.key === this.own.key();
    const taken = (xhr.status >= 200 && xhr.status < 400) || (own && xhr.status === 422);
    if (!own || !taken) event.preventDefault();
    if (taken) return this.put(entry.key);
    const why = { 0: "offline", 401: "login", 403: "login", 429: "offline" }[xhr.status];
    this.stuck = Boolean(why) || xhr.status >= 500;
    if (this.stuck) return this.say(why ?? "offline");
    const line = xhr.getResponseHeader("content-type")?.startsWith("text/plain");
    const refused = { ...entry, error: line ? xhr.responseText : "" };
    this.put(entry.key, refused);
    if (own) this.own.refused(refused);
  }
}
