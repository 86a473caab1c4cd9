// Every page: htmx asks with a fresh token and not while nobody looks; what failed says so.

export const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

// Logging in again in another tab changes the token, and a form's own would go before the header.
document.addEventListener("htmx:configRequest", ({ detail: { headers, formData } }) => {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (!cookie) return;
  headers["X-CSRFToken"] = decodeURIComponent(cookie);
  formData.delete("csrfmiddlewaretoken");
});

// Polls, which alone come without an event, wait for somebody who looks and is not in the middle of something.
document.addEventListener("htmx:beforeRequest", (event) => {
  const busy = event.detail.target.querySelector("tr :checked, :focus:is(input, select, textarea)");
  if ((document.hidden || busy) && !event.detail.requestConfig.triggeringEvent) event.preventDefault();
});

// A dialog closes when its form was taken; else the words stay in it, beside the reason.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.requestConfig.elt.closest("dialog") && detail.xhr.status >= 400) detail.shouldSwap = false;
});
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { elt }, xhr } }) => {
  const line = elt.closest("dialog")?.querySelector("[role=alert]");
  if (!line) return;
  line.hidden = xhr.status > 0 && xhr.status < 400;
  line.textContent = { 0: texts.unsent, 401: texts.login, 403: texts.login }[xhr.status] ?? xhr.responseText;
  if (line.hidden) elt.closest("dialog").close();
  if (line.hidden) elt.reset();
});

// A product picture that cannot be loaded says so, in the same box.
const failed = (image) => image.closest(".picture")?.classList.add("failed");
document.addEventListener("error", ({ target }) => target.matches?.("img") && failed(target), true);
for (const image of document.images) if (image.complete && !image.naturalWidth) failed(image);
