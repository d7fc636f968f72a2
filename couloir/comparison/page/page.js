// The page of a comparison: two lists of ops, and a panel with what is known of them.

const SIDES = ["first", "second"];
const UNITS = ["", "k", "M", "G", "T", "P", "E"];

/** A number in four places: `12`, `3.4 k`. */
function short(number) {
  if (Math.abs(number) < 10000) return number.toLocaleString("en");
  let exponent = 0;
  while (Math.abs(number) >= 1000 && exponent < UNITS.length - 1) {
    number /= 1000;
    exponent++;
  }
  return `${Number(number.toPrecision(3))} ${UNITS[exponent]}`;
}

/** A colour of its own for each region, in light and dark. */
const regionColor = (number) => (number === undefined ? "transparent" : `hsl(${(number * 137.5 + 210) % 360} 62% 52%)`);

class Comparison {
  constructor(data) {
    this.data = data;
    this.ops = SIDES.map((side) => data[side].ops);
    this.pair = this.ops.map((ops) => new Array(ops.length)); // what is known of the pair of each op
    for (const pair of data.pairs) SIDES.forEach((side, at) => (this.pair[at][pair[side]] = pair));
    this.replaced = [new Map(), new Map()];
    for (const pair of data.replaced) {
      this.replaced[0].set(pair.first, pair.second);
      this.replaced[1].set(pair.second, pair.first);
    }
    this.alone = [new Set(data.only_first), new Set(data.only_second)];
    this.fusions = SIDES.map((side) => data.fusions.filter((fusion) => fusion.side === side));
  }

  /** The number of an op's partner, if it has one. */
  partner(at, number) {
    const pair = this.pair[at][number];
    return pair ? pair[SIDES[1 - at]] : this.replaced[at].get(number);
  }

  /** `alone`, `changed`, `form`, `idle`, or nothing when it is the same on both sides. */
  state(at, number) {
    if (this.ops[at][number].looked_through) return "form";
    if (this.alone[at].has(number)) return "alone";
    const pair = this.pair[at][number];
    return pair ? (pair.differences.length ? "changed" : "") : "idle";
  }

  differs(at, number) {
    return ["alone", "changed"].includes(this.state(at, number));
  }

  /** One line of an op: `%4 = stablehlo.add %2, %3 : 4xf32`. */
  line(at, number) {
    const op = this.ops[at][number];
    const types = op.types.map((type) => type.replace(/^tensor<(.*)>$/, "$1")).join(", ");
    return [op.name, op.operands.map((operand) => ` %${operand}`).join(","), types ? ` : ${types}` : ""];
  }
}

class Listing {
  constructor(app, at) {
    this.app = app;
    this.at = at;
    const box = document.querySelector(`.side.${SIDES[at]}`);
    const side = app.found.data[SIDES[at]];
    const ops = app.found.ops[at].filter((op) => op.name !== "argument").length;
    box.querySelector("h2").append(side.name, el("span", "", `@${side.function}, ${plural(ops, "op")}, ${short(side.cost.flops)} flops, ${short(side.cost.bytes_accessed)} bytes`));
    this.list = new List(box.querySelector(".rows"), 20, (index) => this.row(this.shown[index]));
    this.filter(false);
  }

  filter(only) {
    const found = this.app.found;
    this.shown = found.ops[this.at].map((_, number) => number).filter((number) => !only || found.differs(this.at, number));
    this.place = new Map(this.shown.map((number, index) => [number, index]));
    const longest = this.shown.reduce((most, number) => Math.max(most, found.line(this.at, number).join("").length + found.ops[this.at][number].facts.join(", ").length), 0);
    this.list.set(this.shown.length, Math.min(longest + 24, 400));
  }

  row(number) {
    const { found, picked } = this.app;
    const op = found.ops[this.at][number];
    const [name, operands, types] = found.line(this.at, number);
    const bar = el("span", "region");
    bar.style.background = regionColor(found.pair[this.at][number]?.region);
    const text = el("span", "t", el("span", "o", name), el("span", "v", operands), el("span", "y", types));
    if (op.fusion !== null) text.append(el("span", "chip", `@${found.fusions[this.at][op.fusion].name}`));
    if (op.facts.length) text.append(el("span", "facts-line", `  ${op.facts.join(", ")}`));
    const row = el("div", `row ${found.state(this.at, number)}`, bar, el("span", "n", `%${number}`), text);
    if (picked && picked[this.at] === number) row.classList.add(picked.at === this.at ? "picked" : "partner");
    row.title = op.place;
    row.addEventListener("click", () => this.app.pick(this.at, number));
    return row;
  }

