// Active time: counts while the page is visible and the last sign of life is recent.

const IDLE_MS = 30_000;
const TICK_MS = 1_000;

export function startTimer(field) {
  let total = Number(field.value) || 0;
  let lastSign = performance.now();
  let lastTick = lastSign;
  const sign = () => { lastSign = performance.now(); };
  const life = new AbortController(); // ends when the form has left the page
  for (const name of ["keydown", "pointerdown", "pointermove", "scroll", "wheel"]) {
    addEventListener(name, sign, { passive: true, capture: true, signal: life.signal });
  }
  const timer = setInterval(() => {
    const now = performance.now();
    if (!document.hidden && now - lastSign < IDLE_MS) total += Math.min(now - lastTick, 2 * TICK_MS);
    lastTick = now;
    field.value = String(Math.round(total));
    if (field.isConnected === false) life.abort(clearInterval(timer));
  }, TICK_MS);
}
