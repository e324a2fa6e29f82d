// What the reader does, and what follows.

const $ = (id) => document.getElementById(id);
const search = $("search");
let selected = { part: null, layers: [] };
let hits = []; // layers that are searched for
let hit = -1; // the one that Enter came to
let work = Promise.resolve(); // one layout after the other

// ---- unfold and fold

/** Change what is open, and draw it; `anchor` stays where it is. What cannot be drawn is undone. */
function change(edit, anchor = null) {
  work = work.then(() => redraw(edit, anchor)).catch((error) => say(String(error)));
  return work;
}

async function redraw(edit, anchor) {
  const before = new Map(states);
  const shown = new Set(order.map(([part]) => part));
  const place = anchor && elementOf(anchor)?.getBoundingClientRect();
  edit();
  const nodes = nodesInView().length;
  view.classList.add("busy");
  try {
    if (nodes > data.limits.nodes)
      throw new Error(
        `${count(nodes)} layers are more than the ${count(data.limits.nodes)} that a page lays out`,
      );
    put(await layOut(dotText()));
    dress(nodes < 300 ? shown : null); // more that appear at once would stutter
    say("");
  } catch (error) {
    states.clear();
    for (const [id, state] of before) states.set(id, state);
    say(
      `Not drawn: ${error.message}. Fold something first, or draw it with netspec draw --unroll.`,
    );
  }
  view.classList.remove("busy");
  if (place && elementOf(anchor)) {
    const now = elementOf(anchor).getBoundingClientRect();
    view.scrollBy(now.left - place.left, now.top - place.top);
  }
  light();
  report();
}

function toggle(part, action = "toggle") {
  const next = action === "close" ? [part, "closed"] : nextState(part);
  if (!next)
    return say(
      `“${part.title}” has more runs than this page holds; draw them with netspec draw --unroll.`,
    );
  select(next[0]);
  return change(() => states.set(...[next[0].id, next[1]]), next[0]).then(() => refocus(next[0]));
}

/** After the drawing was replaced the focus goes where it was. */
function refocus(part) {
  if (document.activeElement === document.body || drawing.contains(document.activeElement))
    focusPart(part);
}

function say(text) {
  $("message").hidden = !text;
  $("message").firstElementChild.textContent = text;
}

function report() {
  const nodes = order.filter(([part]) => !inside(part)).length;
  $("status").textContent =
    `${count(data.rows.length)} layers drawn as ${count(nodes)} · click a box to unfold or fold it · ? for keys`;
}

// ---- selection: a part of the diagram, or a layer of the table

function select(part, layers = part ? layersOf(part) : []) {
  selected = { part, layers };
  light({ scroll: true });
}

/** A row: its node, which may stand for others too. */
function selectLayer(at, { move = true } = {}) {
  const part = homes(nodesInView())[at];
  selected = { part, layers: [at] };
  light();
  if (move) show(part);
}

function light({ scroll = false } = {}) {
  const { layers } = selected;
  if (selected.part && !elementOf(selected.part)) selected.part = homes(nodesInView())[layers[0]];
  const { part } = selected;
  for (const element of drawing.querySelectorAll(".lit")) {
    element.classList.remove("lit");
    element.setAttribute("aria-selected", false);
  }
  if (part) {
    elementOf(part).classList.add("lit");
    elementOf(part).setAttribute("aria-selected", true);
    for (const [element, start, end] of edges)
      element.classList.toggle("lit", start === part.id || end === part.id);
  }
  lightRows(layers, scroll);
  markPlot(layers);
  $("details").replaceChildren(
    layers.length
      ? describe(layers, layers.length > 1 && isBox(part) ? part.title : null)
      : describeNet(),
  );
  if (layers.length) setMoment(layers[0]);
  lightHits();
}

// ---- search

function find() {
  const wanted = search.value.trim().toLowerCase();
  hits = [];
  hit = -1;
  data.rows.forEach((row, at) => {
    const found = `${row[NAME]} ${row[KIND]} ${row[OUTPUT]} ${row[ARGUMENTS]}`
      .toLowerCase()
      .includes(wanted);
    rowOf[at].hidden = !found;
    if (found && wanted) hits.push(at);
  });
  $("none").hidden = !wanted || hits.length > 0;
  lightHits();
}

function lightHits() {
  const wanted = search.value.trim() !== "";
  drawing.classList.toggle("searching", wanted);
  for (const element of drawing.querySelectorAll(".hit")) element.classList.remove("hit");
  if (wanted) {
    const home = homes(nodesInView());
    for (const at of hits) elementOf(home[at]).classList.add("hit");
  }
  $("found").textContent = wanted
    ? hit < 0
      ? `${count(hits.length)}`
      : `${hit + 1} / ${hits.length}`
    : "";
}

function step(by) {
  if (!hits.length) return;
  hit = (hit + by + hits.length + (hit < 0 && by < 0)) % hits.length;
  const at = hits[hit];
  selectLayer(at);
  lightRows([at], true);
  lightHits();
}

function clear() {
  search.value = "";
  find();
  selected = { part: null, layers: [] };
  edges.forEach(([element]) => element.classList.remove("lit"));
  light();
}

// ---- the pointer

drawing.addEventListener("click", (event) => {
  const part = partOf(event.target);
  if (!part) return;
  tip.hidden = true;
  tip.part = null;
  focusPart(part);
  if (isBox(part)) toggle(part, event.target.closest(".toggle")?.dataset.action);
  else select(part);
});

