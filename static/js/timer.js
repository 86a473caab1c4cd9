// Active time: counts while the page is visible and the last sign of life is recent.

const IDLE_MS = 30_000;
const TICK_MS = 1_000;

let lastSign = performance.now();
let lastTick = lastSign;

for (const name of ["keydown", "pointerdown", "pointermove", "scroll", "wheel"]) {
  addEventListener(name, () => { lastSign = performance.now(); }, { passive: true, capture: true });
}
setInterval(() => {
  const now = performance.now();
  const field = document.querySelector("[name=active_ms]");
  const active = field && !document.hidden && now - lastSign < IDLE_MS;
  if (active) field.value = Math.round(Number(field.value) + Math.min(now - lastTick, 2 * TICK_MS));
  lastTick = now;
}, TICK_MS);
