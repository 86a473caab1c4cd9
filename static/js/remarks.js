// The comment field; a selection in the step's text becomes the comment's span.

export function openComment(steps, card) {
  const details = card?.querySelector("details.remarks");
  if (!details) return;
  const span = selected(card);
  details.open = true;
  const { kind } = card.dataset;
  if (span) {
    steps.set(kind, "comment_start", String(span[0]));
    steps.set(kind, "comment_end", String(span[1]));
    steps.refresh();
  }
  const field = steps.form.elements.namedItem(`comment-${kind}`);
  field.focus();
  field.scrollIntoView({ block: "nearest" });
}

// [start, end) offsets into the step's text, or null when nothing in this card is selected.
function selected(card) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const start = offset(card, range.startContainer, range.startOffset);
  const end = offset(card, range.endContainer, range.endOffset);
  return start === null || end === null || end <= start ? null : [start, end];
}

function offset(card, node, within) {
  const line = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest?.("[data-start]");
  return line && card.contains(line) ? Number(line.dataset.start) + within : null;
}
