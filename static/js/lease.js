// Keeps the hold on the item while the page is open and somebody is there.

import { post } from "./http.js";

export function startLease(form, { onLost, onLogin }) {
  const every = Math.max(3_000, Number(form.dataset.leaseMs) / 3);
  const timer = setInterval(async () => {
    if (document.hidden) return;
    const { kind, data } = await post(form.dataset.heartbeatUrl, new URLSearchParams());
    if (kind === "conflict" || kind === "refused") {
      clearInterval(timer);
      onLost(data.error);
    } else if (kind === "login") onLogin();
  }, every);
}
