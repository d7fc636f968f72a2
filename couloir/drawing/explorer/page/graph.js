// The graph of one function on both sides of a pass.

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
    this.panes = sides.map((side) => new Pane({
      side, title: title(side), picture: this.model.picture(this.app.state.pass, side, entry[side]), start: entry[side][1],
      empty: "This function is not drawn: there is too much of it, and nothing in it changed.",
      tip: (row) => {
        const line = this.model.line(this.app.state.pass, side, row);
        return [line.text.trim(), line.location].filter(Boolean).join("\n");
      },
      pick: (row) => this.app.pickLine(side, row, null),
      changed: (row) => this.changed[side].has(row),
    }));
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
