// Empties the outbox when it can, and says in the banner what became of each submission.

import { hide, show, showLogin } from "./banner.js";
import { Outbox } from "./outbox.js";
import { texts } from "./texts.js";

// `own` is the page's form as a submission: its key(), whether it is waiting(), and what to do
// when it was stored(next), refused(data) or is takenBack(). A page without one has none.
export function startSending({ user, nextUrl, loginUrl }, own = null) {
  const outbox = new Outbox(user);

  async function flush() {
    const { kind, answers } = await outbox.flush();
    const answer = own && answers.get(own.key());
    if (answer?.kind === "ok") return own.stored(answer.data.next);
    if (answer) return own.refused(answer.data);
    const mine = own?.waiting() && { text: texts.takeback, key: "u", run: takeBack };
    const retry = { text: texts.retry, run: flush };
    if (kind === "login") return showLogin(loginUrl, [retry, mine]);
    if (kind === "offline") return show(`${texts.offline} ${outbox.waiting().length} ${texts.waiting}.`, { buttons: [retry, mine] });
    // Another window has sent the page's own.
    if (own?.waiting() && !outbox.waiting().some(({ key }) => key === own.key())) return own.stored(nextUrl);
    if (!own && answers.size) return location.assign(nextUrl);
    showRefused();
  }

  // Each by its item; the work on the page has nothing to do with it.
  function showRefused() {
    const [entry, ...others] = outbox.refused();
    if (!entry) return hide();
    const more = others.length ? ` (1 ${texts.done} ${others.length + 1})` : "";
    const remove = { text: texts.remove, run: () => { outbox.remove(entry.key); showRefused(); } };
    show(`${texts.refused.replace("%i", entry.item ?? "").replace("%w", entry.error || texts.nowhy)}${more}`, { bad: true, buttons: [remove] });
  }

  async function takeBack() {
    await outbox.sending;
    if (!own.waiting() || !outbox.waiting().some(({ key }) => key === own.key())) return;
    outbox.remove(own.key());
    hide();
    own.takenBack();
  }

  addEventListener("online", flush);
  addEventListener("focus", () => { if (outbox.waiting().length) flush(); });
  return { outbox, flush, showRefused, takeBack };
}
