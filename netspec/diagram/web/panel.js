// Beside the diagram: the table, memory over time, and what is known of what is selected.

const rows = document.getElementById("rows");
const plot = document.getElementById("plot");
const rowOf = []; // row elements, by the order of execution
const COLUMNS = ["layer", "kind", "output", "params", "MACs", "memory"];

/** Elements with text in them, and nothing but text. */
function make(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const count = (value) => BigInt(value).toLocaleString("en-US");
const total = (layers, column) =>
  layers.reduce((sum, at) => sum + BigInt(data.rows[at][column]), 0n);

/** Bytes in binary units: `12.2 MiB`. */
function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let [size, unit] = [Number(value), 0];
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return unit ? `${size.toFixed(1)} ${units[unit]}` : `${value} B`;
}

/** A count in the unit that people quote: `15.47 G`. */
function scaled(value) {
  const [limit, unit] =
    [
      [1e12, "T"],
      [1e9, "G"],
      [1e6, "M"],
      [1e3, "k"],
    ].find(([limit]) => value >= limit) ?? [];
  return unit ? `${(Number(value) / limit).toFixed(2)} ${unit}` : String(value);
}

// ---- the table

function fillTable() {
  document
    .querySelector("#table .head")
    .append(...COLUMNS.map((name) => make("span", name, { role: "columnheader" })));
  const most = [PARAMS, MACS, MEMORY].map((column) =>
    data.rows.reduce((m, row) => Math.max(m, Number(row[column])), 1),
  );
  rows.append(
    ...data.rows.map((row, at) => {
      const line = make("div", "", {
        role: "row",
        tabindex: at ? -1 : 0,
        "aria-rowindex": at + 2,
        "aria-selected": false,
        id: `row${at}`,
      });
      line.className = `f-${row[FAMILY]}`;
      const cells = [
        row[NAME],
        row[KIND],
        row[OUTPUT],
        row[PARAMS] && count(row[PARAMS]),
        row[MACS] && scaled(row[MACS]),
        row[MEMORY] && bytes(row[MEMORY]),
      ];
      line.append(
        ...cells.map((cell, column) => {
          const span = make("span", cell || "", { role: "gridcell" });
          if (column < 3) span.title = cell;
          else if (column === MACS && cell) span.title = count(row[MACS]);
          if (column < 3) return span;
          if (cell) {
            span.className = "bar";
            span.style.setProperty("--share", Number(row[column]) / most[column - 3]);
          }
          return span;
        }),
      );
      rowOf.push(line);
      return line;
    }),
  );
  document.getElementById("table").setAttribute("aria-rowcount", data.rows.length + 1);
}

function lightRows(layers, scroll) {
  for (const row of rows.querySelectorAll(".lit")) {
    row.classList.remove("lit");
    row.setAttribute("aria-selected", false);
  }
  for (const at of layers) {
    rowOf[at].classList.add("lit");
    rowOf[at].setAttribute("aria-selected", true);
  }
  if (!layers.length) return;
  rows.querySelector('[tabindex="0"]')?.setAttribute("tabindex", -1);
  rowOf[layers[0]].setAttribute("tabindex", 0);
  if (scroll) {
    const table = document.getElementById("table");
    const top = rowOf[layers[0]].offsetTop - table.offsetTop;
    if (top < table.scrollTop + 30 || top > table.scrollTop + table.clientHeight - 30)
      table.scrollTop = top - table.clientHeight / 3;
  }
}

// ---- memory over time

const alive = data.memory.alive.map(Number);
const most = alive.reduce((a, b) => Math.max(a, b), 1);
const peak = Math.max(0, alive.indexOf(most));
let moment = peak;

