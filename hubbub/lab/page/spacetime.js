// The space-time diagram: what the pinned clients said and heard. A message that broke a rule is red, and the picture is held.

import { colours, panel, redraw, reduced } from "./frame.js";

const KEPT = 256, PINS = 6, LEFT = 64, SHOWN = 18;  // messages kept; pinned clients; about how many messages fit

export function makeSpacetime({ pins, names }) {
  const canvas = document.getElementById("spacetime"), says = document.getElementById("spacetime-says"), hold = document.getElementById("hold"), verdictSays = document.getElementById("verdict");
  // A ring of messages: who said it and when, and when each pinned client (by place) heard it.
  const ring = Array.from({ length: KEPT }, () => ({ key: "", said: NaN, speaker: -1, heard: new Float64Array(PINS).fill(NaN), broken: "" }));
  const places = new Map();  // from a message's number to its place in the ring
  let next = 0, latest = -1, held = false, until = NaN, window_s = 1, lastDraw = 0, broken = new Set();

  const keyOf = line => /#(\d+)\s*$/.exec(line)?.[1] ?? line;
  function messageOf(line) {
    const key = keyOf(line);
    if (places.has(key)) return ring[places.get(key)];
    const one = ring[next];
    places.delete(one.key);
    one.key = key; one.said = NaN; one.speaker = -1; one.broken = ""; one.heard.fill(NaN);
    places.set(key, next);
    next = (next + 1) % KEPT;
    return one;
  }
  function passed(t) {
    latest = Math.max(latest, t);
    const now = performance.now();
    if (document.hidden || now - lastDraw < (reduced.matches || window_s < 1 ? 1000 : 100)) return;  // a fast room is shown as one picture per second
    lastDraw = now;
    until = latest;
    redraw(canvas);
  }

  panel(canvas, (context, width, height) => {
    const lives = pins(), row = height / (PINS + 1), y = place => row * (place + 1.5), roomY = row * 0.5;
    const period = ring.filter(one => one.key).map(start).filter(Number.isFinite).sort((one, two) => two - one), at = period.findIndex(t => t <= until);
    const shown = period.slice(Math.max(0, at), Math.max(0, at) + SHOWN);
    window_s = shown.length > 1 ? Math.min(20, Math.max(0.005, (until - shown.at(-1)) * 1.05)) : 2;
    const x = t => width - 12 - (until - t) / window_s * (width - LEFT - 12);
    context.lineWidth = 1;
    context.fillStyle = colours.ink; context.fillText("room", 0, roomY + 4);
    context.strokeStyle = colours.quiet; context.lineWidth = 3; context.beginPath(); context.moveTo(LEFT, roomY); context.lineTo(width, roomY); context.stroke();
    lives.forEach((client, place) => {
      const wrong = broken.has(client);
      context.fillStyle = wrong ? colours.bad : colours.quiet;
      context.fillText(`${wrong ? "✕ " : ""}${(names.get(client) ?? `client ${client}`).slice(0, 11)}`, 0, y(place) + 4);
      context.strokeStyle = wrong ? colours.bad : colours.line; context.lineWidth = 1.5; context.beginPath(); context.moveTo(LEFT, y(place)); context.lineTo(width, y(place)); context.stroke();
    });
    if (!lives.length) { context.fillStyle = colours.quiet; context.fillText("Pin a client: click a cell of the room, or move to it with the arrow keys and press P.", LEFT, row * 2.4); return; }
    context.save(); context.beginPath(); context.rect(LEFT, 0, width - LEFT, height); context.clip();
    for (const one of ring) {
      if (!one.key) continue;
      const begins = start(one);
      let first = Infinity, last = begins;
      for (const t of one.heard) if (!Number.isNaN(t)) { first = Math.min(first, t); last = Math.max(last, t); }
      if (!Number.isFinite(begins) || last < until - window_s || begins > until) continue;
      const middle = Number.isFinite(first) ? Number.isNaN(one.said) ? first - window_s / 200 : (one.said + first) / 2 : one.said + window_s / 100;
      const colour = one.broken ? colours.bad : colours[`m${Number(one.key.slice(-1)) % 6 || 0}`];
      context.strokeStyle = context.fillStyle = colour; context.lineWidth = one.broken ? 3 : 1.5;
      if (one.speaker >= 0) { context.setLineDash([3, 2]); segment(context, x(one.said), y(one.speaker), x(middle), roomY); context.setLineDash([]); }
      one.heard.forEach((t, place) => {
        if (Number.isNaN(t) || place >= lives.length) return;
        segment(context, x(middle), roomY, x(t), y(place));
        context.beginPath(); context.arc(x(t), y(place), one.broken ? 4 : 2.5, 0, 7); context.fill();
        if (one.broken && x(t) < width - 40) context.fillText(`✕ ${one.key.replace(/^0+(?=\d)/, "")}`, x(t) + 6, y(place) - 4);
      });
    }
    context.restore();
    says.textContent = `${lives.length} pinned ${lives.length === 1 ? "client" : "clients"}, ${window_s < 1 ? `${Math.ceil(window_s * 1000)} ms` : `${window_s.toFixed(1)} s`} across${held ? ", held" : ""}`;
  });

  const start = one => { if (!Number.isNaN(one.said)) return one.said; let first = Infinity; for (const t of one.heard) if (t < first) first = t; return first; };
  function segment(context, x1, y1, x2, y2) { context.beginPath(); context.moveTo(x1, y1); context.lineTo(x2, y2); context.stroke(); }
  function setHeld(on) { held = on; hold.setAttribute("aria-pressed", String(on)); hold.textContent = on ? "Go on" : "Hold"; if (!on) { broken = new Set(); verdictSays.hidden = true; } redraw(canvas); }
  hold.onclick = () => setHeld(!held);

  return {
    said({ t, client, name, line }) { if (held) return; const one = messageOf(line); one.said = t; one.speaker = pins().indexOf(client); if (name) names.set(client, name); passed(t); },
    heard({ t, client, name, line }) {
      if (name) names.set(client, name);
      if (held || line.startsWith("*")) return;  // a held picture keeps its messages; a line of the room itself is in the log
      const place = pins().indexOf(client);
      if (place >= 0) messageOf(line).heard[place] = t;
      passed(t);
    },
    verdict({ rule, text, clients = [], line }) {
      if (held && broken.size) return;  // the first broken rule is the one to look at
      const key = line == null ? null : keyOf(line);
      if (key != null && places.has(key)) ring[places.get(key)].broken = rule;
      broken = new Set(clients);
      verdictSays.textContent = `✕ Broken rule ${rule}: ${text}`;
      verdictSays.hidden = false;
      setTimeout(() => { until = latest; redraw(canvas); setHeld(true); }, 150);  // what is on its way belongs to the picture
    },
    forget() { for (const one of ring) { one.key = ""; one.heard.fill(NaN); one.said = NaN; } places.clear(); latest = -1; setHeld(false); },
  };
}
