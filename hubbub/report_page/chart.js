// One chart as SVG, drawn again at each change. It knows its plot and its box, and of the page only
// what `page` tells: which servers are hidden, which one is pointed at, and the settings of a plot.

const SVG = "http://www.w3.org/2000/svg";

function make(tag, attributes = {}, parent = null, text = "") {
  const svg = parent instanceof SVGElement || tag === "svg";
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

function numberText(value) {
  if (value === 0) return "0";
  const digits = Math.max(0, Math.min(2, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: digits });
}

// With three digits, as the tables have it: "77.0", not "77".
function valueText(value) {
  const rounded = Number(value.toPrecision(3)), digits = Math.max(0, Math.min(2, 3 - String(Math.trunc(Math.abs(rounded))).length));
  return rounded.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function polygon(corners, inner = 1, turn = 0) {
  const points = [];
  for (let i = 0; i < corners; i++) {
    const angle = turn + (2 * Math.PI * i) / corners, r = i % 2 ? inner : 1;
    points.push([r * Math.sin(angle), -r * Math.cos(angle)]);
  }
  return points;
}

// The markers of matplotlib, by their letters, within a circle of radius 1.
const MARKERS = {
  s: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
  "^": polygon(3), v: polygon(3, 1, Math.PI), ">": polygon(3, 1, Math.PI / 2), "<": polygon(3, 1, -Math.PI / 2),
  D: polygon(4), d: polygon(4).map(([x, y]) => [0.6 * x, y]), p: polygon(5), h: polygon(6), H: polygon(6, 1, Math.PI / 6),
  8: polygon(8, 1, Math.PI / 8), "*": polygon(10, 0.45),
  P: [[-0.3, -1], [0.3, -1], [0.3, -0.3], [1, -0.3], [1, 0.3], [0.3, 0.3], [0.3, 1], [-0.3, 1], [-0.3, 0.3], [-1, 0.3], [-1, -0.3], [-0.3, -0.3]],
};
MARKERS.X = MARKERS.P.map(([x, y]) => [0.71 * (x - y), 0.71 * (x + y)]);

// Markers of lines alone: each is a list of rays from the middle, in degrees from the top.
const RAYS = { "+": [0, 90, 180, 270], "|": [0, 180], _: [90, 270], 1: [180, 60, 300], 2: [0, 120, 240], 3: [270, 30, 150], 4: [90, 210, 330] };

function markerPath(letter, x, y, r) {
  if (letter === "") return "";  // a physical limit: a line without markers
  if (letter in RAYS) return RAYS[letter].map(degrees => `M${x} ${y}l${(1.2 * r * Math.sin(degrees * Math.PI / 180)).toFixed(1)} ${(-1.2 * r * Math.cos(degrees * Math.PI / 180)).toFixed(1)}`).join("");
  const corners = MARKERS[letter];
  if (!corners) return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  return `M${corners.map(([dx, dy]) => `${(x + r * dx).toFixed(1)} ${(y + r * dy).toFixed(1)}`).join("L")}z`;
}

function swatch(style, parent) {
  const svg = make("svg", { viewBox: "0 0 34 14", width: 34, height: 14, "aria-hidden": "true" }, parent);
  make("path", { d: "M1 7H33", stroke: style.colour, "stroke-width": 2, "stroke-dasharray": style.dashes, fill: "none" }, svg);
  make("path", { d: markerPath(style.marker, 17, 7, 5), stroke: style.colour, "stroke-width": 1.5, class: "marker" }, svg);
}

// A scale maps [from, to] to pixels, with ticks that have room.
function scaleOf(kind, from, to, pixels, values) {
  const forth = kind === "log" ? Math.log10 : x => x;
  const low = forth(from), high = forth(to), span = high - low || 1;
  const at = value => pixels[0] + ((forth(value) - low) / span) * (pixels[1] - pixels[0]);
  const length = Math.abs(pixels[1] - pixels[0]);
  let ticks;
  if (kind === "nines") {
    ticks = [0, 50, 90, 99, 99.9, 99.99].map(percent => [-Math.log10(1 - percent / 100), String(percent)]).filter(([x]) => x <= to + 0.01);
  } else if (values) {
    ticks = values.map(value => [value, value.toLocaleString("en-US")]);  // measured places: not rounded
  } else if (kind === "log") {
    const most = Math.max(3, length / 45);
    for (const steps of [[1, 2, 5], [1, 3], [1]]) {
      ticks = [];
      for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
        for (const step of steps) {
          const value = step * 10 ** power;
          if (value >= from * 0.999 && value <= to * 1.001) ticks.push([value, numberText(value)]);
        }
      }
      if (ticks.length <= most) break;
    }
  } else {
    const rough = (to - from) / Math.max(2, length / 45), power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough);
    ticks = [];
    for (let n = Math.ceil(from / step); n * step <= to * 1.0001; n++) ticks.push([n * step, numberText(n * step)]);
  }
  return { at, ticks };
}