function fillPlot() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${alive.length} 100`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", true);
  const area = document.createElementNS(SVG, "path");
  area.setAttribute("class", "area");
  area.setAttribute(
    "d",
    `M0 100${alive.map((value) => `V${(100 - (value / most) * 92).toFixed(2)}h1`).join("")}V100Z`,
  );
  svg.append(area);
  const mark = make("b", "", { title: "peak" });
  mark.style.left = `${((peak + 0.5) / alive.length) * 100}%`;
  mark.style.top = "8%";
  plot.append(svg, make("i"), mark);
  plot.setAttribute("aria-valuemax", alive.length);
  document.getElementById("peak").textContent =
    `peak ${bytes(data.memory.alive[peak])} at ${data.rows[peak][NAME]}`;
  setMoment(peak);
}

/** The line across the plot, and what is alive there, the largest tensors first. */
function setMoment(at) {
  moment = Math.min(alive.length - 1, Math.max(0, at));
  plot.querySelector("i").style.left = `${((moment + 0.5) / alive.length) * 100}%`;
  const said = `${data.rows[moment][NAME]}: ${bytes(data.memory.alive[moment])}`;
  const text = document.getElementById("moment");
  text.textContent = said;
  text.title = plot.title = `alive: ${living(moment, 3)}`;
  plot.setAttribute("aria-valuenow", moment + 1);
  plot.setAttribute("aria-valuetext", `${said}; ${text.title}`);
}

/** The tensors that are alive at a layer, the largest first, the rest counted. */
function living(at, limit) {
  const found = data.memory.tensors.filter(([, , first, last]) => first <= at && at <= last);
  found.sort((a, b) => Number(b[1]) - Number(a[1]));
  const named = found
    .slice(0, limit)
    .map(([layer, size]) => `${data.rows[layer][NAME]} ${bytes(size)}`);
  if (found.length > limit) named.push(`${found.length - limit} more`);
  return named.join(", ");
}

/** Mark the layers that are selected on the plot. */
function markPlot(layers) {
  const svg = plot.querySelector("svg");
  svg.querySelectorAll(".range").forEach((range) => range.remove());
  for (let at = 0; at < layers.length;) {
    let end = at + 1;
    while (layers[end] === layers[end - 1] + 1) end++;
    const range = document.createElementNS(SVG, "rect");
    const place = { class: "range", x: layers[at], y: 0, width: end - at, height: 100 };
    for (const [name, value] of Object.entries(place)) range.setAttribute(name, value);
    svg.prepend(range);
    at = end;
  }
}

const momentAt = (event) => {
  const box = plot.getBoundingClientRect();
  return Math.floor(((event.clientX - box.left) / box.width) * alive.length);
};

// ---- what is known

const several = (values, limit = 6) => {
  const found = [...new Set(values.filter(Boolean))];
  return found.length > limit
    ? `${found.slice(0, limit - 1).join(", ")}, … ${found.at(-1)}`
    : found.join(", ");
};

/** A heading over a list, and how to add to the list; what is empty is not said. */
function factSheet(title, more = "") {
  const sheet = make("div", "", { class: "facts" });
  const head = make("p", title, { class: "title" });
  const list = make("dl");
  head.append(" ", make("span", more));
  sheet.append(head, list);
  const say = (term, value) => {
    if (!value) return;
    const cell = make("dd");
    cell.append(value);
    list.append(make("dt", term), cell);
  };
  return [sheet, say];
}

/** Facts of layers that are drawn as one; `title` where they are a box. */
function describe(layers, title = null) {
  const picked = layers.map((at) => data.rows[at]);
  const first = picked[0];
  const names = picked.length > 1 ? `${first[NAME]} … ${picked.at(-1)[NAME]}` : first[NAME];
  const [found, say] = factSheet(
    title ??
      several(
        picked.map((row) => row[KIND]),
        3,
      ),
    names,
  );
  const sum = (column, write) => (total(layers, column) ? write(total(layers, column)) : "");
  say("layers", picked.length > 1 && `${count(picked.length)}`);
  say("output", title ? picked.at(-1)[OUTPUT] : several(picked.map((row) => row[OUTPUT])));
  say(
    "with",
    title
      ? ""
      : several(
          picked.map((row) => row[ARGUMENTS]),
          3,
        ),
  );
  say("params", sum(PARAMS, count));
  say("MACs", sum(MACS, count));
  say("memory", sum(MEMORY, bytes));
  say("sees", !title && picked.length === 1 && first[SEEN] && `${first[SEEN]} of the input`);
  say("spec", place(first));
  return found;
}

/** What stands there while nothing is selected. */
function describeNet() {
  const [found, say] = factSheet(data.name);
  say("about", data.doc);
  say("at the peak", living(peak, 4));
  return found;
}

/** The line of the spec; a link to it where its address is known. */
function place(row) {
  const [text, address] = data.lines[row[LINE]];
  if (!address || !/^https?:\/\//i.test(address)) return document.createTextNode(text);
  return make("a", text, { href: address, target: "_blank", rel: "noopener noreferrer" });
}
