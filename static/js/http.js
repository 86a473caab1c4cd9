// One way to talk to the server: never follows to a login page, never hides a refusal.

export function csrfToken() {
  // Read at the time of sending: logging in again in another tab changes it.
  const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return found ? decodeURIComponent(found[1]) : document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

// Resolves to {kind, status, data}; kind is ok | offline | login | conflict | refused.
// keepalive: the request outlives the page.
export async function post(url, body, { keepalive = false } = {}) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST", body, redirect: "manual", keepalive, credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken(), "X-Stepwise": "1" },
    });
  } catch {
    return { kind: "offline", status: 0, data: {} };
  }
  const json = response.headers.get("content-type")?.includes("json");
  const data = json ? await response.json().catch(() => ({})) : {};
  return { kind: kindOf(response, json), status: response.status, data };
}

function kindOf(response, json) {
  if (response.ok) return "ok";
  // A 403 that is not ours is a CSRF token of an ended session.
  if (response.type === "opaqueredirect" || response.status === 401) return "login";
  if (response.status === 403 && !json) return "login";
  if (response.status === 409) return "conflict";
  // The server (or a proxy) is down for a moment: the work must wait, not be lost.
  return response.status >= 500 || response.status === 429 ? "offline" : "refused";
}