const tip = $("tip");
view.addEventListener("pointermove", (event) => {
  const part = drag?.moved ? null : partOf(event.target);
  tip.hidden = !part || event.pointerType === "touch";
  if (tip.hidden) return;
  if (tip.part !== part) {
    tip.part = part;
    tip.replaceChildren(describe(layersOf(part), isBox(part) ? part.title : null));
    if (isBox(part))
      tip.append(make("p", unfolded(part) ? "Click to fold" : "Click to unfold", { class: "doc" }));
  }
  const [x, y] = [event.clientX + 14, event.clientY + 16];
  tip.style.left = `${Math.max(6, Math.min(x, innerWidth - tip.offsetWidth - 10))}px`;
  tip.style.top = `${y + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 30 : y}px`;
});
view.addEventListener("pointerleave", () => (tip.hidden = true));

rows.addEventListener("click", (event) => {
  const row = event.target.closest('[role="row"]');
  if (row) {
    focusRow(row);
    selectLayer(rowOf.indexOf(row));
  }
});
rows.addEventListener("dblclick", (event) => {
  const row = event.target.closest('[role="row"]');
  if (row) unfoldTo(rowOf.indexOf(row));
});

plot.addEventListener("pointermove", (event) => setMoment(momentAt(event)));
plot.addEventListener("pointerleave", () => setMoment(selected.layers[0] ?? peak));
plot.addEventListener("click", () => {
  selectLayer(moment);
  lightRows([moment], true);
});

// ---- keys

function focusPart(part) {
  elementOf(focused)?.setAttribute("tabindex", -1);
  focused = part;
  elementOf(part)?.setAttribute("tabindex", 0);
  elementOf(part)?.focus({ preventScroll: true });
}

function focusRow(row) {
  rows.querySelector('[tabindex="0"]')?.setAttribute("tabindex", -1);
  row.setAttribute("tabindex", 0);
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

async function unfoldTo(at) {
  await change(() => reveal(at));
  selectLayer(at);
  focusPart(selected.part);
}

function visit(part) {
  if (!part) return;
  focusPart(part);
  select(part);
  show(part);
}

const inDrawing = {
  ArrowDown: (at) => visit(order[at + 1]?.[0]),
  ArrowUp: (at) => visit(order[at - 1]?.[0]),
  Home: () => visit(order[0][0]),
  End: () => visit(order.at(-1)[0]),
  ArrowRight: (at, part) =>
    isBox(part) && !unfolded(part) && nextState(part)
      ? toggle(part)
      : inside(part) && visit(inside(part)[0]),
  ArrowLeft: (at, part) =>
    isBox(part) && inside(part)
      ? toggle(part, unfolded(part) ? "toggle" : "close")
      : visit(part.parent),
  Enter: (at, part) => (isBox(part) ? toggle(part) : focusRow(rowOf[part.layers[0]])),
};
inDrawing[" "] = inDrawing.Enter;

drawing.addEventListener("keydown", (event) => {
  const at = order.findIndex(([part]) => part === focused);
  if (at < 0 || !inDrawing[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  inDrawing[event.key](at, focused);
});

rows.addEventListener("keydown", (event) => {
  const row = event.target;
  const open = rowOf.filter((each) => !each.hidden);
  const at = open.indexOf(row);
  const page = Math.floor($("table").clientHeight / 24) - 2;
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: open.length - 1,
  }[event.key];
  if (event.key === "Enter") {
    event.preventDefault();
    unfoldTo(rowOf.indexOf(row));
  } else if (to !== undefined) {
    event.preventDefault();
    const next = open[Math.min(open.length - 1, Math.max(0, to))];
    selectLayer(rowOf.indexOf(next));
    focusRow(next);
  }
});

plot.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[
    event.key
  ];
  const to = event.key === "Home" ? 0 : event.key === "End" ? alive.length - 1 : by && moment + by;
  if (event.key === "Enter") plot.click();
  if (to === undefined || Number.isNaN(to)) return;
  event.preventDefault();
  setMoment(to);
});

search.addEventListener("input", find);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  if (event.key === "Escape") {
    tip.hidden = true;
    say("");
    clear();
    if (document.activeElement === search) search.blur();
    return;
  }
  if (event.target === search) return;
  const act = {
    "/": () => search.focus(),
    "+": () => zoom(1.25),
    "=": () => zoom(1.25),
    "-": () => zoom(0.8),
    0: fit,
    "?": () => $("help").showModal(),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// ---- buttons

/** The whole drawing; once it is all in view, the size at which it can be read. */
function fit() {
  const whole = wholeScale();
  zoom((Math.abs(scale - whole) < 0.005 ? readableScale() : whole) / scale);
}

$("larger").addEventListener("click", () => zoom(1.25));
$("smaller").addEventListener("click", () => zoom(0.8));
$("fit").addEventListener("click", fit);
$("unfold").addEventListener("click", () => change(unfoldAll));
$("fold").addEventListener("click", () => change(foldAll));
$("fold-back").addEventListener("click", () => change(foldAll));
$("dismiss").addEventListener("click", () => say(""));
$("keys").addEventListener("click", () => $("help").showModal());

const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const dark = () =>
  root.dataset.theme === "auto" ? systemDark.matches : root.dataset.theme === "dark";
const press = () => $("theme").setAttribute("aria-pressed", dark());
$("theme").addEventListener("click", () => {
  root.dataset.theme = dark() ? "light" : "dark";
  press();
});
systemDark.addEventListener("change", press);

// ---- begin

root.classList.add("live");
fillTable();
fillPlot();
press();
dress();
light();
scale = readableScale();
resize();
report();
