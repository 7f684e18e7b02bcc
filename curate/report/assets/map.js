// The map: points on a canvas, coloured by what the reader chooses. A point's colour has a shape of its
// own too. A point opens its pair by its link, `#pair=<id>`, as everything on the page does.

const told = document.getElementById("map-data");
if (told) draw(JSON.parse(told.textContent));

function draw(data) {
  const SHAPES = 8;
  const NEAR = 18;
  const canvas = document.getElementById("points");
  const legend = document.getElementById("legend");
  const choice = document.getElementById("colour");
  const named = document.getElementById("point");
  const paint = canvas.getContext("2d");
  let colours = [];
  let alone = null;
  let at = null;
  let places = [];

  const extent = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const spanX = extent(data.x);
  const spanY = extent(data.y);

  // Names beyond the seventh share the last colour.
  const slot = (name) => Math.min(name, SHAPES - 1);

  function shape(context, kind, x, y, r) {
    context.beginPath();
    if (kind === 0 || kind === 7) context.arc(x, y, kind === 7 ? r * 0.6 : r, 0, 7);
    else if (kind === 1) corners(context, [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]], x, y, r);
    else if (kind === 2) context.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
    else if (kind === 3) corners(context, [[0, -1.4], [1.2, 0], [0, 1.4], [-1.2, 0]], x, y, r);
    else if (kind === 4) corners(context, [[0, 1.3], [1.2, -0.9], [-1.2, -0.9]], x, y, r);
    else if (kind === 5) corners(context, [[-1.3, 0], [0.9, -1.2], [0.9, 1.2]], x, y, r);
    else context.rect(x - r * 1.3, y - r * 0.5, r * 2.6, r);
    context.fill();
  }

  function corners(context, points, x, y, r) {
    points.forEach(([dx, dy], i) => context[i ? "lineTo" : "moveTo"](x + dx * r, y + dy * r));
    context.closePath();
  }

  function layout() {
    const scale = devicePixelRatio || 1;
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = width * scale;
    canvas.height = height * scale;
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    const room = 18;
    const x = (v) => room + ((v - spanX[0]) / (spanX[1] - spanX[0] || 1)) * (width - 2 * room);
    const y = (v) => height - room - ((v - spanY[0]) / (spanY[1] - spanY[0] || 1)) * (height - 2 * room);
    places = data.x.map((v, i) => [x(v), y(data.y[i])]);
    render();
  }

  function render() {
    paint.clearRect(0, 0, canvas.width, canvas.height);
    const { of } = data.colours[choice.value];
    const r = data.ids.length > 3000 ? 2.4 : 3.6;
    places.forEach(([x, y], i) => {
      const kind = slot(of[i]);
      paint.globalAlpha = alone === null ? 0.75 : alone === kind ? 0.95 : 0.08;
      paint.fillStyle = colours[kind];
      shape(paint, kind, x, y, r);
    });
    paint.globalAlpha = 1;
    if (at === null) return;
    paint.strokeStyle = getComputedStyle(canvas).color;
    paint.lineWidth = 2;
    paint.beginPath();
    paint.arc(...places[at], 9, 0, 7);
    paint.stroke();
  }

  function recolour() {
    const { names, of } = data.colours[choice.value];
    const counts = new Array(SHAPES).fill(0);
    for (const name of of) counts[slot(name)] += 1;
    const shown = names.length > SHAPES ? [...names.slice(0, SHAPES - 1), `${names.length - SHAPES + 1} others`] : names;
    legend.replaceChildren(...shown.map((name, kind) => entry(name, kind, counts[kind])));
    colours = [...legend.querySelectorAll("svg")].map((mark) => getComputedStyle(mark).color);
    alone = null;
    render();
  }

  function entry(name, kind, count) {
    const button = document.createElement("button");
    button.type = "button";
    button.ariaPressed = "false";
    const word = document.createElement("bdi");
    word.textContent = name.length > 60 ? `${name.slice(0, 60)}…` : name;
    button.append(mark(kind), word, ` ${count.toLocaleString("en")}`);
    button.addEventListener("click", () => {
      alone = alone === kind ? null : kind;
      for (const other of legend.querySelectorAll("button")) other.ariaPressed = "false";
      button.ariaPressed = String(alone === kind);
      render();
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }

  // The same shape as on the canvas, recorded as the path of an SVG.
  function mark(kind) {
    const steps = [];
    const recorder = {
      beginPath: () => {},
      closePath: () => steps.push("Z"),
      fill: () => {},
      moveTo: (x, y) => steps.push(`M${x} ${y}`),
      lineTo: (x, y) => steps.push(`L${x} ${y}`),
      rect: (x, y, w, h) => steps.push(`M${x} ${y}h${w}v${h}h${-w}Z`),
      arc: (x, y, r) => steps.push(`M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`),
    };
    shape(recorder, kind, 8, 8, 5);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("class", `c${kind + 1}`);
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", steps.join(""));
    path.setAttribute("fill", "currentColor");
    svg.append(path);
    return svg;
  }

  function nearest(x, y, within, allowed = () => true) {
    let best = null;
    let least = within * within;
    places.forEach(([px, py], i) => {
      const away = (px - x) ** 2 + (py - y) ** 2;
      if (away < least && allowed(px - x, py - y, i)) [best, least] = [i, away];
    });
    return best;
  }

  function name(i) {
    at = i;
    render();
    if (i === null) return;
    const says = Object.entries(data.colours).map(([key, { names, of }]) => `${key}: ${names[of[i]]}`);
    const link = document.createElement("a");
    link.href = `#pair=${encodeURIComponent(data.ids[i])}`;
    link.textContent = data.ids[i].slice(0, 12);
    const words = document.createElement("span");
    words.dir = "auto";
    words.append(link, ` ${says.join(" · ")}`);
    named.replaceChildren(words);
    document.dispatchEvent(new CustomEvent("named", { detail: { id: data.ids[i], into: named } }));
  }

  function open() {
    if (at !== null) location.hash = `pair=${encodeURIComponent(data.ids[at])}`;
  }

  // The nearest point within a quarter turn of the arrow.
  function step(dx, dy) {
    if (at === null) return name(nearest(canvas.clientWidth / 2, canvas.clientHeight / 2, Infinity));
    const [x, y] = places[at];
    const ahead = (px, py, i) => i !== at && px * dx + py * dy > Math.abs(px * dy + py * dx);
    const next = nearest(x, y, Infinity, ahead);
    if (next !== null) name(next);
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    return nearest(event.clientX - box.left, event.clientY - box.top, NEAR);
  };

  canvas.addEventListener("pointermove", (event) => {
    const found = under(event);
    if (found !== null && found !== at) name(found);
  });
  canvas.addEventListener("click", (event) => {
    const found = under(event);
    if (found === null) return;
    name(found);
    open();
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key in ARROWS) step(...ARROWS[event.key]);
    else if (event.key === "Enter") open();
    else if (event.key === "Escape") name(null);
    else return;
    event.preventDefault();
  });
  choice.addEventListener("change", recolour);
  document.addEventListener("themed", recolour);
  matchMedia("print").addEventListener("change", recolour);
  document.getElementById("mapping").hidden = false;
  new ResizeObserver(layout).observe(canvas);
  layout();
  recolour();
}
