// What the diagram shows: which boxes are closed, open once, or drawn as often as they run.
// All words and looks were written by netspec; here the pieces are put together as DOT text.

const data = JSON.parse(document.getElementById("data").textContent);
const NAME = 0,
  KIND = 1,
  OUTPUT = 2,
  PARAMS = 3,
  MACS = 4,
  MEMORY = 5,
  ARGUMENTS = 6,
  SEEN = 7,
  FAMILY = 8,
  LINE = 9;

const parts = new Map(); // by id, as in the drawing
const states = new Map(); // of the boxes that are not as they started

function register(list, parent) {
  for (const part of list) {
    part.parent = parent;
    parts.set(part.id, part);
    register(part.members ?? [], part);
    register(part.each ?? [], part);
  }
}
register(data.parts, null);

const isBox = (part) => part.members !== undefined;
const stateOf = (part) => states.get(part.id) ?? part.start;

/** What is drawn in a part; null for a layer, and for a box that is closed. */
function inside(part) {
  if (!isBox(part) || stateOf(part) === "closed") return null;
  return stateOf(part) === "each" ? part.each : part.members;
}

/** The parts in view, a box before what it holds: the order of the arrow keys. */
function* inView(list = data.parts, level = 1) {
  for (const part of list) {
    yield [part, level];
    const inner = inside(part);
    if (inner) yield* inView(inner, level + 1);
  }
}

/** The layers and closed boxes in view. */
const nodesInView = () => [...inView()].map(([part]) => part).filter((part) => !inside(part));

/** The layers that a part holds. */
function leaves(part) {
  return isBox(part) ? part.members.flatMap(leaves) : [part];
}

/** The places in the order of execution of all layers that a part stands for. */
function layersOf(part) {
  part.all ??= leaves(part)
    .flatMap((leaf) => leaf.layers)
    .sort((a, b) => a - b);
  return part.all;
}

/** For each layer of the net the node in view that stands for it. */
function homes(nodes) {
  const home = [];
  for (const node of nodes) for (const layer of layersOf(node)) home[layer] = node;
  return home;
}

/** The DOT text of what is in view. */
function dotText() {
  const lines = [...data.head];
  const write = (list, indent) => {
    for (const part of list) {
      const inner = inside(part);
      if (!inner) {
        lines.push(`${indent}${part.id}${part.node};`);
        continue;
      }
      lines.push(`${indent}subgraph cluster_${part.id} {`);
      lines.push(`${indent}  graph${stateOf(part) === "each" ? part.unrolled : part.frame};`);
      write(inner, indent + "  ");
      lines.push(`${indent}}`);
    }
  };
  write(data.parts, "  ");
  const nodes = nodesInView();
  const home = homes(nodes);
  for (const node of nodes) {
    const told = new Set();
    for (const leaf of leaves(node)) {
      for (const [source, bare, full] of leaf.reads) {
        const start = home[source].id;
        if (start === node.id || (leaf !== node && told.has(start))) continue;
        told.add(start);
        lines.push(`  ${start} -> ${node.id}${leaf === node ? full : bare};`);
      }
    }
  }
  data.outputs.forEach(([source, look], at) => {
    lines.push(`  out${at}${look};`, `  ${home[source].id} -> out${at};`);
  });
  return [...lines, "}", ""].join("\n");
}

/** The outermost folded repeat around a part: what is in it unfolds after it has. */
function foldedAround(part) {
  let found = null;
  for (let at = part.parent; at; at = at.parent) if (at.each && stateOf(at) !== "each") found = at;
  return found;
}

/** What a click on a box does: [box, its next state], or null where nothing more can be unfolded. */
function nextState(part) {
  const state = stateOf(part);
  if (state === "closed") return [part, "once"];
  if (state === "each") return [part, "once"];
  if (part.each) return [part, "each"];
  const around = part.times > 1 ? foldedAround(part) : null;
  if (around) return [around, "each"];
  return part.times > 1 ? null : [part, "closed"];
}

/** Whether a click on a box folds it. */
function unfolded(part) {
  return stateOf(part) === "each" || (stateOf(part) === "once" && !(part.times > 1));
}

/** Open all that hides a layer. */
function reveal(layer) {
  for (;;) {
    const home = homes(nodesInView())[layer];
    if (isBox(home)) {
      states.set(home.id, home.each ? "each" : "once");
      continue;
    }
    const around = home.layers.length > 1 ? foldedAround(home) : null;
    if (!around) return;
    states.set(around.id, "each");
  }
}

function unfoldAll() {
  for (const part of parts.values())
    if (isBox(part)) states.set(part.id, part.each ? "each" : "once");
}

function foldAll() {
  states.clear();
  for (const part of parts.values()) if (part.start === "each") states.set(part.id, "once");
}
