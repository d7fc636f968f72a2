// The trace as the page uses it.

/** The numbers of runs: [first, how many] each. */
function unpacked(runs) {
  const found = new Int32Array(runs.reduce((sum, run) => sum + run[1], 0));
  let at = 0;
  for (const [first, count] of runs) for (let k = 0; k < count; k++) found[at++] = first + k;
  return found;
}

function functionName(line) {
  const found = /@("[^"]*"|[\w.$-]+)/.exec(line.text);
  return found ? found[0] : line.op;
}

class Model {
  constructor(payload) {
    this.trace = payload.trace;
    this.lines = payload.trace.lines;
    this.passes = payload.trace.passes;
    this.changes = payload.changes; // per pass: [first row before, end, first row after, end]
    this.graphs = payload.graphs;
    this.whole = payload.whole; // the graph of a function, by its lines
    this.parts = payload.parts; // per pass, before and after: the graph of a part of a function, by its first row
    this.count = this.passes.length;
    this.texts = new Map();
    this.functionLists = new Map();
  }

  /** The line numbers of the text after pass `number`; 0 is the text before the first. */
  text(number) {
    const known = this.texts.get(number);
    if (known) return known;
    let start = number;
    while (start > 0 && !this.texts.has(start)) start--;
    let text = this.texts.get(start) ?? unpacked(this.trace.before);
    for (let step = start + 1; step <= number; step++) {
      const { edit } = this.passes[step - 1];
      if (edit.end === edit.start && !edit.lines.length) continue;
      const fresh = unpacked(edit.lines);
      const next = new Int32Array(text.length - (edit.end - edit.start) + fresh.length);
      next.set(text.subarray(0, edit.start));
      next.set(fresh, edit.start);
      next.set(text.subarray(edit.end), edit.start + fresh.length);
      text = next;
    }
    if (this.texts.size > 40) this.texts.clear();
    this.texts.set(number, text);
    return text;
  }

  /** The text on one side of a pass; the input has only one side. */
  side(pass, side) {
    return this.text(side === "before" && pass ? pass - 1 : pass);
  }

  line(pass, side, row) {
    return this.lines[this.side(pass, side)[row]];
  }

  /** The changes of a pass; none for the input. */
  changesOf(pass) {
    return pass ? this.changes[pass - 1] : [];
  }

  /** The functions of a text: [name, first row, end]. */
  functionsOf(pass, side) {
    const text = this.side(pass, side);
    let found = this.functionLists.get(text);
    if (!found) {
      found = [];
      let start = -1;
      const close = (end) => { if (start >= 0 && end > start + 1) found.push([functionName(this.lines[text[start]]), start, end]); };
      for (let row = 0; row < text.length; row++) {
        const line = this.lines[text[row]];
        if (line.op && line.depth === 1) {
          close(row);
          start = row;
        }
      }
      close(text.length - 1);
      if (this.functionLists.size > 20) this.functionLists.clear();
      this.functionLists.set(text, found);
    }
    return found;
  }

  /** The picture of a function, or null. */
  picture(pass, side, [, start, end]) {
    const text = this.side(pass, side);
    const runs = [];
    for (let row = start; row < end; row++) {
      const last = runs.at(-1);
      if (last && last[0] + last[1] === text[row]) last[1]++;
      else runs.push([text[row], 1]);
    }
    const part = pass ? this.parts[pass - 1][side === "before" ? 0 : 1][start] : undefined;
    const number = this.whole[runs.map(([first, count]) => `${first}+${count}`).join(",")] ?? part;
    return number === undefined ? null : this.graphs[number];
  }

  /** The function around a row: [name, first row, end]. */
  functionAt(pass, side, row) {
    const all = this.functionsOf(pass, side);
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (all[middle][2] <= row) low = middle + 1;
      else high = middle;
    }
    return low < all.length && all[low][1] <= row ? all[low] : null;
  }

  /** For each line the first and the last text that has it. */
  get lifetimes() {
    if (!this.lived) {
      const first = new Int32Array(this.lines.length).fill(-1);
      const last = new Int32Array(this.lines.length).fill(-1);
      const count = new Int32Array(this.lines.length);
      const text = unpacked(this.trace.before);
      for (const line of text) {
        first[line] = 0;
        count[line]++;
      }
      let current = Array.from(text);
      for (const [index, { edit }] of this.passes.entries()) {
        if (edit.end === edit.start && !edit.lines.length) continue;
        const fresh = unpacked(edit.lines);
        for (let row = edit.start; row < edit.end; row++) if (--count[current[row]] === 0) last[current[row]] = index;
        for (const line of fresh) {
          if (first[line] < 0) first[line] = index + 1;
          count[line]++;
        }
        current = [...current.slice(0, edit.start), ...fresh, ...current.slice(edit.end)];
      }
      for (let line = 0; line < count.length; line++) if (count[line]) last[line] = this.count;
      this.lived = { first, last };
    }
    return this.lived;
  }

  passName(number) {
    return number ? this.passes[number - 1].text : "input";
  }
}
