// The heat map: the last 60 s of latencies, ten columns per second, with p50, p99, events and the previous server.

import { colours, panel, redraw } from "./frame.js";
import { look, ms } from "./scene.js";

const COLUMNS = 600, BUCKETS = 160;  // 60 s; 20 buckets per factor of ten, from 1 µs to 100 s
const PER_SECOND = 10, LEFT = 46, BOTTOM = 18, EVENTS = 60;
const MARKED = new Set(["stall", "wake", "evict", "kill", "signal", "verdict", "start", "gone", "leave", "reconnect", "trouble"]);

export function makeHeat() {
  const canvas = document.getElementById("heat"), ghostSays = document.getElementById("ghost-says");
  const counts = new Float32Array(COLUMNS * BUCKETS), p50 = new Float32Array(COLUMNS).fill(NaN), p99 = new Float32Array(COLUMNS).fill(NaN);
  const picture = new OffscreenCanvas(COLUMNS, BUCKETS), pixels = picture.getContext("2d", { willReadFrequently: true }), strip = pixels.createImageData(1, BUCKETS);
  const events = [];
  let head = -1, low = 2, high = 6, since = -1, ghost = null;  // low and high are powers of ten of 1 µs

  const slot = column => ((column % COLUMNS) + COLUMNS) % COLUMNS;

  function paint(column) {
    const at = slot(column), from = at * BUCKETS;
    let most = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) most = Math.max(most, counts[from + bucket]);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const share = counts[from + bucket] / most, pixel = (BUCKETS - 1 - bucket) * 4;
      if (!(share > 0)) { strip.data[pixel + 3] = 0; continue; }
      const colour = colours.heat[Math.min(255, Math.round(40 + 215 * Math.sqrt(share)))];  // the root keeps rare slow deliveries visible
      strip.data[pixel] = colour[0]; strip.data[pixel + 1] = colour[1]; strip.data[pixel + 2] = colour[2]; strip.data[pixel + 3] = 255;
    }
    pixels.putImageData(strip, at, 0);
  }

  function clear(column) {
    const at = slot(column);
    counts.fill(0, at * BUCKETS, (at + 1) * BUCKETS);
    p50[at] = p99[at] = NaN;
    pixels.clearRect(at, 0, 1, BUCKETS);
  }

  function rescale() {  // the scale covers what is there, in whole powers of ten, at least three of them
    let least = BUCKETS, most = -1;
    for (let at = 0; at < COLUMNS; at++) for (let bucket = 0; bucket < BUCKETS; bucket++) if (counts[at * BUCKETS + bucket]) { least = Math.min(least, bucket); most = Math.max(most, bucket); }
    if (most < 0) return;
    low = Math.min(5, Math.floor(least / 20)); high = Math.max(low + 3, Math.ceil((most + 1) / 20));
  }

  panel(canvas, (context, width, height) => {
    const plot = height - BOTTOM, across = width - LEFT - 4, w = across / COLUMNS, y = us => plot - (Math.log10(us) - low) / (high - low) * plot;
    const x = column => LEFT + (column - head + COLUMNS) * w;
    context.fillStyle = colours.quiet; context.strokeStyle = colours.line; context.lineWidth = 1;
    for (let power = low; power <= high; power++) {
      const line = Math.round(plot - (power - low) / (high - low) * plot) + 0.5, value = 10 ** (power - 3);
      context.beginPath(); context.moveTo(LEFT, line); context.lineTo(width, line); context.stroke();
      context.textAlign = "right"; context.fillText(value >= 1000 ? `${value / 1000} s` : `${value} ms`, LEFT - 6, Math.max(9, Math.min(plot - 1, line + 4)));
    }
    for (let seconds = 60; seconds >= 0; seconds -= 15) {
      context.textAlign = seconds === 60 ? "left" : seconds ? "center" : "right";
      context.fillText(seconds ? `−${seconds} s` : "now", LEFT + (60 - seconds) / 60 * across, height - 4);
    }
    context.textAlign = "left";
    if (head < 0) { context.fillText("Nothing was delivered yet.", LEFT + 12, 22); return; }
    context.save(); context.beginPath(); context.rect(LEFT, 0, across + 4, plot); context.clip();
    context.imageSmoothingEnabled = false;
    const top = BUCKETS - high * 20, tall = (high - low) * 20, split = slot(head) + 1;  // the oldest column is right of the newest one in the picture
    if (split < COLUMNS) context.drawImage(picture, split, top, COLUMNS - split, tall, LEFT, 0, (COLUMNS - split) * w, plot);
    context.drawImage(picture, 0, top, split, tall, LEFT + (COLUMNS - split) * w, 0, split * w, plot);
    if (ghost) drawGhost(context, y, across);
    trace(context, p50, colours.p50, x, y); trace(context, p99, colours.p99, x, y);
    drawEvents(context, x, plot, width);
    context.restore();
  });

  function trace(context, values, colour, x, y) {
    context.lineJoin = "round";
    for (const [style, wide] of [[colours.pane, 3.5], [colour, 1.75]]) {  // an edge keeps a line readable on any colour
      context.strokeStyle = style; context.lineWidth = wide; context.beginPath();
      let down = false;
      for (let column = head - COLUMNS + 1; column <= head; column++) {
        const value = values[slot(column)];
        if (Number.isNaN(value)) { down = false; continue; }
        down ? context.lineTo(x(column), y(value * 1000)) : context.moveTo(x(column), y(value * 1000));
        down = true;
      }
      context.stroke();
    }
  }

  function drawGhost(context, y, across) {
    context.strokeStyle = ghost.colour; context.setLineDash(ghost.dashes); context.lineWidth = 1.75;
    for (const value of [ghost.p50, ghost.p99]) { context.beginPath(); context.moveTo(LEFT, y(value * 1000)); context.lineTo(LEFT + across, y(value * 1000)); context.stroke(); }
    context.setLineDash([]);
    plate(context, `${ghost.marker} ${ghost.server} p99`, LEFT + 6, y(ghost.p99 * 1000) - 5);
    if (y(ghost.p50 * 1000) - y(ghost.p99 * 1000) > 16) plate(context, `${ghost.marker} ${ghost.server} p50`, LEFT + 6, y(ghost.p50 * 1000) - 5);
  }

  function plate(context, words, x, y, colour = colours.ink) {
    const wide = context.measureText(words).width;
    context.globalAlpha = 0.85; context.fillStyle = colours.pane; context.fillRect(x - 3, y - 10, wide + 6, 14); context.globalAlpha = 1;
    context.fillStyle = colour; context.fillText(words, x, y);
    return wide;
  }

  function drawEvents(context, x, plot, width) {
    const ends = [-Infinity, -Infinity, -Infinity];  // where the words of each of three rows end
    for (const { column, kind, words } of events) {
      const at = x(column);
      if (at < LEFT) continue;
      const bad = kind === "verdict" || kind === "evict" || kind === "gone" || kind === "kill";
      context.strokeStyle = bad ? colours.bad : colours.accent; context.lineWidth = 1; context.setLineDash(bad ? [] : [4, 3]);
      context.beginPath(); context.moveTo(at, 0); context.lineTo(at, plot); context.stroke(); context.setLineDash([]);
      const wide = context.measureText(words).width + 10, left = Math.min(at + 4, width - wide), row = ends.findIndex(end => end < left);
      if (row < 0) continue;
      ends[row] = left + wide;
      plate(context, words, left + 2, 12 + row * 15, bad ? colours.bad : colours.ink);
    }
  }

  const median = values => { const kept = [...values].filter(value => !Number.isNaN(value)).sort((one, two) => one - two); return kept.length ? kept[kept.length >> 1] : NaN; };

  return {
    column(message) {
      const column = Math.floor(message.t * PER_SECOND);
      if (head < 0 || column < head - COLUMNS || column > head + COLUMNS) { for (let one = 0; one < COLUMNS; one++) clear(one); events.length = 0; since = column; }
      else for (let one = head + 1; one <= column; one++) clear(one);
      head = Math.max(head, column);
      const at = slot(column) * BUCKETS;
      for (const [bucket, count] of message.counts) if (bucket >= 0 && bucket < BUCKETS) counts[at + bucket] += count;
      p50[slot(column)] = message.p50_ms ?? NaN; p99[slot(column)] = message.p99_ms ?? NaN;
      paint(column);
      if (column % PER_SECOND === 0) rescale();
      redraw(canvas);
    },
    event({ t, kind, text }) {
      if (!MARKED.has(kind) || t == null) return;
      events.push({ column: t * PER_SECOND, kind, words: text.length > 34 ? `${text.slice(0, 33)}…` : text });
      if (events.length > EVENTS) events.shift();
      redraw(canvas);
    },
    // The previous server stays as two lines: the medians of its p50 and p99 over its part of the last 60 s.
    keepGhost(server) {
      const from = Math.max(since, head - COLUMNS + 1), values = [[], []];
      for (let column = from; column <= head; column++) { values[0].push(p50[slot(column)]); values[1].push(p99[slot(column)]); }
      const kept = { server, p50: median(values[0]), p99: median(values[1]), ...look(server) };
      since = head + 1;
      if (Number.isNaN(kept.p99) || values[1].length < PER_SECOND) return;  // less than a second is no comparison
      ghost = kept;
      ghostSays.hidden = false;
      ghostSays.textContent = `┄ ${server}, the previous server: p50 ${ms(kept.p50)}, p99 ${ms(kept.p99)}`;
    },
    recolour() { for (let column = head - COLUMNS + 1; column <= head; column++) if (head >= 0) paint(column); redraw(canvas); },
  };
}
