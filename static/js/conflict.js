// Two windows changed one draft: show both, let the person choose.

export function showConflict(steps, draft, theirs) {
  const dialog = document.getElementById("conflict");
  const mine = steps.answers();
  const body = dialog.querySelector("tbody");
  body.replaceChildren(...steps.cards.map((card) => row(card, mine, theirs.draft)));
  draft.version = theirs.version;
  const keep = (which) => {
    dialog.close();
    if (which === "theirs") steps.fill(theirs.draft);
    draft.changed();
  };
  for (const button of dialog.querySelectorAll("[data-keep]")) button.onclick = () => keep(button.dataset.keep);
  if (!dialog.open) dialog.showModal();
}

function row(card, mine, theirs) {
  const tr = document.createElement("tr");
  const name = card.querySelector("h2").textContent;
  const kind = card.dataset.kind;
  for (const text of [`${kind} ${name}`, say(mine[kind]), say(theirs[kind])]) {
    tr.append(Object.assign(document.createElement("td"), { dir: "auto", textContent: text }));
  }
  return tr;
}

function say(answer) {
  if (!answer) return "–";
  const marks = (answer.attributes ?? []).map(({ name, state }) => `${name}: ${state}`);
  return [answer.verdict, answer.value, ...marks, answer.reason, answer.comment].filter(Boolean).join(" · ");
}