class Chart {
  constructor(box, plot, page) {
    Object.assign(this, { box, plot, page, at: null });
    this.controls = make("div", { class: "controls" }, box);
    this.stage = make("div", { class: "stage" }, box);
    this.svg = make("svg", { tabindex: 0, role: "application", "aria-roledescription": "chart" }, this.stage);
    this.tip = make("output", { class: "tip", "aria-live": "polite" }, this.stage);
    this.legend = make("div", { class: "legend", role: "group", "aria-label": "servers" }, box);
    this.fillControls();
    this.fillLegend();
    this.svg.addEventListener("pointermove", event => this.point(event));
    this.svg.addEventListener("pointerdown", event => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.leave());
    this.svg.addEventListener("blur", () => this.leave());
    this.svg.addEventListener("keydown", event => this.key(event));
    let width = 0;
    new ResizeObserver(() => { if (width !== (width = box.clientWidth)) this.draw(); }).observe(box);
  }

  get settings() { return this.page.settingsOf(this.plot); }
  get view() { return this.plot.views.find(view => view.name === this.settings.view) ?? this.plot.views[0]; }
  get lines() { return this.linesOf(this.view); }

  linesOf(view) { return view.lines.filter(line => !this.page.hidden.has(line.server) && !this.page.hiddenRounds.has(line.round)); }

  choice(label, name, options) {
    const group = make("div", { class: "choice", role: "group", "aria-label": label }, this.controls);
    make("span", {}, group, label);
    for (const [value, text] of options) {
      const button = make("button", { type: "button", "data-setting": name, "data-value": value }, group, text);
      button.addEventListener("click", () => this.page.set(this.plot, name, value));
    }
  }

  fillControls() {
    const { plot } = this, scales = [["log", "log"], ["linear", "linear"]];
    if (plot.views.length > 1) this.choice("show", "view", plot.views.map(view => [view.name, view.name === "core" ? "CPU" : view.name]));
    this.choice("vertical", "y", scales);
    if (plot.xScale === "log") this.choice("horizontal", "x", scales);
  }

  fillLegend() {
    const servers = [...new Set(this.plot.views.flatMap(view => view.lines.map(line => line.server)))];
    this.buttons = servers.map(server => {
      const button = make("button", { type: "button", "data-server": server, title: "Click: switch on or off. Double click: only this one." }, this.legend);
      swatch(this.page.styles[server], button);
      make("span", {}, button, server);
      button.addEventListener("click", () => this.page.toggle(server));
      button.addEventListener("dblclick", () => this.page.only(server));
      for (const come of ["pointerenter", "focus"]) button.addEventListener(come, () => this.page.highlight(server));
      for (const go of ["pointerleave", "blur"]) button.addEventListener(go, () => this.page.highlight(null));
      return button;
    });
    const many = make("div", { class: "many" }, this.legend);
    const all = make("button", { type: "button" }, many, "all");
    all.addEventListener("click", () => this.page.show(servers, true));
    const none = make("button", { type: "button" }, many, "none");
    none.addEventListener("click", () => this.page.show(servers, false));
  }

