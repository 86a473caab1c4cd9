// The guideline panel: fetched once, toggled after that; it follows the active step.

const panel = () => document.getElementById("guide");

export async function openGuide(url, card) {
  const guide = panel();
  if (!guide.hidden) { guide.hidden = true; return; }
  if (!guide.childElementCount) await htmx.ajax("GET", url, { target: guide, swap: "innerHTML" });
  guide.hidden = false;
  followGuide(card);
}

// Shows what the guideline says about a step, where it says something about it.
export function followGuide(card) {
  const guide = panel();
  if (!guide || guide.hidden || !card) return;
  guide.querySelector(".here")?.classList.remove("here");
  const rules = card.dataset.kind === "5" ? guide.querySelector("#guide-rules") : null;
  const place = guide.querySelector(`#guide-step-${card.dataset.kind}`) ?? rules;
  if (!place) return;
  place.classList.add("here");
  guide.scrollTop += place.getBoundingClientRect().top - guide.getBoundingClientRect().top - 16;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#guide [data-hide]")) panel().hidden = true;
});
