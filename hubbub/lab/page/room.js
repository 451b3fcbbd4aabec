// The room: one cell per client, lit by what waits in its outbox. By mouse: menu, shift-click kills. By keyboard: a cursor.

import { colours, panel, redraw } from "./frame.js";
import { number } from "./scene.js";

const MOST = 8192;  // cells: more than the limit of 5,000 clients, because a killed client keeps its cell
export const STATES = ["joining", "in", "stalled", "gone"];
const JOINING = 0;
export const IN = 1;
export const STALLED = 2;
export const GONE = 3;

export const room = { count: 0, kind: 1, depths: new Uint8Array(MOST), states: new Uint8Array(MOST), pins: [], speakers: 1, cursor: -1 };

export function countStates() {
  const counts = [0, 0, 0, 0];
  for (let client = 0; client < room.count; client++) counts[room.states[client]] += 1;
  return counts;
}

export function makeRoom({ act, canAct }) {
  const canvas = document.getElementById("room"), menu = document.getElementById("room-menu"), says = document.getElementById("room-says");
  let columns = 1, rows = 1, wide = 1, high = 1;

  panel(canvas, (context, width, height) => {
    const { count, depths, states, cursor } = room;
    if (!count) { context.fillStyle = colours.quiet; context.fillText("No client yet.", 8, 18); return; }
    columns = Math.max(1, Math.min(count, Math.ceil(Math.sqrt(count * width / height / 1.35))));
    rows = Math.ceil(count / columns);
    wide = width / columns; high = Math.min(height / rows, wide * 1.2, 34);
    const gap = wide > 6 ? 1.5 : wide > 3 ? 0.75 : 0.25;
    for (let client = 0; client < count; client++) {
      const x = client % columns * wide, y = Math.floor(client / columns) * high, state = states[client], w = wide - gap, h = high - gap;
      const [red, green, blue] = colours.room[depths[client]];
      context.fillStyle = state === GONE || state === JOINING ? colours.empty : `rgb(${red} ${green} ${blue})`;
      context.fillRect(x, y, w, h);
      if (state === GONE && wide > 5) cross(context, x, y, w, h);
      if (state === STALLED) { context.strokeStyle = colours.bad; context.lineWidth = Math.min(3, wide / 5); context.strokeRect(x + 1, y + 1, w - 2, h - 2); bar(context, x, y, w, h); }
    }
    for (const client of room.pins) if (client < count) label(context, client, "P");
    if (cursor >= 0 && cursor < count && (document.activeElement === canvas || !menu.hidden)) {
      context.strokeStyle = colours.ink; context.lineWidth = 2;
      context.strokeRect(cursor % columns * wide - 1, Math.floor(cursor / columns) * high - 1, wide + 1, high + 1);
    }
  });

  function cross(context, x, y, w, h) {
    context.strokeStyle = colours.quiet; context.lineWidth = 1; context.beginPath();
    context.moveTo(x + w * 0.3, y + h * 0.3); context.lineTo(x + w * 0.7, y + h * 0.7);
    context.moveTo(x + w * 0.7, y + h * 0.3); context.lineTo(x + w * 0.3, y + h * 0.7); context.stroke();
  }
  function bar(context, x, y, w, h) {  // a stalled client is told by its shape too, not only by its colour
    if (w > 7) { context.fillStyle = colours.bad; context.fillRect(x + w * 0.32, y + h * 0.28, w * 0.12, h * 0.44); context.fillRect(x + w * 0.56, y + h * 0.28, w * 0.12, h * 0.44); }
  }
  function label(context, client, letter) {
    const x = client % columns * wide, y = Math.floor(client / columns) * high;
    context.strokeStyle = colours.ink; context.lineWidth = 1.5; context.strokeRect(x + 0.75, y + 0.75, wide - 2.5, high - 2.5);
    if (wide < 11 || high < 11) return;
    context.fillStyle = colours.ink; context.font = `600 ${Math.min(11, high - 3)}px system-ui`; context.textAlign = "center";
    context.fillText(letter, x + wide / 2, y + high / 2 + 4); context.textAlign = "left";
  }

  const at = ({ offsetX, offsetY }) => {
    const client = Math.floor(offsetY / high) * columns + Math.floor(offsetX / wide);
    return offsetX >= 0 && offsetX / wide < columns && client >= 0 && client < room.count ? client : -1;
  };
  const told = client => {
    const filled = room.kind === 2 ? `${Math.round(room.depths[client] / 2.55)} % of its send queue in the kernel` : `outbox ${Math.round(room.depths[client] / 2.55)} % full`;
    return `client ${client}: ${STATES[room.states[client]] === "in" ? "in the room" : STATES[room.states[client]]}, ${filled}${room.pins.includes(client) ? ", pinned" : ""}`;
  };
  function say(client = room.cursor) {
    const [joining, inside, stalled, gone] = countStates();
    says.textContent = client >= 0 && client < room.count ? told(client)
      : [`${number(inside + stalled)} clients`, joining && `${number(joining)} joining`, stalled && `${number(stalled)} stalled`, gone && `${number(gone)} gone`].filter(Boolean).join(" · ");
  }
  let hovered = -1;
  canvas.addEventListener("pointermove", event => { hovered = at(event); say(hovered); });
  canvas.addEventListener("pointerleave", () => { hovered = -1; say(-1); });
  canvas.addEventListener("click", event => {
    const client = at(event);
    if (client < 0) return;
    room.cursor = client;
    event.shiftKey ? act("kill", client) : openMenu(client);
    redraw(canvas);
  });
  canvas.addEventListener("focus", () => { if (room.cursor < 0) room.cursor = 0; say(); redraw(canvas); });
  canvas.addEventListener("blur", () => { say(-1); redraw(canvas); });
  canvas.addEventListener("keydown", event => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -Infinity, End: Infinity, PageUp: -columns * 5, PageDown: columns * 5 };
    const key = event.key.toLowerCase();
    if (event.key in moves) room.cursor = Math.max(0, Math.min(room.count - 1, room.cursor + moves[event.key]));
    else if (event.key === "Enter" || event.key === " ") act(room.states[room.cursor] === STALLED || room.states[room.cursor] === GONE ? "wake" : "stall", room.cursor);
    else if (key === "k") act("kill", room.cursor);
    else if (key === "p") act("pin", room.cursor);
    else return;
    event.preventDefault();
    say(); redraw(canvas);
  });

  function openMenu(client) {
    const stopped = room.states[client] === STALLED, gone = room.states[client] === GONE;
    const choices = [stopped || gone ? ["wake", gone ? "Connect it again" : "Let it read again"] : ["stall", "Stall: stop reading"], ["kill", "Kill: reset its connection"], ["pin", room.pins.includes(client) ? "Unpin" : "Pin to the diagram"]];
    menu.replaceChildren(Object.assign(document.createElement("p"), { textContent: `client ${client}` }), ...choices.map(([what, words]) => {
      const button = Object.assign(document.createElement("button"), { textContent: words, disabled: !canAct() });
      button.setAttribute("role", "menuitem");
      button.onclick = () => { closeMenu(); act(what, client); };
      return button;
    }));
    menu.hidden = false;
    const x = client % columns * wide, y = (Math.floor(client / columns) + 1) * high;
    menu.style.left = `${Math.max(0, Math.min(x, canvas.clientWidth - menu.offsetWidth))}px`;
    menu.style.top = `${Math.max(0, Math.min(y, canvas.clientHeight - 20))}px`;
    menu.querySelector("button").focus({ preventScroll: true });
  }
  function closeMenu() { menu.hidden = true; canvas.focus({ preventScroll: true }); }
  menu.addEventListener("keydown", event => {
    const buttons = [...menu.querySelectorAll("button")], here = buttons.indexOf(document.activeElement);
    if (event.key === "Escape") closeMenu();
    else if (event.key === "ArrowDown") buttons[(here + 1) % buttons.length].focus();
    else if (event.key === "ArrowUp") buttons[(here + buttons.length - 1) % buttons.length].focus();
    else return;
    event.preventDefault();
  });
  document.addEventListener("pointerdown", event => { if (!menu.hidden && !menu.contains(event.target) && event.target !== canvas) menu.hidden = true; });

  return {
    changed() { redraw(canvas); if (!document.hidden) say(hovered >= 0 ? hovered : document.activeElement === canvas ? room.cursor : -1); },
    resize(count) {
      const clients = Math.min(MOST, count);
      if (clients > room.count) { room.depths.fill(0, room.count, clients); room.states.fill(JOINING, room.count, clients); }
      room.count = clients;
      if (room.cursor >= clients) room.cursor = clients - 1;
    },
  };
}