  reveal(number) {
    if (this.place.has(number)) this.list.reveal(this.place.get(number));
    else this.list.draw();
    this.pane?.pick(number === undefined ? [] : [number]);
  }

  /** Shows the graph, which is painted when it is first asked for, or the list. */
  graph(wanted) {
    if (wanted && !this.pane) this.draw();
    if (this.pane) this.pane.box.hidden = !wanted;
    this.list.box.hidden = wanted;
    if (wanted) {
      if (!this.opened) this.pane.open();
      this.opened = true;
      this.pane.pick(this.app.picked?.[this.at] === undefined ? [] : [this.app.picked[this.at]]);
    } else this.list.draw();
  }

  draw() {
    const { found } = this.app;
    const side = SIDES[this.at];
    this.pane = new Pane({
      side, title: "", picture: found.data[side].picture, empty: "This program is too large to be drawn.",
      tip: (number) => [found.line(this.at, number).join(""), found.ops[this.at][number].place].join("\n"),
      pick: (number) => this.app.pick(this.at, number),
      changed: () => false,
    });
    document.querySelector(`.side.${side} .rows`).append(this.pane.box);
    for (const [id, { made }] of this.pane.nodes) {
      const state = found.state(this.at, Number(id));
      if (state) made.classList.add(state);
      else made.querySelector(".halo").style.stroke = regionColor(found.pair[this.at][id]?.region);
    }
  }
}

class App {
  constructor(found) {
    this.found = found;
    this.picked = null;
    this.panel = "counts";
    const { data } = found;
    $("model").textContent = `${data.first.name} ↔ ${data.second.name}`;
    $("summary").textContent = this.summary();
    this.lists = [0, 1].map((at) => new Listing(this, at));
    this.differences = [0, 1].flatMap((at) => found.ops[at].map((_, number) => [at, number]).filter(([, number]) => found.differs(at, number) && !(at && found.partner(at, number) !== undefined)));
    const counts = { differences: this.differences.length, regions: data.regions.length, fusions: data.fusions.length };
    for (const tab of $("panels").children) {
      const count = tab.querySelector(".count");
      if (count) count.textContent = counts[tab.dataset.panel].toLocaleString("en");
      tab.addEventListener("click", () => this.show(tab.dataset.panel));
    }
    $("only-differences").addEventListener("change", (event) => this.only(event.target.checked));
    $("help-button").addEventListener("click", () => $("help").showModal());
    document.addEventListener("keydown", (event) => this.key(event));
    for (const tab of $("views").children) tab.addEventListener("click", () => this.view(tab.dataset.view));
    this.view("list");
    this.show("counts");
  }

  view(name) {
    for (const tab of $("views").children) tab.setAttribute("aria-selected", String(tab.dataset.view === name));
    for (const list of this.lists) list.graph(name === "graph");
  }

  summary() {
    const { data } = this.found;
    const changed = data.pairs.filter((pair) => pair.differences.length).length;
    const only = data.only_first.length + data.only_second.length;
    const values = data.values ? (data.values.differing ? ` · ${plural(data.values.differing, "value")} differ` : data.values.compared ? " · values agree" : "") : "";
    return `${plural(data.pairs.length, "pair")}, ${changed.toLocaleString("en")} changed · ${only.toLocaleString("en")} on one side only${values}`;
  }

  only(wanted) {
    $("only-differences").checked = wanted;
    for (const list of this.lists) list.filter(wanted);
  }

  /** Marks an op and its partner, brings both into sight, and says what is known of them. */
  pick(at, number, panel = "op") {
    const partner = this.found.partner(at, number);
    this.picked = { at, [at]: number, [1 - at]: partner };
    this.lists[at].reveal(number);
    this.lists[1 - at].reveal(partner);
    this.show(panel);
  }

