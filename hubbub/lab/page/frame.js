// Canvases: their size on the screen, the colours of the page, and drawing at most once per frame.

const panels = new Map();
let asked = false;
export const frames = { drawn: 0 };

// `draw` gets the context and the size in CSS pixels. Nothing is drawn while the page is hidden.
export function panel(canvas, draw) {
  panels.set(canvas, { draw, dirty: true });
  new ResizeObserver(() => redraw(canvas)).observe(canvas);
  redraw(canvas);
}

export function redraw(canvas) {
  if (canvas) panels.get(canvas).dirty = true;
  else for (const one of panels.values()) one.dirty = true;
  if (asked || document.hidden) return;
  asked = true;
  requestAnimationFrame(drawAll);
}

function drawAll() {
  asked = false;
  if (document.hidden) return;
  frames.drawn += 1;
  for (const [canvas, one] of panels) {
    if (!one.dirty) continue;
    one.dirty = false;
    const width = canvas.clientWidth, height = canvas.clientHeight, sharp = devicePixelRatio || 1;
    if (!width || !height) continue;
    const wide = Math.round(width * sharp), high = Math.round(height * sharp);
    if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
    const context = canvas.getContext("2d");
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "11px system-ui, sans-serif";
    one.draw(context, width, height);
  }
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) redraw(); });

export const reduced = matchMedia("(prefers-reduced-motion: reduce)");

// The colours of the style sheet as the browser resolves them, in light and in dark.
export const colours = { room: [], heat: [] };
const NAMES = ["ink", "quiet", "line", "bad", "accent", "pane", "p99", "p50", "empty", "m0", "m1", "m2", "m3", "m4", "m5"];

export function readColours() {
  const probe = document.body.appendChild(document.createElement("i"));
  const resolve = name => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
  for (const name of NAMES) colours[name] = resolve(name);
  colours.room = ramp([0, 1, 2, 3, 4].map(step => resolve(`room-${step}`)));
  colours.heat = ramp([0, 1, 2, 3, 4].map(step => resolve(`heat-${step}`)));
  probe.remove();
  redraw();
}

// 256 colours between the given ones, as [red, green, blue].
function ramp(stops) {
  const parts = stops.map(stop => stop.match(/[\d.]+/g).slice(0, 3).map(Number));
  return Array.from({ length: 256 }, (_, place) => {
    const at = place / 255 * (parts.length - 1), low = Math.min(parts.length - 2, Math.floor(at)), share = at - low;
    return parts[low].map((value, channel) => Math.round(value + share * (parts[low + 1][channel] - value)));
  });
}
