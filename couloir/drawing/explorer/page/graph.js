// The graph of one function on both sides of a pass.

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

class Pane {
  /** `fn` is [name, first row, end]; `changed(row)` tells whether the other side lacks a row. */
  constructor(view, side, title, fn, changed) {
    this.view = view;
    this.side = side;
    this.start = fn[1];
    this.nodes = new Map();
    this.box = el("div", `pane ${side}`, el("h2", "", title));
    const picture = view.app.model.picture(view.app.state.pass, side, fn);
    if (!picture) {
      this.box.append(el("div", "empty", "This function is not drawn: there is too much of it, and nothing in it changed."));
      return;
    }
    const buttons = el("div", "buttons", button("wide", () => this.fit(), "Fit"), button("", () => this.zoom(1.3), "+"), button("", () => this.zoom(1 / 1.3), "−"));
    this.box.append(buttons);
    if (picture.part) {
      this.box.append(el("div", "note", `${picture.part[0].toLocaleString("en")} of ${plural(picture.part[1], "op")}: those around what changed`));
    }
    this.picture = picture;
    this.world = svg("g", {});
    this.svg = svg("svg", {}, this.world);
    this.box.append(this.svg);
    this.paint(changed);
    this.listen();
  }

  paint(changed) {
    const group = (className, ...children) => svg("g", { class: className }, ...children);
    const text = ([x, y, content], className) => svg("text", className ? { x, y, class: className } : { x, y }, content);
    for (const [x, y, width, height, texts] of this.picture.clusters) {
      this.world.append(group("cluster", svg("rect", { x, y, width, height, rx: 4 }), ...texts.map((t) => text(t))));
    }
    this.edges = this.picture.edges.map(([source, target, wires, heads, texts, tip]) => {
      const made = group("edge", svg("path", { d: wires }), svg("path", { d: heads }), ...texts.map((t) => text(t)), svg("title", {}, tip));
      this.world.append(made);
      return [source, target, made];
    });
    this.changed = [];
    for (const [id, kind, x, y, width, height, bar, texts] of this.picture.nodes) {
      const [title, ...rest] = texts;
      const made = group(
        `node ${kind}`,
        svg("rect", { x: x - 3, y: y - 3, width: width + 6, height: height + 6, rx: 6, class: "halo" }),
        svg("rect", { x, y, width, height, rx: 4, class: "body" }),
        svg("path", { d: `M${x} ${y + bar}V${y + 4}q0-4 4-4h${width - 8}q4 0 4 4V${y + bar}z`, class: "bar" }),
        centred(text(title, "title"), rest.length === 0, x + width / 2),
        ...rest.map((t) => text(t)),
      );
      made.dataset.id = id;
      const node = { id, made, x, y, width, height };
      this.nodes.set(id, node);
      if (!id.startsWith("a")) {
        const line = this.view.app.model.line(this.view.app.state.pass, this.side, this.start + Number(id));
        made.append(svg("title", {}, [line.text.trim(), line.location].filter(Boolean).join("\n")));
        if (changed(this.start + Number(id))) {
          made.classList.add("changed");
          this.changed.push(node);
        }
      }
      this.world.append(made);
    }
  }