  forget() {
    this.picked = null;
    for (const list of this.lists) list.reveal(undefined);
    if (this.panel === "op") this.show("counts");
  }

  next(step) {
    if (!this.differences.length) return;
    const here = this.picked ? this.differences.findIndex(([at, number]) => at === this.picked.at && number === this.picked[at]) : -1;
    const count = this.differences.length;
    const index = here < 0 ? (step > 0 ? 0 : count - 1) : (here + step + count) % count;
    this.pick(...this.differences[index]);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, dialog")) return;
    const actions = { n: () => this.next(1), p: () => this.next(-1), d: () => this.only(!$("only-differences").checked), l: () => this.view("list"), g: () => this.view("graph"), Escape: () => this.forget(), "?": () => $("help").showModal() };
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  }

  // -- panels

  show(name) {
    this.panel = name;
    for (const tab of $("panels").children) tab.setAttribute("aria-selected", String(tab.dataset.panel === name));
    const panels = {
      counts: () => this.counts(), differences: () => this.limited([...this.differencesOf()]), regions: () => this.regions(),
      fusions: () => this.limited([0, 1].flatMap((at) => this.fusionsOf(at))), values: () => this.values(), op: () => this.op(),
    };
    const parts = panels[name]();
    $("panel").replaceChildren(el("div", "panel-body", ...(parts.length ? parts : [el("p", "empty", "None.")])));
  }

  entry(at, number, title, sub) {
    return button("entry", () => this.pick(at, number), title, el("small", "", sub));
  }

  counts() {
    const { data } = this.found;
    const head = el("tr", "", el("th", "", "op"), ...["ops", "flops", "bytes"].flatMap((what) => SIDES.map((side, at) => el("th", "", at ? "" : what))));
    const cell = (a, b, second) => el("td", second && a !== b ? (b > a ? "more" : "less") : "", (second ? b : a) ? short(second ? b : a) : "–");
    const row = (name, a, b, className) => el("tr", className, el("td", "", name), ...["count", "flops", "bytes_accessed"].flatMap((key) => [cell(a[key], b[key], false), cell(a[key], b[key], true)]));
    const kinds = [...data.kinds].sort((x, y) => y.first.count + y.second.count - x.first.count - x.second.count);
    const total = (side) => ({ count: data.kinds.reduce((sum, kind) => sum + kind[side].count, 0), ...data[side].cost });
    const rows = kinds.map((kind) => row(kind.name, kind.first, kind.second, ""));
    const transcendentals = SIDES.map((side) => short(data[side].cost.transcendentals)).join(" and ");
    return [
      el("table", "", el("thead", "", head), el("tbody", "", ...rows, row("total", total("first"), total("second"), "total"))),
      el("p", "", `Each column is the first program, then the second. Transcendental functions: ${transcendentals}. Calls are looked through; what fusions read and write stands at func.call.`),
      ...data.not_searched.map((text) => el("p", "", text)),
    ];
  }

  *differencesOf() {
    const { data, ops } = this.found;
    for (const pair of data.replaced) {
      yield this.entry(0, pair.first, `${ops[0][pair.first].name} became ${ops[1][pair.second].name}`, `${ops[0][pair.first].place} | ${ops[1][pair.second].place}`);
    }
    for (const pair of data.pairs) {
      if (pair.differences.length) yield this.entry(0, pair.first, `${ops[0][pair.first].name}: ${pair.differences.join("; ")}`, `${ops[0][pair.first].place} | ${ops[1][pair.second].place}`);
    }
    for (const at of [0, 1]) {
      for (const number of this.found.alone[at]) {
        if (!this.found.replaced[at].has(number)) yield this.entry(at, number, `only in ${data[SIDES[at]].name}: ${ops[at][number].name}`, ops[at][number].place);
      }
    }
  }

  static most = 500; // entries of a panel; the lists have all

  limited(entries) {
    const shown = entries.slice(0, App.most);
    return entries.length > shown.length ? [...shown, el("p", "", `and ${(entries.length - shown.length).toLocaleString("en")} more`)] : shown;
  }

