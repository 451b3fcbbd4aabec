// When each client got the last message: one dot per client, the first client on top.

import { colours, panel, redraw } from "./frame.js";
import { ms, number } from "./scene.js";

const MOST = 8192, BOTTOM = 16;

export function makeArrivals() {
  const canvas = document.getElementById("arrivals"), says = document.getElementById("arrivals-says");
  const arrivals = new Float64Array(MOST);
  let count = 0, longest_us = 0;

  panel(canvas, (context, width, height) => {
    if (!count || !longest_us) return;
    const plot = height - BOTTOM, step = niceStep(longest_us / 3), most = Math.max(longest_us, step), left = 4, across = width - 12;
    context.strokeStyle = colours.line; context.fillStyle = colours.quiet; context.lineWidth = 1;
    for (let at = 0; at <= most; at += step) {
      const x = Math.round(left + at / most * across) + 0.5;
      context.beginPath(); context.moveTo(x, 0); context.lineTo(x, plot); context.stroke();
      context.textAlign = at ? at + step > most && x > width - 20 ? "right" : "center" : "left";
      context.fillText(at ? at >= 1e6 ? `${at / 1e6} s` : `${at / 1e3} ms` : "0", x, height - 3);
    }
    context.textAlign = "left";
    const thick = Math.max(1.2, Math.min(4, plot / count));
    context.fillStyle = colours.accent;
    for (let client = 0; client < count; client++) if (arrivals[client] >= 0) context.fillRect(left + arrivals[client] / most * across - 1.5, client / count * (plot - thick), 3.5, thick);
    context.fillStyle = colours.bad;  // at the right edge: clients that do not have it yet
    for (let client = 0; client < count; client++) if (arrivals[client] < 0) context.fillRect(width - 6, client / count * (plot - thick), 6, Math.max(2, thick));
  });

  return {
    last({ arrivals_us }) {
      count = Math.min(MOST, arrivals_us.length);
      const there = [];
      for (let client = 0; client < count; client++) { arrivals[client] = arrivals_us[client]; if (arrivals[client] >= 0) there.push(arrivals[client]); }
      there.sort((one, two) => one - two);
      longest_us = there.at(-1) ?? 0;
      if (document.hidden) return;
      const missing = count - there.length;
      says.textContent = there.length ? `first ${ms(there[0] / 1e3)} · half ${ms(there[there.length >> 1] / 1e3)} · last ${ms(longest_us / 1e3)}${missing ? ` · ${number(missing)} not yet (red, right edge)` : ""}` : "no client has it yet";
      redraw(canvas);
    },
  };
}

function niceStep(about) {
  const power = 10 ** Math.floor(Math.log10(about)), share = about / power;
  return power * (share >= 5 ? 5 : share >= 2 ? 2 : 1);
}
