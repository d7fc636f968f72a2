// The page: which pass, which view, what is picked.

class App {
  constructor(model) {
    this.model = model;
    this.panels = new Panels(this);
    this.state = { pass: 0, view: "changes", panel: "op", side: "after", picked: { before: new Set(), after: new Set() }, value: null, op: null, rule: null, fn: null };
    this.head();
    this.navigation();
    for (const tab of document.querySelectorAll("[data-view]")) tab.addEventListener("click", () => this.setView(tab.dataset.view));
    for (const tab of document.querySelectorAll("[data-panel]")) tab.addEventListener("click", () => this.setPanel(tab.dataset.panel));
    $("help-button").addEventListener("click", () => $("help").showModal());
    $("query").addEventListener("input", () => this.find());
    $("query").addEventListener("focus", () => this.find());
    $("query").addEventListener("keydown", (event) => this.searchKey(event));
    document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#search")) $("results").hidden = true; });
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("hashchange", () => this.fromHash());
    if (!this.fromHash()) {
      const failed = model.passes.findIndex((run) => run.error) + 1;
      this.setPass(failed || model.passes.findIndex((run) => run.changed) + 1);
    }
  }

  head() {
    const { trace, passes, count } = this.model;
    $("model").textContent = trace.model;
    $("model").title = trace.model;
    const applications = passes.reduce((sum, run) => sum + run.applications.length + run.more_applications, 0);
    const seconds = passes.reduce((sum, run) => sum + run.seconds, 0);
    $("summary").textContent = [plural(count, "pass"), duration(seconds), plural(applications, "rule application")].join(" · ");
    $("summary").title = trace.pipeline;
  }

  // -- the pipeline

  navigation() {
    const { passes, changes } = this.model;
    const items = [this.navItem(0, "input", "", "", null)];
    for (const [index, run] of passes.entries()) {
      const removed = changes[index].reduce((sum, [i1, i2]) => sum + i2 - i1, 0);
      const added = changes[index].reduce((sum, [, , j1, j2]) => sum + j2 - j1, 0);
      const applied = run.applications.length + run.more_applications;
      const sub = el("span", "sub",
        run.target.startsWith("builtin.module") ? "" : el("span", "target", run.target),
        run.error ? el("span", "minus", "failed") : "",
        added ? el("span", "plus", `+${added.toLocaleString("en")}`) : "",
        removed ? el("span", "minus", `−${removed.toLocaleString("en")}`) : "",
        applied ? el("span", "", `${applied.toLocaleString("en")} applied`) : "",
        run.checks.length ? el("span", run.checks.every((c) => c.passed) ? "plus" : "minus", run.checks.every((c) => c.passed) ? "✓ same" : "✗ differs") : "",
        !run.changed && !run.error ? el("span", "", "no change") : "");
      items.push(this.navItem(index + 1, run.name, duration(run.seconds), sub, run));
    }
    $("passes").replaceChildren(...items);
    $("only-changed").addEventListener("change", () => {
      for (const item of $("passes").children) item.hidden = $("only-changed").checked && item.firstChild.classList.contains("still");
    });
  }

  navItem(number, name, time, sub, run) {
    const made = button(run && run.error ? "bad" : run && !run.changed ? "still" : "", () => this.setPass(number),
      el("span", "no", number ? String(number) : ""), el("span", "name", name), el("span", "ms", time), sub);
    made.dataset.pass = number;
    if (run) made.title = run.text;
    return el("li", "", made);
  }

  setPass(number, { keepPanel = false } = {}) {
    const { state } = this;
    state.pass = Math.min(this.model.count, Math.max(0, number));
    this.forget();
    state.rule = null;
    const run = state.pass ? this.model.passes[state.pass - 1] : null;
    if (!state.pass) state.side = "after";
    if (!keepPanel) state.panel = this.panels.best(run);
    for (const item of $("passes").querySelectorAll("button")) item.setAttribute("aria-current", String(Number(item.dataset.pass) === state.pass));
    $("passes").querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
    this.passHead(run);
    this.showView();
    this.showPanel();
    this.toHash();
  }

  passHead(run) {
    const children = [el("h1", "", run ? run.name : "input", run && run.text !== run.name ? el("code", "", ` ${run.text.slice(run.name.length)}`) : "")];
    if (run) {
      if (run.summary) children.push(el("p", "", run.summary));
      const ops = run.error || run.ops_before === run.ops_after ? plural(run.ops_before, "op") : `${run.ops_before.toLocaleString("en")} → ${plural(run.ops_after, "op")}`;
      children.push(el("p", "meta", ...[run.target.startsWith("builtin.module") ? "" : run.target, duration(run.seconds), ops, ...run.notes].filter(Boolean).map((text) => el("span", "", text))));
      if (run.error) children.push(el("div", "error", run.error));
    } else {
      children.push(el("p", "", `The program before the first pass: ${plural(this.model.text(0).length, "line")}.`));
    }
    $("pass-head").replaceChildren(...children);
  }

  // -- the views

  setView(view) {
    this.state.view = view;
    this.showView();
    this.toHash();
  }