  regions() {
    const first = new Map();
    for (const pair of this.found.data.pairs) if (!first.has(pair.region)) first.set(pair.region, pair);
    const entries = this.found.data.regions.filter((region) => region.ops).map((region) => {
      const swatch = el("span", "swatch");
      swatch.style.background = regionColor(region.number);
      const { place } = this.found.ops[0][first.get(region.number).first];
      return this.entry(0, first.get(region.number).first, el("span", "", swatch, plural(region.ops, "op")), `from ${place}`);
    });
    return this.limited(entries);
  }

  fusionsOf(at) {
    const { data, ops } = this.found;
    return this.found.fusions[at].map((fusion) => {
      const names = fusion.ops.map((number) => ops[at][number]).filter((op) => op.operands.length).map((op) => op.name.replace(/^\w+\./, ""));
      const there = fusion.other_fusions.map((number) => `@${this.found.fusions[1 - at][number].name}`).join(", ");
      const sub = `${fusion.kind} of ${data[SIDES[at]].name}${there ? `, there in ${there}` : ""}: ${names.join(", ") || "nothing"}`;
      return this.entry(at, fusion.ops[0], `@${fusion.name}`, sub);
    });
  }

  values() {
    const { values } = this.found.data;
    if (!values) return [el("p", "empty", "The programs were not run: `couloir diff --values` does.")];
    const good = !values.differing;
    const verdict = good ? `${plural(values.compared, "value")} compared, none differs` : `${values.differing} of ${plural(values.compared, "value")} differ, the results ${values.results_differ ? "too" : "do not"}`;
    const parts = [el("p", `verdict ${good ? "" : "bad"}`, `${verdict}, on ${values.inputs}.`)];
    const found = values.divergence;
    if (found) {
      const { ops } = this.found;
      parts.push(
        el("h3", "", "The first that differs"),
        this.entry(0, found.first, ops[0][found.first].name, `${ops[0][found.first].place} | ${ops[1][found.second].place}`),
        this.facts({ "at": `[${found.index.join(", ")}]`, "first": found.values[0], "second": found.values[1], "rounding explains": found.allowed.toPrecision(3), "elements": `${found.differing} of ${found.size} differ` }),
      );
    }
    return [...parts, ...values.notes.map((note) => el("p", "", note))];
  }

  facts(entries) {
    const shown = Object.entries(entries).filter(([, value]) => value !== "" && value !== null && value !== undefined);
    return el("dl", "facts", ...shown.flatMap(([key, value]) => [el("dt", "", key), el("dd", "", String(value))]));
  }

  op() {
    if (!this.picked) return [el("p", "empty", "Click an op.")];
    const { at } = this.picked;
    const parts = [];
    const pair = this.found.pair[at][this.picked[at]];
    if (pair?.differences.length) parts.push(el("p", "verdict bad", pair.differences.join("; ")));
    else if (pair) parts.push(el("p", "verdict", "The same on both sides."));
    else if (this.found.replaced[at].has(this.picked[at])) parts.push(el("p", "verdict bad", "Another op takes its place."));
    else if (this.found.state(at, this.picked[at]) === "form") parts.push(el("p", "", "It only changes the form: it is looked through."));
    else parts.push(el("p", "verdict bad", "It has no partner."));
    for (const side of [0, 1]) {
      const number = this.picked[side];
      if (number === undefined) continue;
      const op = this.found.ops[side][number];
      parts.push(
        el("h3", "", `${this.found.data[SIDES[side]].name}: ${op.name}`),
        this.facts({
          place: op.place, types: op.types.join(", "), attributes: op.facts.join(", "),
          flops: op.cost?.flops ? short(op.cost.flops) : "", transcendentals: op.cost?.transcendentals ? short(op.cost.transcendentals) : "", bytes: op.cost?.bytes_accessed ? short(op.cost.bytes_accessed) : "",
          fusion: op.fusion === null ? "" : `@${this.found.fusions[side][op.fusion].name}`,
        }),
      );
    }
    return parts;
  }
}

readPayload().then((data) => {
  globalThis.couloir = new App(new Comparison(data));
  $("loading").hidden = true;
}).catch((error) => {
  $("loading").textContent = `This page's comparison cannot be read: ${error.message}\nIt is damaged, or the browser is older than 2023. Make the page again with \`couloir diff -o\`.`;
});
