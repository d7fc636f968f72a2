// The right side: rule applications, near misses, counts per rule, numbers, and the op that is picked.

/** A list with the details of the chosen item beneath it. */
class Chooser {
  /** `describe(item)` gives [title, note, second line]; `details(item)` gives nodes. */
  constructor(host, items, describe, details, chosen) {
    this.all = items;
    this.items = items;
    this.describe = describe;
    this.details = details;
    this.chosen = chosen;
    this.at = -1;
    const top = el("div", "items");
    if (items.length > 12) host.append(this.sieve());
    this.detail = el("div", "detail", el("p", "empty", "Choose one to see what it was."));
    host.append(top, this.detail);
    this.list = new List(top, 46, (index) => this.element(index));
    this.list.box.addEventListener("click", (event) => {
      const found = event.target.closest(".item");
      if (found) this.choose(Number(found.dataset.index));
    });
    this.list.box.tabIndex = 0;
    this.list.box.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !this.items.length) return;
      event.preventDefault();
      this.choose(Math.min(this.items.length - 1, Math.max(0, this.at + step)));
      this.list.reveal(this.at);
    });
    this.list.set(items.length);
  }

  /** A field that keeps the items with a word in them. */
  sieve() {
    const field = el("input");
    field.type = "search";
    field.placeholder = "Only with …";
    field.setAttribute("aria-label", "Show only items with this text");
    field.addEventListener("input", () => {
      const word = field.value.trim().toLowerCase();
      this.items = this.all.filter((item) => this.describe(item).some((text) => text.toLowerCase().includes(word)));
      this.at = -1;
      this.list.set(this.items.length);
    });
    return el("div", "filter", field);
  }

  element(index) {
    const [title, note, second] = this.describe(this.items[index]);
    const made = el("div", index === this.at ? "item on" : "item", el("div", "top", el("b", "", title), el("span", "", note)), el("div", "sub", second));
    made.dataset.index = index;
    return made;
  }

  choose(index) {
    this.at = index;
    this.list.draw();
    this.detail.replaceChildren(...this.details(this.items[index]).filter(Boolean));
    this.detail.scrollTop = 0;
    this.chosen(this.items[index]);
  }
}

const term = (name, ...value) => [el("dt", "", name), el("dd", "", ...value)];

class Panels {
  constructor(app) {
    this.app = app;
    this.model = app.model;
  }

  /** The panel that says most about a pass. */
  best(run) {
    if (!run) return "op";
    if (run.error && run.checks.length) return "numbers";
    return run.applications.length ? "applied" : run.near_misses.length ? "misses" : "numbers";
  }

  counts(run) {
    return {
      applied: run ? run.applications.length + run.more_applications : 0,
      misses: run ? run.near_misses.length : 0,
      rules: run ? run.rules.length : 0,
      numbers: run ? run.checks.length : 0,
    };
  }

  show(host) {
    const { pass, panel } = this.app.state;
    const run = pass ? this.model.passes[pass - 1] : null;
    host.replaceChildren();
    if (panel === "op") this.op(host);
    else if (!run) host.append(el("p", "empty", "This is the program before the first pass."));
    else this[panel](host, run);
  }

  filter(host, all) {
    const { rule } = this.app.state;
    if (!rule) return all;
    host.append(el("div", "filter", el("span", "", "only "), el("code", "", rule), button("", () => this.app.filterRule(null), "show all")));
    return all.filter((item) => item.rule === rule);
  }

  equation(rule) {
    const text = this.model.trace.equations[rule];
    return text ? el("div", "equation", text) : null;
  }

