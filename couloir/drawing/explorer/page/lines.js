// The two views of text: what a pass changed, and all of it.

const CONTEXT = 3;
const WIDEST = 1200;

/** Common to both: rows over lines, constants that open beneath theirs, what is picked. */
class LinesView {
  constructor(app, host) {
    this.app = app;
    this.model = app.model;
    this.rows = [];
    this.opened = new Set();
    this.list = new List(host, 20, (index) => this.element(index));
    this.list.box.addEventListener("click", (event) => this.clicked(event));
  }

  /** Lays the rows out anew; `build` gives them without the opened constants. */
  refresh() {
    const rows = [];
    let columns = 0;
    for (const row of this.build()) {
      rows.push(row);
      if (row.line === undefined) continue;
      columns = Math.max(columns, Math.min(WIDEST, this.model.lines[row.line].text.length));
      for (const key of this.opened) {
        const [line, number] = key.split("/").map(Number);
        if (line === row.line) {
          for (const text of constantRows(this.model.trace.constants[number])) rows.push({ kind: "constant", text });
        }
      }
    }
    this.rows = rows;
    this.list.set(rows.length, columns);
  }

  element(index) {
    const row = this.rows[index];
    const made = el("div", `row ${row.kind}`);
    made.dataset.index = index;
    if (row.kind === "fold") {
      made.append(el("span", "n"), el("span", "n"), el("span", "m", "⋯"), el("span", "t", `${plural(row.hidden, "unchanged line")}`, row.name ? el("span", "fn", row.name) : ""));
      made.title = "Show them";
      return made;
    }
    if (row.kind === "constant") {
      made.append(el("span", "n"), el("span", "n"), el("span", "m"), el("span", "t", `    ${row.text}`));
      return made;
    }
    const { picked, value } = this.app.state;
    if (picked.before.has(row.before) || picked.after.has(row.after)) made.classList.add("picked");
    const line = this.model.lines[row.line];
    const code = el("span", "t");
    code.append(codeOf(this.model, line, { mark: row.mark, value, toConstant: (number) => this.toggle(row.line, number) }));
    const sign = row.kind === "add" ? "+" : row.kind === "del" ? "−" : "";
    if (this.two) made.append(el("span", "n", row.before === undefined ? "" : String(row.before + 1)));
    const shown = this.two ? row.after : this.app.state.side === "before" ? row.before : row.after;
    made.append(el("span", "n", shown === undefined ? "" : String(shown + 1)), el("span", "m", sign), code);
    if (line.location) made.title = line.location;
    return made;
  }

  toggle(line, number) {
    const key = `${line}/${number}`;
    if (!this.opened.delete(key)) this.opened.add(key);
    this.refresh();
  }

  clicked(event) {
    const element = event.target.closest(".row");
    if (!element || getSelection()?.toString()) return;
    const row = this.rows[Number(element.dataset.index)];
    if (row.kind === "fold") this.unfold(row);
    else if (row.line !== undefined) {
      const value = event.target.classList.contains("v") ? event.target.textContent : null;
      this.app.pickLine(row.after === undefined ? "before" : "after", row.after ?? row.before, value);
    }
  }

  /** Brings the first picked line into sight. */
  revealPicked() {
    const { picked } = this.app.state;
    const find = () => {
      const after = this.rows.findIndex((row) => row.after !== undefined && picked.after.has(row.after));
      return after >= 0 ? after : this.rows.findIndex((row) => row.before !== undefined && picked.before.has(row.before));
    };
    let index = find();
    if (index < 0 && this.unfoldPicked()) index = find();
    if (index >= 0) this.list.reveal(index);
    else this.list.draw();
  }

  unfoldPicked() {
    return false;
  }
}

class TextView extends LinesView {
  constructor(app, host) {
    super(app, host);
    this.two = false;
    this.refresh();
  }

  *build() {
    const { pass, side } = this.app.state;
    const changed = new Set();
    for (const [i1, i2, j1, j2] of this.model.changesOf(pass)) {
      for (let n = side === "before" ? i1 : j1; n < (side === "before" ? i2 : j2); n++) changed.add(n);
    }
    const text = this.model.side(pass, side);
    for (let n = 0; n < text.length; n++) {
      const kind = !changed.has(n) ? "same" : side === "before" ? "del" : "add";
      yield { kind, line: text[n], before: side === "before" ? n : undefined, after: side === "before" ? undefined : n };
    }
  }

