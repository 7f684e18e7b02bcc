// The gallery, the dialog of one pair, and the faces of copies. Pairs come as JSON and are put into the
// document as text. What is filtered and which pair is open stand in the address, after the `#`.

const LEFT = new Set(["drop", "paired", "unreadable", "refused", "reject"]);
const KINDS = { kept: "Kept", dropped: "Dropped", borderline: "Borderline", relabelled: "Relabelled", synthetic: "Synthetic" };
const SORTS = { "": "as chosen", near: "nearest to a threshold", low: "lowest score first", high: "highest score first", id: "by id" };
const PAGE = 48;

const { pairs, groups, languages } = JSON.parse(document.getElementById("pairs-data").textContent);
const byId = new Map(pairs.map((pair) => [pair.id, pair]));
const gallery = document.getElementById("gallery");
const further = document.getElementById("further");
const dialog = document.getElementById("pair");
const form = document.getElementById("filters");
let filters = {};
let shown = [];
let opened = null;
let returnTo = null;

// ---------------------------------------------------------------------------------- elements

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const figure = (value) => (value === undefined ? "" : String(Number(value.toPrecision(4))));
const brief = (text) => (text.length > 80 ? `${text.slice(0, 60)}…${text.slice(-12)}` : text);
const short = (id) => id.slice(0, 12);
const address = (id) => `#pair=${encodeURIComponent(id)}`;

function told(name, text, most = Infinity) {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return element("span", { dir: "auto", lang: languages[name] }, cut);
}

// ------------------------------------------------------------------------------------- media

function bytes(medium) {
  const raw = atob(medium.data);
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}

function player(name, medium, says) {
  const made = element(medium.modality, { controls: "", preload: "none", "aria-label": says });
  if (medium.modality === "video") made.setAttribute("playsinline", "");
  made.src = URL.createObjectURL(new Blob([bytes(medium)], { type: medium.mime }));
  return made;
}

function picture(medium, says) {
  const made = element("img", { alt: says, loading: "lazy", decoding: "async" });
  made.src = `data:${medium.mime};base64,${medium.data}`;
  return made;
}

function clipped({ seconds }) {
  if (!seconds) return "";
  const [played, whole] = seconds;
  return whole > played + 0.05 ? `, ${played.toFixed(1)} s of ${whole.toFixed(1)} s` : `, ${whole.toFixed(1)} s`;
}

function describe(pair, name) {
  const first = Object.values(pair.texts)[0];
  return first ? `${name}: ${first.slice(0, 120)}` : `${name} of pair ${short(pair.id)}`;
}

function playable(pair, some = Object.entries(pair.media)) {
  const box = element("div", { class: "media" });
  for (const [name, medium] of some) {
    const says = describe(pair, name);
    if (medium.modality === "image") box.append(picture(medium, says));
    else box.append(player(name, medium, says), element("span", { class: "status" }, `${name}${clipped(medium)}`));
  }
  return box;
}

// Addresses of media hold their bytes in memory until they are let go, and no player may ask for one after.
function letGo(box) {
  for (const media of box.querySelectorAll("audio, video")) {
    const held = media.src;
    media.removeAttribute("src");
    media.load();
    URL.revokeObjectURL(held);
  }
}

// ---------------------------------------------------------------------------------- what counts

const heard = (pair) => pair.lines.filter((line) => line.verdict !== "keep");
const TELLING = new Set([...LEFT, "flag", "review"]);
const scored = (pair) => {
  const own = pair.lines.filter((line) => "score" in line && "threshold" in line);
  const [step] = (filters.said ?? "").split("|");
  return own.find((line) => line.step === step) ?? own.at(-1);
};

// Why it went or is doubted, else its split; and its score, where that is what the reader looks for.
function says(pair) {
  const line = pair.lines.findLast((one) => TELLING.has(one.verdict));
  const why = line ? `${line.name}: ${line.reason ?? line.verdict}` : (pair.split ?? "");
  const asked = filters.kind === "borderline" || ["near", "low", "high"].includes(filters.sort);
  const own = asked && scored(pair);
  return own ? `${why} · score ${figure(own.score)}, threshold ${figure(own.threshold)}` : why;
}

