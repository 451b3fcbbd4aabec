// The figures, twice per second. What cannot be measured is blank and says so: it is never zero.

import { colours, panel, redraw } from "./frame.js";
import { ms, number, short } from "./scene.js";

const KEPT = 120;  // values: one minute at two per second
const mib = bytes => `${(bytes / 2 ** 20).toFixed(bytes < 100 * 2 ** 20 ? 1 : 0)} MiB`;
const known = (value, words) => value == null ? "" : words(value);

// name: [how to write it, the words below, what it means]. The words get all figures and the scene.
const FIGURES = {
  p99_ms: [ms, f => `p99${known(f.p50_ms, v => ` (p50 ${ms(v)})`)}`, "99 of 100 deliveries are faster than this, counted from the instant at which the message was due"],
  deliveries_hz: [v => `${short(v)}/s`, () => "deliveries", "How many times per second a message reaches a client"],
  evicted: [v => number(v), (f, s) => s.evictedAgo == null ? "evicted" : `evicted, ${s.evictedAgo} s ago`, "Clients that the server cut off because they were too slow"],
  deepest: [v => number(v), f => `deepest outbox${known(f.capacity, v => ` of ${number(v)}`)}`, "Messages that wait in the fullest outbox"],
  cpu: [v => `${Math.round(v * 100)} %`, () => "of a core", "How much of one processor core the server uses"],
  rss_bytes: [mib, (f, s) => `RSS${s.clients && f.rss_bytes ? `, ${(f.rss_bytes / s.clients / 1024).toFixed(1)} KiB per client` : ""}`, "Memory of the server's process that is in RAM"],
  tasks: [v => number(v), f => `tasks${known(f.threads, v => `, ${number(v)} ${v === 1 ? "thread" : "threads"}`)}`, "Tasks of the runtime and threads of the process"],
  lag_ms: [ms, () => "loop lag, worst", "How late the event loop ran a timer that was due"],
  writes_per_delivery: [v => v.toFixed(2), () => "writes per delivery", "Below 1 the server puts several messages into one write"],
  switches_hz: [v => `${short(v)}/s`, () => "context switches", "How often the kernel switched between threads of the server"],
  held: [v => number(v), () => "talkers held back", "Talkers that the server does not read now, because an outbox is full (policy block)"],
  dropped: [v => number(v), () => "dropped", "Messages that the server threw away for a slow client (the two drop policies)"],
};
const BLANK = { tasks: "threads" };  // a server on threads has no tasks: then its threads are shown

export function makeFigures() {
  const list = document.getElementById("figures"), tiles = new Map();
  let last = {}, places = 0;
  for (const [name, [, , title]] of Object.entries(FIGURES)) {
    const tile = Object.assign(document.createElement("div"), { title });
    tile.append(document.createElement("dd"), document.createElement("dt"), document.createElement("canvas"));
    tile.lastChild.setAttribute("aria-hidden", "true");
    list.append(tile);
    const values = new Float32Array(KEPT).fill(NaN);
    tiles.set(name, { tile, values });
    panel(tile.lastChild, (context, width, height) => {
      let most = 0;
      for (const value of values) if (value > most) most = value;
      context.strokeStyle = colours.accent; context.lineWidth = 1.25; context.beginPath();
      for (let one = 0, down = false; one < KEPT; one++) {
        const value = values[(places + one) % KEPT];
        if (Number.isNaN(value)) { down = false; continue; }
        const x = one / (KEPT - 1) * width, y = height - 1 - (most ? value / most : 0) * (height - 3);
        down ? context.lineTo(x, y) : context.moveTo(x, y);
        down = true;
      }
      context.stroke();
    });
  }

  function show(figures, scene) {
    last = figures;
    const at = places % KEPT;
    places += 1;
    for (const [name, { tile, values }] of tiles) {
      const [write, words] = FIGURES[name], other = figures[name] == null ? BLANK[name] : null, value = figures[other ?? name];
      values[at] = value ?? NaN;
      if (document.hidden) continue;
      const [big, small, line] = tile.children;
      big.textContent = value == null ? "" : write(value);
      small.textContent = value == null ? `${words({}, {})}: not measured` : other ? other : words(figures, scene);
      tile.classList.toggle("blank", value == null);
      tile.classList.toggle("alarm", (name === "evicted" || name === "dropped" || name === "held") && value > 0);
      redraw(line);
    }
  }
  return { show, last: () => last };
}