  showView() {
    const { state, model } = this;
    const host = $("view");
    host.replaceChildren();
    $("tools").replaceChildren();
    if (state.view === "changes" && !state.pass) state.view = "text";
    for (const tab of document.querySelectorAll("[data-view]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.view === state.view));
      tab.hidden = tab.dataset.view === "changes" && !state.pass;
    }
    this.view = null;
    if (state.view === "graph") this.view = new GraphView(this, host);
    else if (state.view === "text") {
      const other = state.side === "before" ? "after" : "before";
      if (state.pass && !state.picked[state.side].size && state.picked[other].size) state.side = other;
      if (state.pass) $("tools").append(...["before", "after"].map((side) => {
        const made = button("", () => { state.side = side; this.showView(); }, side);
        made.setAttribute("aria-pressed", String(state.side === side));
        return made;
      }));
      this.view = new TextView(this, host);
      this.view.revealPicked();
    } else if (!model.changesOf(state.pass).length) {
      host.append(el("div", "empty", "This pass changed no line. ", button("link", () => this.setView("text"), "See the text.")));
    } else {
      this.view = new ChangesView(this, host);
      this.view.revealPicked();
    }
    if (this.view && state.pass && model.changesOf(state.pass).length) {
      $("tools").append(button("", () => this.view.nextChange(-1), "↑"), button("", () => this.view.nextChange(1), "↓"));
      $("tools").children[$("tools").children.length - 2].title = "Previous change (p)";
      $("tools").lastChild.title = "Next change (n)";
    }
  }

  // -- the panels

  setPanel(panel) {
    this.state.panel = panel;
    this.showPanel();
  }

  showPanel() {
    const { state } = this;
    const counts = this.panels.counts(state.pass ? this.model.passes[state.pass - 1] : null);
    for (const tab of document.querySelectorAll("[data-panel]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.panel === state.panel));
      const count = tab.querySelector(".count");
      if (count) count.textContent = counts[tab.dataset.panel] ? counts[tab.dataset.panel].toLocaleString("en") : "";
    }
    this.panels.show($("panel"));
  }

  filterRule(rule, panel = this.state.panel) {
    this.state.rule = rule;
    this.setPanel(panel);
  }

  showApplication(application) {
    this.state.rule = null;
    this.setPanel("applied");
    const index = this.model.passes[this.state.pass - 1].applications.indexOf(application);
    this.panels.chooser.choose(index);
    this.panels.chooser.list.reveal(index);
  }

  // -- what is picked

  forget() {
    const { state } = this;
    state.picked = { before: new Set(), after: new Set() };
    state.value = null;
    state.op = null;
  }

  /** Picks rows on both sides of the pass, and shows them. */
  pickRows(before, after) {
    this.forget();
    this.state.picked = { before: new Set(before), after: new Set(after) };
    for (const row of before) for (const other of this.others("before", row, false)) this.state.picked.after.add(other);
    if (this.state.view === "text" && !(this.state.side === "before" ? before : after).length && before.length + after.length) {
      this.state.side = after.length ? "after" : "before";
      this.showView();
    } else if (this.state.view === "changes" && !this.model.changesOf(this.state.pass).length) {
      this.state.view = "text";
      this.showView();
    } else {
      this.view?.revealPicked();
    }
  }

  /** Picks the line of one op, and what it corresponds to on the other side. */
  pickLine(side, row, value) {
    this.forget();
    const { state } = this;
    state.op = { side, row };
    state.value = value;
    state.picked[side].add(row);
    const opposite = side === "before" ? "after" : "before";
    if (state.pass) for (const other of this.others(side, row, true)) state.picked[opposite].add(other);
    state.panel = "op";
    this.showPanel();
    if (this.view instanceof LinesView) this.view.list.draw();
    else this.view?.revealPicked();
  }

  pickValue(name) {
    const { op } = this.state;
    const text = this.model.side(this.state.pass, op.side);
    const around = this.model.functionAt(this.state.pass, op.side, op.row) ?? ["", 0, text.length];
    for (let n = around[1]; n < around[2]; n++) {
      const line = this.model.lines[text[n]];
      if (line.results.includes(name) || line.arguments.includes(name)) {
        this.pickLine(op.side, n, name);
        this.view?.revealPicked();
        return;
      }
    }
  }

  /** The rows on the other side that correspond to a row: the same line, or the changed ones of the same origin. */
  others(side, row, byLocation) {
    let shift = 0;
    const near = [];
    const [from, to] = side === "before" ? [0, 2] : [2, 0];
    for (const change of this.model.changesOf(this.state.pass)) {
      if (change[from] > row) break;
      if (row < change[from + 1]) {
        shift = null;
        break;
      }
      shift = change[to + 1] - change[from + 1];
    }
    if (shift !== null) return [row + shift];
    if (!byLocation) return near;
    const origins = (line) => line.location.split(" + ").filter(Boolean);
    const wanted = new Set(origins(this.model.line(this.state.pass, side, row)));
    if (!wanted.size) return near;
    const opposite = side === "before" ? "after" : "before";
    const text = this.model.side(this.state.pass, opposite);
    for (const change of this.model.changesOf(this.state.pass)) {
      for (let n = change[to]; n < change[to + 1] && near.length < 500; n++) {
        if (origins(this.model.lines[text[n]]).some((origin) => wanted.has(origin))) near.push(n);
      }
    }
    return near;
  }

  /** Goes to a line, by its number in the trace, on one side of a pass. */
  goTo(pass, side, number) {
    const row = this.model.side(pass, side).indexOf(number);
    if (row < 0) return;
    this.setPass(pass, { keepPanel: true });
    if (this.state.view !== "graph") {
      const changed = this.model.changesOf(pass).some(([i1, i2, j1, j2]) => (side === "before" ? row >= i1 && row < i2 : row >= j1 && row < j2));
      this.state.view = changed ? "changes" : "text";
      this.state.side = side;
      this.showView();
    }
    this.pickLine(side, row, null);
    this.view?.revealPicked();
  }

  // -- search

  search(text) {
    $("query").value = text;
    $("query").focus();
    this.find();
  }

  find() {
    const query = $("query").value.trim().toLowerCase();
    const host = $("results");
    host.hidden = !query;
    if (!query) return;
    const { first, last } = this.model.lifetimes;
    const has = (text) => text.toLowerCase().includes(query);
    const found = [];
    let total = 0;
    for (const [number, line] of this.model.lines.entries()) {
      if (!line.op || first[number] < 0) continue;
      if (!(has(line.op) || has(line.location) || line.results.some(has) || line.arguments.some(has) || (line.text.includes("@") && has(line.text)))) continue;
      total++;
      if (found.length < 200) found.push(number);
    }
    host.replaceChildren(el("p", "", total ? plural(total, "line") + (total > found.length ? `, the first ${found.length}` : "") : "Nothing has this name."));
    for (const number of found) {
      const line = this.model.lines[number];
      const made = button("", () => { host.hidden = true; $("query").blur(); this.goTo(first[number], "after", number); });
      const code = el("div", "text");
      code.append(codeOf(this.model, { text: line.text.trim().slice(0, 300), op: line.op }));
      made.append(code, el("div", "sub", [line.location, this.lifetime(first[number], last[number])].filter(Boolean).join(" · ")));
      made.setAttribute("role", "option");
      host.append(made);
    }
  }

  lifetime(first, last) {
    const from = first ? `made by ${first} ${this.model.passes[first - 1].name}` : "in the input";
    return last < this.model.count ? `${from}, gone after ${last + 1} ${this.model.passes[last].name}` : `${from}, stays to the end`;
  }

  searchKey(event) {
    const items = [...$("results").querySelectorAll("button")];
    const at = items.findIndex((item) => item.classList.contains("on"));
    if (event.key === "Escape") {
      $("results").hidden = true;
      $("query").blur();
    } else if (event.key === "Enter") {
      (items[at] ?? items[0])?.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = Math.min(items.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)));
      for (const [index, item] of items.entries()) item.classList.toggle("on", index === next);
      items[next]?.scrollIntoView({ block: "nearest" });
    } else return;
    event.stopPropagation();
  }