function matches(pair) {
  const { kind, said, split, q } = filters;
  if (kind && !pair.kinds.includes(kind)) return false;
  if (split && (pair.split ?? "none") !== split) return false;
  if (said && !pair.lines.some((line) => line.verdict !== "keep" && key(line).startsWith(said))) return false;
  for (const name of groups) {
    if (filters[`g.${name}`] && grouped(pair, name) !== filters[`g.${name}`]) return false;
  }
  return !q || searched(pair).includes(q.toLowerCase());
}

const grouped = (pair, name) => (pair.withheld ? "withheld" : String(pair.metadata[name] ?? "unknown"));
const key = (line) => `${line.step}|${line.reason ?? line.verdict}|`;

function searched(pair) {
  pair.searched ??= [pair.id, pair.source, ...Object.values(pair.texts), ...Object.values(pair.metadata)]
    .join("\n")
    .toLowerCase();
  return pair.searched;
}

function sorted(found) {
  const by = {
    near: (line) => Math.abs(line.score - line.threshold),
    low: (line) => line.score,
    high: (line) => -line.score,
  }[filters.sort];
  if (filters.sort === "id") return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (!by) return found;
  const rank = (pair) => (scored(pair) ? by(scored(pair)) : Infinity);
  return found.toSorted((a, b) => rank(a) - rank(b) || 0);
}

// ---------------------------------------------------------------------------------- the gallery

function withheld(pair, more = "") {
  return element("p", { class: `${more}withheld`, dir: "auto" }, `Withheld: ${pair.withheld}`);
}

function card(pair) {
  const texts = Object.entries(pair.texts);
  const first = pair.withheld
    ? withheld(pair, "first ")
    : element("p", { class: "first" }, texts.length ? told(...texts[0], 240) : short(pair.id));
  const left = heard(pair).some((line) => LEFT.has(line.verdict));
  const status = element("p", { class: "status" }, element("strong", left ? { class: "out" } : {}, pair.status), " ", says(pair));
  const link = element("a", { href: address(pair.id) }, first, status);
  link.dataset.pair = pair.id;
  const item = element("li");
  if (!pair.withheld && Object.keys(pair.media).length) item.append(playable(pair));
  item.append(link);
  return item;
}

function show() {
  letGo(gallery);
  shown = sorted(pairs.filter(matches));
  gallery.replaceChildren(...shown.slice(0, PAGE).map(card));
  rove(gallery.querySelector("a"));
  document.getElementById("counted").textContent = `${shown.length.toLocaleString("en")} of ${pairs.length.toLocaleString("en")} pairs`;
  further.hidden = shown.length <= PAGE;
}

further.addEventListener("click", () => {
  const before = gallery.childElementCount;
  gallery.append(...shown.slice(before, before + PAGE).map(card));
  further.hidden = gallery.childElementCount >= shown.length;
  const next = gallery.children[before].querySelector("a");
  rove(next);
  next.focus();
});

// One link of the gallery is a stop of the tab key; arrows go to the others.
function rove(link) {
  for (const other of gallery.querySelectorAll("a[data-pair]")) other.tabIndex = other === link ? 0 : -1;
}

function across() {
  const tops = [...gallery.children].map((item) => item.offsetTop);
  return Math.max(1, tops.filter((top) => top === tops[0]).length);
}

gallery.addEventListener("keydown", (event) => {
  const links = [...gallery.querySelectorAll("a[data-pair]")];
  const at = links.indexOf(event.target);
  if (at < 0) return;
  const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across(), ArrowUp: -across(), Home: -at, End: links.length - 1 - at };
  const next = links[at + moves[event.key]];
  if (!next) return;
  event.preventDefault();
  rove(next);
  next.focus();
});

gallery.addEventListener("focusin", (event) => {
  if (event.target.dataset.pair) rove(event.target);
});

// ---------------------------------------------------------------------------------- the filters

function choices(name, label, options) {
  const select = element("select", { name }, ...options);
  return element("label", {}, brief(label), select);
}

const option = (value, text) => element("option", { value }, brief(text));

