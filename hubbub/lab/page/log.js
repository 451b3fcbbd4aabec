// The log of events in words, newest first. It keeps the last hundred.

const MOST = 100;
const SIGNS = { verdict: "✕", evict: "✕", kill: "✕", gone: "✕", trouble: "!", stall: "‖", wake: "▸", start: "●", signal: "■", story: "❯" };

export function makeLog() {
  const list = document.getElementById("log");
  let first = null;
  return {
    event({ t, kind, text }) {
      if (t != null) first ??= t;
      const line = document.createElement("li"), when = Object.assign(document.createElement("time"), { textContent: t == null ? "" : `${(t - first).toFixed(1)} s` });
      line.dataset.kind = kind;
      line.append(when, Object.assign(document.createElement("i"), { textContent: SIGNS[kind] ?? "·" }), Object.assign(document.createElement("span"), { textContent: text }));
      list.prepend(line);
      if (list.childElementCount > MOST) list.lastElementChild.remove();
    },
  };
}