  applied(host, run) {
    const items = this.filter(host, run.applications);
    if (!items.length) {
      host.append(el("p", "empty", run.rules.length ? "No rule was applied in this pass." : "This pass reports no applications of rules. What it did is under Changes."));
      return;
    }
    this.chooser = new Chooser(
      host,
      items,
      (a) => [a.rule, duration(a.microseconds / 1e6), a.location || a.op],
      (a) => [
        el("h3", "", a.rule),
        this.equation(a.rule),
        el("dl", "facts", ...term("at", el("code", "", a.op)), ...(a.location ? term("location", a.location) : []), ...term("time", duration(a.microseconds / 1e6))),
        el("h4", "", "before"),
        this.code("del", a.before),
        el("h4", "", "after"),
        a.after ? this.code("add", a.after) : el("p", "", "No new op: what was there already takes its place."),
        a.line === null && !a.lines_after.length ? el("p", "sub", "It changed what this pass itself had made, so it is in neither text.") : null,
      ],
      (a) => this.app.pickRows(a.line === null ? [] : [a.line], a.lines_after),
    );
    if (run.more_applications && !this.app.state.rule) {
      host.append(el("div", "filter", `${plural(run.more_applications, "more application")} not kept`));
    }
  }

  code(kind, text, op = "") {
    const made = el("pre", kind);
    for (const [index, line] of text.split("\n").entries()) {
      if (index) made.append("\n");
      made.append(codeOf(this.model, { text: line, op }));
    }
    return made;
  }

  misses(host, run) {
    const items = this.filter(host, run.near_misses);
    if (!items.length) {
      host.append(el("p", "empty", "No rule was tried here without being applied."));
      return;
    }
    this.chooser = new Chooser(
      host,
      items,
      (m) => [m.rule, `${m.count.toLocaleString("en")}×`, m.reason],
      (m) => [
        el("h3", "", m.rule),
        this.equation(m.rule),
        el("p", "reason", m.reason),
        el("dl", "facts", ...term("tried", `${plural(m.count, "time")} without success for this reason`), ...term("fitted", m.depth ? plural(m.depth, "step") : "nothing")),
        el("h4", "", m.count > m.places.length ? "the first places" : "places"),
        el("ul", "plain", ...m.places.map((place) => el("li", "",
          place.line === null ? el("code", "", place.op) : button("link mono", () => this.app.pickRows([place.line], []), place.op),
          place.location ? ` at ${place.location}` : ""))),
      ],
      (m) => {
        const place = m.places.find((p) => p.line !== null);
        if (place) this.app.pickRows([place.line], []);
      },
    );
  }

  rules(host, run) {
    if (!run.rules.length) {
      host.append(el("p", "empty", "This pass tried no rules."));
      return;
    }
    const rows = [...run.rules].sort((a, b) => b.hits - a.hits || b.seconds - a.seconds);
    const head = el("tr", "", ...["rule", "applied", "missed", "time"].map((name) => el("th", "", name)));
    const body = rows.map((r) => {
      const name = button("link", () => this.app.filterRule(r.rule, r.hits ? "applied" : "misses"), r.rule);
      const equation = this.model.trace.equations[r.rule];
      return el("tr", "", el("td", "", name, equation ? el("small", "", equation) : ""), el("td", "", r.hits.toLocaleString("en")), el("td", "", (r.attempts - r.hits).toLocaleString("en")), el("td", "", duration(r.seconds)));
    });
    host.append(el("div", "detail", el("table", "", el("thead", "", head), el("tbody", "", ...body))));
  }

  numbers(host, run) {
    const made = el("div", "detail", el("h4", "", "cost"), el("dl", "facts",
      ...term("time", duration(run.seconds)),
      ...term("memory", run.memory ? `peak grew by ${(run.memory / 1e6).toFixed(1)} MB` : "within what was used before"),
      ...term("ops", run.error || run.ops_before === run.ops_after ? `${run.ops_before.toLocaleString("en")}` : `${run.ops_before.toLocaleString("en")} → ${run.ops_after.toLocaleString("en")}`)));
    if (run.notes.length) made.append(el("h4", "", "the pass says"), el("ul", "plain", ...run.notes.map((note) => el("li", "", note))));
    made.append(el("h4", "", "results before and after"));
    if (run.checks.length) {
      const number = (value) => (value === null ? "not finite" : value === 0 ? "0" : value.toPrecision(3));
      const head = el("tr", "", ...["result", "largest error", "tolerance", ""].map((name) => el("th", "", name)));
      const body = run.checks.map((c) => el("tr", c.passed ? "" : "failed", el("td", "", c.name), el("td", "", number(c.error)), el("td", "", c.tolerance === null ? "–" : number(c.tolerance)), el("td", "", c.passed ? "✓" : "✗")));
      made.append(el("table", "", el("thead", "", head), el("tbody", "", ...body)));
    } else {
      made.append(el("p", "", "Not compared. Trace with --check-each to run the program before and after each pass."));
    }
    host.append(made);
  }

