// What the server has not answered waits in localStorage, one entry an item: the draft of a form, or
// its submission. A submission carries its client_key, so sending one twice stores it once. One that
// was refused keeps its error, stands in nobody's way and is there until the person removes it.

import { texts } from "./page.js";

let stuck = false;
// The label page's form; the page of an empty queue has none.
const page = () => document.querySelector("[data-next-url]");
const banner = () => document.getElementById("banner");
const place = () => `stepwise:outbox:${page()?.dataset.user}`;
const entries = () => JSON.parse(localStorage.getItem(place()) ?? "[]");
const isOwn = ({ assignment }) => assignment === page().dataset.assignment;

export const entryOf = ({ dataset }) => entries().find(({ assignment }) => assignment === dataset.assignment);
export const waiting = () => entries().filter((entry) => !entry.draft && !("error" in entry));
export const refused = () => entries().filter((entry) => "error" in entry);

// In its place in the queue; without an entry: removed.
export function put(number, ...entry) {
  const all = entries();
  const at = all.findIndex(({ assignment }) => assignment === number);
  all.splice(at < 0 ? all.length : at, at < 0 ? 0 : 1, ...entry);
  localStorage.setItem(place(), JSON.stringify(all));
}

// What the form holds now; a fresh token goes along when it is sent.
export function keep(form, draft = false) {
  const { csrfmiddlewaretoken, ...fields } = Object.fromEntries(new FormData(form));
  const { assignment, item } = form.dataset;
  put(assignment, { assignment, item, draft, key: fields.client_key, url: form.getAttribute("hx-post"), fields });
}

// One part of the banner, or none of it.
export function show(part, line = "") {
  if (!banner()) return;
  for (const one of banner().children) one.hidden = one.dataset.when !== part;
  const words = banner().querySelector(`[data-when="${part}"] [data-words]`);
  if (words) words.textContent = line;
  banner().classList.toggle("bad", part !== "offline");
  banner().hidden = !part;
}

// How it stands: why nothing can be sent now, else the refused ones, each by its item.
export function say(why, entry = refused()[0]) {
  const [{ length }, { length: many }] = [waiting(), refused()];
  if (why) return show(why, length ? `${length} ${texts.waiting}.` : "");
  const line = texts.refused.replace("%i", entry?.item ?? "").replace("%w", entry?.error || texts.nowhy);
  show(entry && "refused", many > 1 ? `${line} (1 ${texts.done} ${many})` : line);
}

// What waits, in order; stops where nothing can be sent now. The page's own goes as its form.
export async function send() {
  const [own, others] = [waiting().find(isOwn), waiting().filter((entry) => !isOwn(entry))];
  stuck = false;
  for (const { url, fields } of others) {
    const how = { source: banner(), event: new Event("send"), values: fields, swap: "none" };
    if (!stuck) await htmx.ajax("POST", url, how).catch(() => null);
  }
  if (own) htmx.trigger(page(), "send");
  else if (!stuck && others.length && page().matches("[data-empty]")) location.assign(page().dataset.nextUrl);
  else if (!stuck) say();
}

// What became of one, by the status of its answer; 0: there was none. Only the answer to the
// page's own is a page for htmx to show.
export function settle(event) {
  const { requestConfig: { path, parameters }, xhr } = event.detail;
  const entry = page() && waiting().find(({ key, url }) => url === path && key === parameters.client_key);
  if (!entry) return;
  const taken = (xhr.status >= 200 && xhr.status < 400) || (isOwn(entry) && xhr.status === 422);
  if (!isOwn(entry) || !taken) event.preventDefault();
  if (taken) return put(entry.assignment);
  const why = { 0: "offline", 401: "login", 403: "login", 429: "offline" }[xhr.status];
  stuck = Boolean(why) || xhr.status >= 500;
  if (stuck) return say(why ?? "offline");
  const line = xhr.getResponseHeader("content-type")?.startsWith("text/plain");
  put(entry.assignment, { ...entry, error: line ? xhr.responseText : "" });
  if (isOwn(entry)) page().dispatchEvent(new Event("refused"));
}
