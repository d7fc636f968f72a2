// A picture of a graph that can be moved and zoomed, and whose boxes can be clicked.

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

class Pane {
  /**
   * `picture` is laid out, or nothing; then the pane says `empty`. Its boxes have the ids of rows, counted from `start`, or of arguments.
   * `tip(row)` is shown under the pointer, `pick(row)` called on a click, `changed(row)` tells whether to mark a box.
   */
  constructor({ side, title, picture, empty, start = 0, tip, pick, changed }) {
    Object.assign(this, { side, start, tip, onPick: pick });
    this.nodes = new Map();
    this.box = el("div", `pane ${side}`, title ? el("h2", "", title) : "");
    if (!picture) {
      this.box.append(el("div", "empty", empty));
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
        made.append(svg("title", {}, this.tip(this.start + Number(id))));
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
      if (node && !node.dataset.id.startsWith("a")) this.onPick(this.start + Number(node.dataset.id));
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