  op(host) {
    const { pass, op } = this.app.state;
    if (!op) {
      host.append(el("p", "empty", "Click a line, or a box of the graph, to see its op."));
      return;
    }
    const text = this.model.side(pass, op.side);
    const number = text[op.row];
    const line = this.model.lines[number];
    if (!line.op) {
      host.append(el("p", "empty", "This line begins no op."));
      return;
    }
    const run = pass ? this.model.passes[pass - 1] : null;
    const { first, last } = this.model.lifetimes;
    const go = (k) => button("link", () => this.app.goTo(k, "after", number), this.model.passName(k));
    const gone = last[number] < this.model.count ? last[number] + 1 : null;
    const facts = el("dl", "facts",
      ...(line.location ? term("location", button("link", () => this.app.search(line.location), line.location)) : []),
      ...term(first[number] ? "made by" : "is in", go(first[number])),
      ...(gone === null ? term("stays", "to the end") : term("gone after", button("link", () => this.app.goTo(gone, "before", number), this.model.passName(gone)))));
    for (const [index, name] of line.results.entries()) facts.append(...term(index ? "" : plural(line.results.length, "result").replace(/^[\d,]+ /, ""), this.value(name), el("code", "", `  ${line.types[index] ?? ""}`)));
    for (const [index, name] of line.operands.entries()) facts.append(...term(`operand ${index}`, this.value(name)));
    for (const fact of line.facts) {
      const [key, ...rest] = fact.split(" = ");
      facts.append(...term(key, el("code", "", rest.join(" = "))));
    }
    const made = el("div", "detail", el("h3", "", line.op), facts);
    if (run) {
      const here = run.applications.filter((a) => (op.side === "before" ? a.line === op.row : a.lines_after.includes(op.row)));
      if (here.length) made.append(el("h4", "", "rules applied here"), el("ul", "plain", ...here.map((a) => el("li", "", button("link", () => this.app.showApplication(a), a.rule)))));
      const missed = run.near_misses.filter((m) => m.places.some((p) => (op.side === "before" ? p.line === op.row : false)));
      if (missed.length) made.append(el("h4", "", "rules tried here"), el("ul", "plain", ...missed.map((m) => el("li", "", el("b", "", m.rule), `: ${m.reason}`))));
    }
    if (this.app.state.value) made.append(...this.uses(text, op.row, this.app.state.value));
    const elided = [...line.text.matchAll(/dense_resource<__elided_(\d+)__>/g)].map((m) => this.model.trace.constants[Number(m[1])]).filter(Boolean);
    for (const constant of elided) made.append(el("h4", "", "constant"), el("pre", "values", constantRows(constant).join("\n")));
    made.append(el("h4", "", "text"), this.code("", line.text.trim(), line.op));
    host.append(made);
  }

  value(name) {
    return button("link mono", () => this.app.pickValue(name), name);
  }

  /** Where a value is defined and used, in the function around. */
  uses(text, row, value) {
    const { pass, op } = this.app.state;
    const around = this.model.functionAt(pass, op.side, row) ?? ["", 0, text.length];
    const items = [];
    for (let n = around[1]; n < around[2]; n++) {
      const line = this.model.lines[text[n]];
      const defines = line.results.includes(value) || line.arguments.includes(value);
      if (!defines && !line.operands.includes(value)) continue;
      items.push(el("li", "", defines ? "defined: " : "used: ", button("link mono", () => this.app.pickLine(op.side, n, value), `${n + 1} ${line.op}`)));
      if (items.length >= 100) break;
    }
    return [el("h4", "mono", value), el("ul", "plain", ...items)];
  }
}
