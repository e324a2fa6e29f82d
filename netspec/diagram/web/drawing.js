// The drawing: how it comes into the page, moves and zooms; what in it can be reached and pressed.

const view = document.getElementById("view");
const drawing = document.getElementById("drawing");
const SVG = "http://www.w3.org/2000/svg";
const PLAIN = new Set(["svg", "g", "polygon", "path", "polyline", "ellipse", "text"]);
const PIXELS = 4 / 3; // of a point, at 100%

let scale = 1;
let size = [0, 0]; // of the drawing, points
let order = []; // parts in view as the arrow keys go
let edges = []; // [element, id where it starts, id where it ends]
let focused = null; // the part that Tab leads to

const elementOf = (part) => document.getElementById(part.id);
const partOf = (element) => parts.get(element?.closest?.(".node, .cluster")?.id);

/** Put SVG text of Graphviz into the page: shapes and text, and nothing else. */
function put(text) {
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  svg.classList.add("laid");
  drawing.replaceChildren(document.importNode(svg, true));
}

/** Make what is drawn part of the page: roles, keys, toggles. */
function dress(known = null) {
  const svg = drawing.firstElementChild;
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  size = [width, height];
  edges = [...svg.querySelectorAll(".edge")].map((edge) => [
    edge,
    ...edge.querySelector("title").textContent.split("->"),
  ]);
  for (const element of svg.querySelectorAll("*")) {
    if (!PLAIN.has(element.localName))
      element.remove(); // titles too: we have our own
    else
      for (const { name } of [...element.attributes])
        if (/^on|href/i.test(name)) element.removeAttribute(name);
  }
  svg.setAttribute("role", "tree");
  svg.setAttribute("aria-label", `Diagram of ${data.name}`);
  order = [...inView()].filter(([part]) => elementOf(part));
  const corners = order.map(([part]) => isBox(part) && cornerOf(part)); // all before anything changes, for it costs a layout
  order.forEach(([part, level], at) =>
    dressPart(part, level, corners[at], known !== null && !known.has(part)),
  );
  focused = order.find(([part]) => part === focused)?.[0] ?? order[0]?.[0];
  elementOf(focused)?.setAttribute("tabindex", "0");
  resize();
}

function dressPart(part, level, corner, fresh) {
  const element = elementOf(part);
  const said = { role: "treeitem", "aria-level": level, tabindex: -1, "aria-selected": false };
  said["aria-label"] = [...element.querySelectorAll("text")]
    .map((t) => t.textContent.trim())
    .filter(Boolean)
    .join(" ");
  if (isBox(part)) said["aria-expanded"] = unfolded(part);
  for (const [name, value] of Object.entries(said)) element.setAttribute(name, value);
  element.classList.toggle("fresh", fresh);
  if (isBox(part)) element.append(...toggles(part, corner));
}

/** Where the toggles of a box go: at the end of a frame's upper line, on the corner of a node. */
function cornerOf(part) {
  const box = [...elementOf(part).querySelectorAll(":scope > path")].at(-1).getBBox();
  return inside(part) ? [box.x + box.width - 12, box.y] : [box.x + box.width - 4, box.y + 4];
}

/** Round buttons at the corner of a box: + unfolds, − folds. An open repeat can do both. */
function toggles(part, [x, y]) {
  const found = [];
  const add = (action, sign) => {
    const toggle = document.createElementNS(SVG, "g");
    toggle.setAttribute("class", "toggle");
    toggle.setAttribute("transform", `translate(${x - 18 * found.length} ${y})`);
    toggle.dataset.action = action;
    const circle = document.createElementNS(SVG, "circle");
    circle.setAttribute("r", 7);
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", sign);
    toggle.append(circle, path);
    found.push(toggle);
  };
  if (nextState(part)) add("toggle", unfolded(part) ? "M-3.5 0h7" : "M-3.5 0h7M0-3.5v7");
  if (stateOf(part) === "once" && part.times > 1) add("close", "M-3.5 0h7");
  return found;
}

// ---- zoom

function resize() {
  const svg = drawing.firstElementChild;
  svg.setAttribute("width", size[0] * PIXELS * scale);
  svg.setAttribute("height", size[1] * PIXELS * scale);
  const fit = document.getElementById("fit");
  fit.textContent = `${Math.round(scale * 100)}%`;
  fit.setAttribute("aria-label", `Fit into the window, now ${fit.textContent}`);
}

/** Zoom by a factor; what is under a point of the window stays there. */
function zoom(factor, x = view.clientLeft + view.clientWidth / 2, y = view.clientHeight / 2) {
  const before = drawing.firstElementChild.getBoundingClientRect();
  const at = view.getBoundingClientRect();
  const old = scale;
  scale = Math.min(4, Math.max(0.05, scale * factor));
  resize();
  const after = drawing.firstElementChild.getBoundingClientRect();
  const grown = scale / old;
  view.scrollLeft += after.left + (at.left + x - before.left) * grown - at.left - x;
  view.scrollTop += after.top + (at.top + y - before.top) * grown - at.top - y;
}

/** The scale at which the whole drawing is in view; at most 100%. */
function wholeScale() {
  const room = [view.clientWidth - 44, view.clientHeight - 44];
  return Math.min(1, room[0] / (size[0] * PIXELS), room[1] / (size[1] * PIXELS));
}

/** First the shorter side fits, and can be read. */
function readableScale() {
  const fits =
    Math.max((view.clientWidth - 44) / size[0], (view.clientHeight - 44) / size[1]) / PIXELS;
  return Math.max(0.4, Math.min(1, fits));
}

view.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const at = view.getBoundingClientRect();
    zoom(
      Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.004)),
      event.clientX - at.left,
      event.clientY - at.top,
    );
  },
  { passive: false },
);

// ---- move by dragging; a press that moved is no click

let drag = null;
view.addEventListener("pointerdown", (event) => {
  if (event.button === 0 && event.pointerType === "mouse")
    drag = { x: event.clientX, y: event.clientY, moved: false };
});
addEventListener("pointermove", (event) => {
  if (!drag) return;
  const by = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(...by) < 4) return;
  drag = { x: event.clientX, y: event.clientY, moved: true };
  view.classList.add("dragging");
  view.scrollBy(-by[0], -by[1]);
});
addEventListener("pointerup", () => {
  view.classList.remove("dragging");
  if (drag?.moved)
    view.addEventListener("click", (event) => event.stopImmediatePropagation(), {
      capture: true,
      once: true,
    });
  setTimeout(() => (drag = null));
});

/** Move a part into view where it is not. */
function show(part) {
  const room = view.getBoundingClientRect();
  const at = elementOf(part).getBoundingClientRect();
  const out =
    at.left < room.left || at.top < room.top || at.right > room.right || at.bottom > room.bottom;
  if (!out) return;
  const near = (low, high, from, to) =>
    high - low > to - from ? low - from - 24 : (low + high - from - to) / 2;
  view.scrollBy(
    near(at.left, at.right, room.left, room.right),
    near(at.top, at.bottom, room.top, room.bottom),
  );
}