  nextChange(step) {
    const top = Math.round(this.list.box.scrollTop / this.list.height + this.list.box.clientHeight / 3 / this.list.height);
    const kinds = this.rows.map((row, n) => n && row.kind !== "same" && row.kind !== "constant" && this.rows[n - 1].kind === "same");
    const index = step > 0 ? kinds.findIndex((yes, n) => yes && n > top + 1) : kinds.findLastIndex((yes, n) => yes && n < top - 1);
    if (index >= 0) this.list.box.scrollTop = index * this.list.height - this.list.box.clientHeight / 3;
  }
}

class ChangesView extends LinesView {
  constructor(app, host) {
    super(app, host);
    this.two = true;
    this.shown = new Set(); // folds that were opened, by their first row before the pass
    this.refresh();
  }

  *build() {
    const { pass } = this.app.state;
    const before = this.model.side(pass, "before");
    const after = this.model.side(pass, "after");
    const changes = this.model.changesOf(pass);
    let i = 0;
    let j = 0;
    for (const [index, [i1, i2, j1, j2]] of changes.entries()) {
      yield* this.between(after, i, i1, j, index === 0, false);
      const marks = this.marks(before, after, i1, i2, j1, j2);
      for (let n = i1; n < i2; n++) yield { kind: "del", line: before[n], before: n, mark: marks[n - i1]?.[0] };
      for (let n = j1; n < j2; n++) yield { kind: "add", line: after[n], after: n, mark: marks[n - j1]?.[1] };
      i = i2;
      j = j2;
    }
    if (changes.length) yield* this.between(after, i, before.length, j, false, true);
  }

  /** Unchanged rows: a few beside the changes, the others folded. */
  *between(after, i, end, j, first, last) {
    const count = end - i;
    const head = first ? 0 : CONTEXT;
    const tail = last ? 0 : CONTEXT;
    const fold = count > head + tail + 1 && !this.shown.has(i);
    for (let n = 0; n < count; n++) {
      if (fold && n === head) {
        const hidden = count - head - tail;
        const around = last ? null : this.model.functionAt(this.app.state.pass, "after", j + count - 1);
        yield { kind: "fold", hidden, from: i, name: around ? around[0] : "", rows: [i + head, i + head + hidden, j + head, j + head + hidden] };
        n += hidden - 1;
        continue;
      }
      yield { kind: "same", line: after[j + n], before: i + n, after: j + n };
    }
  }

  /** Where a removed line and the added one beside it differ, if they are the same op. */
  marks(before, after, i1, i2, j1, j2) {
    if (i2 - i1 !== j2 - j1 || i2 - i1 > 200) return [];
    return Array.from({ length: i2 - i1 }, (_, n) => {
      const [old, fresh] = [this.model.lines[before[i1 + n]], this.model.lines[after[j1 + n]]];
      if (old.op !== fresh.op) return null;
      const both = differing(old.text, fresh.text);
      return both[0][1] - both[0][0] > old.text.length * 0.7 ? null : both;
    });
  }

  unfold(row) {
    this.shown.add(row.from);
    this.refresh();
  }

  unfoldPicked() {
    const { picked } = this.app.state;
    const found = this.rows.filter((row) => {
      if (row.kind !== "fold") return false;
      const [i1, i2, j1, j2] = row.rows;
      return [...picked.before].some((n) => n >= i1 && n < i2) || [...picked.after].some((n) => n >= j1 && n < j2);
    });
    for (const row of found) this.shown.add(row.from);
    if (found.length) this.refresh();
    return found.length > 0;
  }

  nextChange(step) {
    const top = Math.round((this.list.box.scrollTop + this.list.box.clientHeight / 3) / this.list.height);
    const starts = this.rows.map((row, n) => (row.kind === "del" || row.kind === "add") && (!n || this.rows[n - 1].kind === "same" || this.rows[n - 1].kind === "fold"));
    const index = step > 0 ? starts.findIndex((yes, n) => yes && n > top + 1) : starts.findLastIndex((yes, n) => yes && n < top - 1);
    if (index >= 0) this.list.box.scrollTop = index * this.list.height - this.list.box.clientHeight / 3;
  }
}
