// The one line at the top of the page for connection, login and refused submissions.

import { texts } from "./form.js";

const banner = document.getElementById("banner");

export function show(text, { bad = false, link = null, button = null } = {}) {
  banner.replaceChildren(document.createTextNode(`${text} `));
  banner.classList.toggle("bad", bad);
  if (link) {
    const a = Object.assign(document.createElement("a"), { href: link.href, textContent: link.text });
    if (link.tab) a.target = "_blank";
    banner.append(a, " ");
  }
  for (const { text: label, run } of [button].flat().filter(Boolean)) {
    const b = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: label });
    b.addEventListener("click", run);
    banner.append(b, " ");
  }
  banner.hidden = false;
}

export function hide() {
  banner.hidden = true;
}

export function showLogin(loginUrl, retry) {
  show(texts.login, {
    bad: true,
    link: { href: loginUrl, text: texts.relogin, tab: true },
    button: { text: texts.retry, run: retry },
  });
}
