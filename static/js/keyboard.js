// Keys: a control names in data-key the key that presses it. What stands in the open dialog, in the
// current row, in the active card goes first; j and k move among what is marked data-row.

const MOVES = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
const TYPED = "textarea, select, input:not([type=radio])";
let actions = {}; // key -> function, where pressing one control is not enough
let active = null;

export const activeRow = () => active;

export function startKeys(more = {}) {
  [actions, active] = [more, null];
}

export function activate(row, focus = row) {
  if (!row) return;
  active?.classList.remove("active");
  active = row;
  row.classList.add("active");
  actions.active?.(row);
  focus?.focus({ preventScroll: true });
  if (focus) row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => !row.closest("[inert]"));
  activate(rows[Math.min(Math.max(rows.indexOf(active) + step, 0), rows.length - 1)]);
}

function find(name, dialog) {
  const all = (place) => [...place?.querySelectorAll(`[data-key="${CSS.escape(name)}"]`) ?? []];
  if (dialog) return all(dialog)[0];
  return [...all(active?.querySelector(".current")), ...all(active),
    ...all(document).filter((control) => !control.closest("[data-row], dialog"))][0];
}

function use(control, dialog) {
  if (control.closest("[inert]")) return actions.locked?.();
  if (!control.checkVisibility()) return;
  if (control.matches(TYPED)) return control.focus();
  control.click();
  if (control.type === "radio") dialog ? dialog.querySelector("textarea").focus() : actions.chosen?.(control);
}

document.addEventListener("keydown", (event) => {
  const { key, target, shiftKey } = event;
  const command = event.ctrlKey || event.metaKey;
  const dialog = document.querySelector("dialog[open]");
  const typing = target.matches?.(TYPED);
  if (event.isComposing || event.altKey || (command && key !== "Enter")) return;
  if (typing && !command) return key === "Escape" && !dialog && activate(active);
  // A dialog and a focused button keep their own Enter; with Ctrl it is ours everywhere.
  if (key === "Enter" && !command && (dialog || target.matches?.("button, a, summary"))) return;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const names = [digit && (shiftKey ? `shift-${digit}` : digit), key.length === 1 ? key.toLowerCase() : key];
  const name = names.find((one) => one && (find(one, dialog) || (!dialog && actions[one])));
  if (name && !dialog && actions[name]) {
    if (actions[name](event) === false) return;
  } else if (name) use(find(name, dialog), dialog);
  else if (MOVES[names[1]] && !dialog) move(MOVES[names[1]]);
  else return;
  event.preventDefault();
});

for (const name of ["focusin", "change"]) {
  document.addEventListener(name, ({ target }) => {
    const row = target.closest("[data-row]");
    if (row !== active) activate(row, null);
  });
}