  listen() {
    let drag = null;
    this.box.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button")) return;
      drag = { x: event.clientX, y: event.clientY, left: this.x, top: this.y, moved: false };
    });
    this.box.addEventListener("pointermove", (event) => {
      if (!drag) return;
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!drag.moved && Math.abs(dx) + Math.abs(dy) > 4) {
        drag.moved = true;
        this.box.setPointerCapture(event.pointerId);
        this.box.classList.add("dragging");
      }
      if (drag.moved) this.place(drag.left + dx, drag.top + dy, this.scale);
    });
    const end = (event) => {
      const node = drag && !drag.moved && event.target.closest(".node");
      drag = null;
      this.box.classList.remove("dragging");
      if (node && !node.dataset.id.startsWith("a")) this.view.app.pickLine(this.side, this.start + Number(node.dataset.id), null);
    };
    this.box.addEventListener("pointerup", end);
    this.box.addEventListener("pointercancel", () => { drag = null; this.box.classList.remove("dragging"); });
    this.box.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = this.box.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
  }

  place(x, y, scale) {
    [this.x, this.y, this.scale] = [x, y, scale];
    this.world.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale.toFixed(4)})`);
    this.svg.classList.toggle("far", scale < 0.42);
    this.svg.classList.toggle("tiny", scale < 0.14);
  }

  zoom(factor, x = this.box.clientWidth / 2, y = this.box.clientHeight / 2) {
    const scale = Math.min(4, Math.max(0.02, this.scale * factor));
    this.place(x - ((x - this.x) * scale) / this.scale, y - ((y - this.y) * scale) / this.scale, scale);
  }

  fit() {
    if (!this.picture) return;
    const [width, height] = this.picture.size;
    const scale = Math.min(1.4, this.box.clientWidth / width, (this.box.clientHeight - 20) / height);
    this.place((this.box.clientWidth - width * scale) / 2, Math.max(10, (this.box.clientHeight - height * scale) / 2), scale);
  }

  /** At first: all of it if that can be read, otherwise its first change, or its beginning, at a size that can. */
  open() {
    if (!this.picture) return;
    this.fit();
    const first = this.nodes.values().next().value;
    if (this.scale < 0.4) this.centre(this.changed.length * 2 < this.nodes.size ? this.changed[0] ?? first : first, 0.8, 0.3);
  }

  centre(node, scale = this.scale, high = 0.4) {
    if (!node) return;
    this.place(this.box.clientWidth / 2 - (node.x + node.width / 2) * scale, this.box.clientHeight * high - (node.y + node.height / 2) * scale, scale);
  }

  /** Marks the nodes of rows and brings the first into sight; tells whether there was one. */
  pick(rows) {
    if (!this.picture) return;
    const ids = new Set([...rows].map((row) => String(row - this.start)));
    let first = null;
    for (const node of this.nodes.values()) {
      const yes = ids.has(node.id);
      node.made.classList.toggle("picked", yes);
      if (yes && !first) first = node;
    }
    for (const [source, target, made] of this.edges) made.classList.toggle("touching", ids.has(source) || ids.has(target));
    if (first) {
      const [x, y] = [this.x + first.x * this.scale, this.y + first.y * this.scale];
      const outside = x < 0 || y < 30 || x + first.width * this.scale > this.box.clientWidth || y + first.height * this.scale > this.box.clientHeight;
      if (outside || this.scale < 0.3) this.centre(first, Math.max(this.scale, 0.7));
    }
  }
}

function centred(text, yes, x) {
  if (yes) {
    text.setAttribute("x", x);
    text.setAttribute("text-anchor", "middle");
  }
  return text;
}

class GraphView {
  constructor(app, host) {
    this.app = app;
    this.model = app.model;
    const { pass } = app.state;
    this.changed = { before: new Set(), after: new Set() };
    for (const [i1, i2, j1, j2] of this.model.changesOf(pass)) {
      for (let n = i1; n < i2; n++) this.changed.before.add(n);
      for (let n = j1; n < j2; n++) this.changed.after.add(n);
    }
    this.functions = this.named();
    this.host = el("div", "graphs");
    host.append(this.host);
    if (!this.functions.length) {
      host.replaceChildren(el("div", "empty", "There is no function in this text."));
      return;
    }
    const { picked } = app.state;
    const holds = (fn, rows) => fn && [...rows].some((row) => row >= fn[1] && row < fn[2]);
    const start = this.functions.find((f) => holds(f.before, picked.before) || holds(f.after, picked.after))
      ?? this.functions.find((f) => f.name === app.state.fn) ?? this.functions.find((f) => f.changes) ?? this.functions[0];
    this.select = el("select");
    this.select.setAttribute("aria-label", "Function");
    for (const f of [...this.functions].sort((a, b) => b.changes - a.changes)) {
      const option = el("option", "", f.changes ? `${f.name}  (${plural(f.changes, "changed line")})` : f.name);
      option.value = f.name;
      this.select.append(option);
    }
    this.select.value = start.name;
    this.select.addEventListener("change", () => {
      app.forget();
      this.show(this.functions.find((f) => f.name === this.select.value));
    });
    $("tools").replaceChildren(this.select);
    this.show(start);
  }

  /** The functions of both sides, by name. */
  named() {
    const { pass } = this.app.state;
    const found = new Map();
    for (const side of pass ? ["before", "after"] : ["after"]) {
      for (const fn of this.model.functionsOf(pass, side)) {
        if (!found.has(fn[0])) found.set(fn[0], { name: fn[0], before: null, after: null, changes: 0 });
        const entry = found.get(fn[0]);
        entry[side] = fn;
        for (let row = fn[1]; row < fn[2]; row++) if (this.changed[side].has(row)) entry.changes++;
      }
    }
    return [...found.values()];
  }

  show(entry) {
    this.entry = entry;
    this.app.state.fn = entry.name;
    const sides = !entry.changes ? ["after"] : ["before", "after"].filter((side) => entry[side]);
    const title = (side) => (!this.app.state.pass ? "input" : !entry.changes ? "unchanged" : sides.length === 2 ? side : side === "after" ? "new" : "removed");
    this.panes = sides.map((side) => new Pane(this, side, title(side), entry[side], (row) => this.changed[side].has(row)));
    this.host.replaceChildren(...this.panes.map((pane) => pane.box));
    for (const pane of this.panes) pane.open();
    this.revealPicked();
  }

  revealPicked() {
    const { picked } = this.app.state;
    const holds = (fn, rows) => fn && [...rows].some((row) => row >= fn[1] && row < fn[2]);
    if (!this.panes || !(picked.before.size || picked.after.size)) {
      for (const pane of this.panes ?? []) pane.pick([]);
      return;
    }
    if (!holds(this.entry.before, picked.before) && !holds(this.entry.after, picked.after)) {
      const other = this.functions.find((f) => holds(f.before, picked.before) || holds(f.after, picked.after));
      if (other) {
        this.select.value = other.name;
        this.show(other);
        return;
      }
    }
    for (const pane of this.panes) pane.pick(picked[pane.side]);
  }

  nextChange(step) {
    for (const pane of this.panes ?? []) {
      if (!pane.changed?.length) continue;
      const ordered = [...pane.changed].sort((a, b) => a.y - b.y || a.x - b.x);
      pane.at = ((pane.at ?? (step > 0 ? -1 : 0)) + step + ordered.length) % ordered.length;
      pane.centre(ordered[pane.at], Math.max(pane.scale, 0.7));
    }
  }
}