function tally(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function numbered(name, label, values, every) {
  const found = tally(values);
  if (found.length < 2) return null;
  return choices(name, label, [option("", every), ...found.map(([value, n]) => option(value, `${value} (${n})`))]);
}

function steps() {
  const found = new Map();
  for (const pair of pairs) {
    for (const line of heard(pair)) {
      const step = found.get(line.step) ?? { name: line.name, reasons: [] };
      step.reasons.push(line.reason ?? line.verdict);
      found.set(line.step, step);
    }
  }
  const sections = [...found].sort().map(([step, { name, reasons }]) => {
    const group = element("optgroup", { label: brief(`${step} ${name}`) }, option(`${step}|`, `${step}: any reason`));
    group.append(...tally(reasons).map(([reason, n]) => option(`${step}|${reason}|`, `${reason} (${n})`)));
    return group;
  });
  return choices("said", "Step and reason", [option("", "any"), ...sections]);
}

function kinds() {
  const box = form.querySelector(".kinds");
  const every = [["", "All", pairs.length]];
  for (const [kind, label] of Object.entries(KINDS)) {
    const count = pairs.filter((pair) => pair.kinds.includes(kind)).length;
    if (count) every.push([kind, label, count]);
  }
  for (const [kind, label, count] of every) {
    const button = element("button", { type: "button", "data-kind": kind }, `${label} ${count.toLocaleString("en")}`);
    button.addEventListener("click", () => change({ kind }));
    box.append(button);
  }
}

function build() {
  kinds();
  const fields = form.querySelector(".fields");
  fields.append(steps());
  const split = numbered("split", "Split", pairs.map((pair) => pair.split ?? "none"), "any");
  if (split) fields.append(split);
  for (const name of groups) {
    const made = numbered(`g.${name}`, name, pairs.map((pair) => grouped(pair, name)), "any");
    if (made) fields.append(made);
  }
  fields.append(choices("sort", "Sort", Object.entries(SORTS).map(([value, label]) => option(value, label))));
  form.addEventListener("input", (event) => change({ [event.target.name]: event.target.value }));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = pairs.length === 0;
}

function reflect() {
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.kind === (filters.kind ?? "")));
  }
  for (const field of form.querySelectorAll("select, input")) {
    const wanted = filters[field.name] ?? "";
    if (field.value !== wanted) field.value = wanted;
  }
}

// ---------------------------------------------------------------------------------- the address

function written(id = opened) {
  const parts = Object.entries(filters).filter(([, value]) => value);
  if (id) parts.push(["pair", id]);
  return `#${new URLSearchParams(parts)}`;
}

function change(some) {
  filters = { ...filters, ...some };
  history.replaceState(null, "", written());
  reflect();
  show();
}

// A link to a pair alone keeps the filters; an anchor of the page is none of ours.
function read() {
  const hash = location.hash.slice(1);
  if (hash && !hash.includes("=")) return open(null);
  const { pair = null, ...found } = Object.fromEntries(new URLSearchParams(hash));
  const same = JSON.stringify(found) === JSON.stringify(filters);
  const linked = pair !== null && Object.keys(found).length === 0 && gallery.childElementCount;
  if (!linked && !same) {
    filters = found;
    reflect();
    show();
  }
  open(pair);
}

// ---------------------------------------------------------------------------------- one pair

function definitions(...entries) {
  const list = element("dl");
  for (const [name, ...values] of entries) list.append(element("dt", {}, name), element("dd", { dir: "auto" }, ...values));
  return list;
}

function reference(id) {
  return byId.has(id) ? element("a", { href: address(id) }, element("code", {}, short(id))) : element("code", { title: id }, short(id));
}

function joined(nodes) {
  return nodes.flatMap((node, at) => (at ? [", ", node] : [node]));
}

// A table without the columns that are empty in every row.
function table(caption, columns, lines) {
  const told = columns.filter(([, say]) => lines.some((line) => (say(line) ?? "") !== ""));
  const head = element("tr", {}, ...told.map(([name]) => element("th", { scope: "col" }, name)));
  const rows = lines.map((line) => element("tr", {}, ...told.map(([, say]) => element("td", { dir: "auto" }, say(line) ?? ""))));
  const made = element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...rows));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
}

function ledger(pair) {
  const verdict = (line) => element("span", LEFT.has(line.verdict) ? { class: "flag" } : {}, line.verdict.replaceAll("_", " "));
  const columns = [
    ["Step", (line) => `${line.step} ${line.name}`],
    ["Verdict", verdict],
    ["Reason", (line) => line.reason],
    ["Score", (line) => figure(line.score)],
    ["Threshold", (line) => figure(line.threshold)],
    ["Related", (line) => line.related && reference(line.related)],
    ["Detail", (line) => line.detail],
  ];
  return table("What every step said of it", columns, pair.lines);
}

