// The one line at the top of the page for connection, login and refused submissions.

import { texts } from "./texts.js";

const banner = document.getElementById("banner");

export function show(text, { bad = false, link = null, buttons = [] } = {}) {
  const words = Object.assign(document.createElement("span"), { dir: "auto", textContent: text });
  banner.replaceChildren(words, " ");
  banner.classList.toggle("bad", bad);
  if (link) {
    const a = Object.assign(document.createElement("a"), { href: link.href, textContent: link.text });
    if (link.tab) a.target = "_blank";
    banner.append(a, " ");
  }
  for (const { text: label, key, run } of buttons.filter(Boolean)) {
    const b = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: label });
    if (key) b.append(" ", Object.assign(document.createElement("kbd"), { textContent: key }));
    b.addEventListener("click", run);
    banner.append(b, " ");
  }
  banner.hidden = false;
}

export function hide() {
  banner.hidden = true;
}

export function showLogin(loginUrl, buttons) {
  show(texts.login, { bad: true, link: { href: loginUrl, text: texts.relogin, tab: true }, buttons });
}