  draw() {
    const { svg, view, plot, settings, lines } = this, width = Math.max(280, this.box.clientWidth), height = width < 560 ? 300 : 400;
    const left = 58, right = width - 28, top = 30, bottom = height - 52;
    svg.replaceChildren();
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height })) svg.setAttribute(name, value);
    svg.setAttribute("aria-label", `${view.y} against ${plot.x}, ${lines.length} lines. Arrow keys go from point to point.`);
    for (const button of this.controls.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", settings[button.dataset.setting] === button.dataset.value);
    }
    for (const button of this.buttons) {
      button.setAttribute("aria-pressed", !this.page.hidden.has(button.dataset.server));
      button.disabled = !view.lines.some(line => line.server === button.dataset.server);
    }

    const all = view.lines.flatMap(line => line.at);
    // Views of the same quantity have the same axis, so that a change of view shows the difference.
    const seen = plot.sameScale ? plot.views.flatMap(one => this.linesOf(one)) : lines;
    const kept = seen.flatMap(line => line.at).filter(point => !point[2]);
    const scaled = kept.length ? kept : [[1, 1], [1, 10]], xs = all.map(point => point[0]), ys = scaled.map(point => point[1]);
    const xValues = [...new Set(xs)].sort((a, b) => a - b);
    const xKind = plot.xScale === "log" ? settings.x : plot.xScale, yKind = settings.y;
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const broken = lines.some(line => line.at.some(point => point[2]));
    // Points that did not keep up stand at the upper edge: their values measure the run, not the server.
    const yTo = yKind === "log" ? high * (broken ? 2.2 : 1.25) : high * (broken ? 1.2 : 1.06);
    const y = scaleOf(yKind, yKind === "log" ? low / 1.25 : 0, yTo, [bottom, top]);
    const xFrom = xKind === "log" ? xValues[0] / 1.08 : 0, xTo = xValues.at(-1) * (xKind === "log" ? 1.08 : 1.03);
    const x = scaleOf(xKind, xFrom, xTo, [left, right], plot.xScale === "log" && xValues.length < 13 ? xValues : null);

    const grid = make("g", { class: "grid" }, svg);
    let free = -Infinity;
    for (const [value, text] of x.ticks) {
      const px = x.at(value), half = 4.5 * text.length;
      make("path", { d: `M${px} ${top}V${bottom}` }, grid);
      if (px - half < free) continue;
      free = px + half + 8;
      make("text", { x: px, y: bottom + 20, "text-anchor": "middle" }, grid, text);
    }
    for (const [value, text] of y.ticks) {
      make("path", { d: `M${left} ${y.at(value)}H${right}` }, grid);
      make("text", { x: left - 8, y: y.at(value) + 5, "text-anchor": "end" }, grid, text);
    }
    make("text", { x: (left + right) / 2, y: height - 10, "text-anchor": "middle", class: "axis" }, svg, plot.x);
    make("text", { x: 4, y: 16, class: "axis" }, svg, view.y);
    if (view.mark) {
      make("path", { d: `M${x.at(view.mark)} ${top}V${bottom}`, class: "mark" }, svg);
      make("text", { x: x.at(view.mark) + 5, y: top + 14 }, svg, view.marked);
    }
    if (this.page.asked && plot.name === "knee") {
      const rate = this.page.asked.rate;
      if (rate >= xFrom && rate <= xTo) {
        make("path", { d: `M${x.at(rate)} ${top}V${bottom}`, class: "mark" }, svg);
        make("text", { x: x.at(rate) + 5, y: bottom - 8 }, svg, `your ${numberText(rate)}`);
      }
    }

    if (broken) make("text", { x: right, y: 16, "text-anchor": "end" }, svg, "✕ did not keep up");

    this.points = [];
    const many = lines.length && lines[0].at.length > 15;
    for (const line of lines) {
      const style = this.page.styles[line.server], spots = line.at.map(([a, b, broke]) => [x.at(a), broke ? top + 4 : Math.max(top, y.at(b)), broke]);
      const group = make("g", { class: "line", "data-server": line.server, "data-round": this.page.rounds.indexOf(line.round) }, svg);
      make("path", { d: `M${spots.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join("L")}`, stroke: style.colour, "stroke-dasharray": style.dashes, class: "trace" }, group);
      spots.forEach(([px, py, broke], i) => {
        if (broke) make("path", { d: `M${px - 6} ${py - 6}l12 12m0 -12l-12 12`, stroke: style.colour, class: "broke" }, group);
        else if (!many || i % 6 === 0) make("path", { d: markerPath(style.marker, px, py, 5), stroke: style.colour, class: "marker" }, group);
        this.points.push({ px, py, line, i });
      });
    }
    if (!lines.length) make("text", { x: (left + right) / 2, y: (top + bottom) / 2, "text-anchor": "middle" }, svg, "No server is switched on.");
    this.emphasise();
    this.showTip();
  }

  // The pointed-at server stands out, in every chart.
  emphasise() {
    const server = this.page.highlighted;
    this.svg.classList.toggle("pointed", Boolean(server) && this.lines.some(line => line.server === server));
    for (const group of this.svg.querySelectorAll("g.line")) group.classList.toggle("on", group.dataset.server === server);
    for (const button of this.buttons) button.classList.toggle("on", button.dataset.server === server);
  }

  point(event) {
    const from = this.svg.getBoundingClientRect(), px = event.clientX - from.left, py = event.clientY - from.top;
    let best = null, least = 45;
    for (const point of this.points ?? []) {
      const distance = Math.hypot(point.px - px, point.py - py);
      if (distance < least) [best, least] = [point, distance];
    }
    this.go(best);
  }

  leave() { this.go(null); }

  go(point) {
    this.at = point && { line: point.line, i: point.i };
    this.page.highlight(point && point.line.server);
    this.showTip();
  }

  key(event) {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (event.key === "Escape") return this.leave();
    if (!(event.key in moves) || !this.points?.length) return;
    event.preventDefault();
    const [up, along] = moves[event.key], here = this.points.find(point => this.at && point.line === this.at.line && point.i === this.at.i);
    if (!here) return this.go(this.points[0]);
    if (along) return this.go(this.points.find(point => point.line === here.line && point.i === here.i + along) ?? here);
    // Up and down go to the next value at the same place, in the order in which they are seen.
    const column = this.points.filter(point => Math.abs(point.px - here.px) < 1).sort((a, b) => a.py - b.py);
    this.go(column[column.indexOf(here) + up] ?? here);
  }

  showTip() {
    const { tip } = this, point = this.at && (this.points ?? []).find(one => one.line === this.at.line && one.i === this.at.i);
    for (const ring of this.svg.querySelectorAll(".ring")) ring.remove();
    tip.hidden = !point;
    if (!point) { tip.textContent = ""; return; }
    const [x, y, broke] = point.line.at[point.i];
    const place = this.plot.xScale === "nines" ? `percentile ${Number((100 * (1 - 10 ** -x)).toPrecision(5))}` : `${numberText(x)} ${this.plot.x}`;
    tip.replaceChildren();
    make("b", {}, tip, point.line.server + (point.line.round ? ` (${point.line.round})` : ""));
    if (y !== null) make("span", {}, tip, `${this.view.y}: ${valueText(y)}`);
    make("span", {}, tip, place);
    if (broke) make("span", {}, tip, y === null ? "did not keep up" : "did not keep up: the value measures how long the run was");
    make("circle", { cx: point.px, cy: point.py, r: 9, class: "ring" }, this.svg);
    const width = this.box.clientWidth;
    tip.style.left = `${Math.max(0, Math.min(point.px + 14, width - tip.offsetWidth - 2))}px`;
    tip.style.top = `${point.py > 110 ? point.py - tip.offsetHeight - 12 : point.py + 16}px`;
  }
}