  // -- keys and the address

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog")) return;
    const visible = (step) => {
      const all = [...$("passes").children].filter((item) => !item.hidden).map((item) => Number(item.firstChild.dataset.pass));
      return step > 0 ? all.find((n) => n > this.state.pass) : all.findLast((n) => n < this.state.pass);
    };
    const actions = {
      j: () => this.setPass(visible(1) ?? this.state.pass), k: () => this.setPass(visible(-1) ?? this.state.pass),
      n: () => this.view?.nextChange(1), p: () => this.view?.nextChange(-1),
      c: () => this.setView("changes"), t: () => this.setView("text"), g: () => this.setView("graph"),
      "/": () => { $("query").focus(); $("query").select(); }, "?": () => $("help").showModal(),
      Escape: () => { this.forget(); this.view instanceof LinesView ? this.view.list.draw() : this.view?.revealPicked(); this.showPanel(); },
    };
    const action = actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  }

  toHash() {
    const wanted = `#pass=${this.state.pass}&view=${this.state.view}`;
    if (location.hash !== wanted) history.replaceState(null, "", wanted);
  }

  fromHash() {
    const found = new URLSearchParams(location.hash.slice(1));
    const number = Number.parseInt(found.get("pass") ?? "", 10);
    if (!(number >= 0 && number <= this.model.count)) return false;
    if (["changes", "text", "graph"].includes(found.get("view"))) this.state.view = found.get("view");
    this.setPass(number);
    return true;
  }
}

readPayload().then(
  (payload) => {
    globalThis.couloir = new App(new Model(payload));
    $("loading").hidden = true;
    performance.mark("couloir-ready");
  },
).catch((error) => {
  $("loading").textContent = `This page's trace cannot be read: ${error.message}\nIt is damaged, or the browser is older than 2023. Make the page again with \`couloir view --trace\`.`;
});