function making(pair) {
  const columns = [
    ["Field", (made) => made.field],
    ["By", (made) => made.generator],
    ["Made", (made) => made.value],
    ["Instead of", (made) => made.replaced],
    ["Confidence", (made) => figure(made.confidence ?? undefined)],
    ["Taken", (made) => (made.accepted ? "yes" : "no")],
  ];
  return table("What machines made for it", columns, pair.made);
}

function lineage(pair) {
  const children = pairs.filter((other) => other.parents.includes(pair.id));
  const related = pairs.filter((other) => other.lines.some((line) => line.related === pair.id));
  const entries = [["origin", pair.origin], ["source", pair.source]];
  if (pair.row) entries.push(["row", pair.row]);
  if (pair.parents.length) entries.push(["parents", ...joined(pair.parents.map(reference))]);
  if (children.length) entries.push(["children", ...joined(children.map((one) => reference(one.id)))]);
  if (related.length) entries.push(["named by", ...joined(related.map((one) => reference(one.id)))]);
  return definitions(...entries);
}

function story(pair) {
  const parts = [];
  if (pair.withheld) parts.push(withheld(pair));
  else {
    parts.push(playable(pair));
    parts.push(definitions(...Object.entries(pair.texts).map(([name, text]) => [name, told(name, text)])));
    parts.push(definitions(...Object.entries(pair.metadata).map(([name, value]) => [name, String(value ?? "–")])));
  }
  const where = definitions(["id", element("code", {}, pair.id)], ["status", pair.status], ["split", pair.split ?? "–"]);
  parts.push(where, element("h3", {}, "The ledger"), ledger(pair));
  if (pair.made.length) parts.push(element("h3", {}, "Made by machines"), making(pair));
  parts.push(element("h3", {}, "Lineage"), lineage(pair));
  return parts;
}

function strange(id) {
  return [element("p", { class: "withheld" }, `Pair ${id} is not among those that this report shows. `), element("p", {}, "The release's decisions.parquet has its story.")];
}

function open(id) {
  if (id === opened) return;
  letGo(dialog);
  opened = id;
  if (id === null) {
    if (dialog.open) dialog.close();
    return;
  }
  const pair = byId.get(id);
  document.getElementById("pair-title").textContent = `Pair ${short(id)}`;
  document.getElementById("story").replaceChildren(...(pair ? story(pair) : strange(id)));
  if (!dialog.open) {
    returnTo = document.activeElement;
    dialog.showModal();
  }
  dialog.scrollTop = 0;
  document.getElementById("previous").disabled = !beside(-1);
  document.getElementById("next").disabled = !beside(1);
  history.replaceState(null, "", written());
}

function beside(way) {
  const at = shown.findIndex((pair) => pair.id === opened);
  return at < 0 ? undefined : shown[at + way];
}

function turn(way) {
  const next = beside(way);
  if (next) open(next.id);
}

dialog.addEventListener("close", () => {
  letGo(dialog);
  opened = null;
  history.replaceState(null, "", written(null));
  returnTo?.focus();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  if (event.target.matches("audio, video")) return;
  if (event.key === "ArrowLeft") turn(-1);
  if (event.key === "ArrowRight") turn(1);
});
document.getElementById("close").addEventListener("click", () => dialog.close());
document.getElementById("previous").addEventListener("click", () => turn(-1));
document.getElementById("next").addEventListener("click", () => turn(1));

// ---------------------------------------------------------------------------------- copies

function face(box) {
  const pair = byId.get(box.dataset.pair);
  if (!pair) return;
  if (pair.withheld) return box.append(withheld(pair, "first "));
  const media = Object.entries(pair.media).slice(0, 1);
  if (media.length) box.append(playable(pair, media));
  const text = Object.entries(pair.texts)[0];
  if (text) box.append(element("p", { class: "first" }, told(...text, 160)));
}

// What a point of the map stands for.
document.addEventListener("named", ({ detail: { id, into } }) => {
  const pair = byId.get(id);
  if (!pair || pair.withheld) return;
  const seen = Object.entries(pair.media).find(([, medium]) => medium.modality === "image");
  if (seen) into.prepend(picture(seen[1], describe(pair, seen[0])));
  const text = Object.entries(pair.texts)[0];
  if (text) into.append(element("p", { class: "first" }, told(...text, 160)));
});

document.querySelectorAll(".face").forEach(face);
build();
show();
reflect();
read();
addEventListener("hashchange", read);
