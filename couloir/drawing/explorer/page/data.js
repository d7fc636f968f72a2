// The trace as the page uses it. All of its texts came from a model: they become text nodes, never markup.

const $ = (id) => document.getElementById(id);

/** An element with children: nodes, or texts as they are. */
function el(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A button that calls `action`. */
function button(className, action, ...children) {
  const made = el("button", className, ...children);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}

/** `1 op`, `2 ops`. */
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : word.endsWith("s") ? "es" : "s"}`;

/** Seconds for a person. */
function duration(seconds) {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return seconds >= 1e-3 ? `${(seconds * 1e3).toFixed(seconds >= 0.1 ? 0 : 1)} ms` : `${(seconds * 1e6).toFixed(0)} µs`;
}

async function readPayload() {
  const text = $("trace").textContent.trim();
  $("trace").textContent = "";
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

class Model {
  constructor(payload) {
    this.trace = payload.trace;
    this.lines = payload.trace.lines;
    this.passes = payload.trace.passes;
    this.changes = payload.changes; // per pass: [first line before, end, first line after, end]
    this.functions = payload.functions; // per text number: [those before, those after]
    this.graphs = payload.graphs;
    this.count = this.passes.length;
    this.texts = new Map();
  }

  /** The line numbers of the text after pass `number`; 0 is the text before the first. */
  text(number) {
    let found = this.texts.get(number);
    if (!found) {
      const runs = number ? this.passes[number - 1].after : this.trace.before;
      found = new Int32Array(runs.reduce((sum, run) => sum + run[1], 0));
      let at = 0;
      for (const [first, count] of runs) for (let k = 0; k < count; k++) found[at++] = first + k;
      this.texts.set(number, found);
    }
    return found;
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

  functionsOf(pass, side) {
    return this.functions[pass][side === "before" && pass ? 0 : 1];
  }

  /** The function around a row: [name, first row, end, graph]. */
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
      for (let number = 0; number <= this.count; number++) {
        if (number && !this.changes[number - 1].length) {
          continue;
        }
        for (const line of this.text(number)) {
          if (first[line] < 0) first[line] = number;
          last[line] = number;
        }
      }
      // A text that did not change has the lines of the one before.
      const upto = new Int32Array(this.count + 1);
      for (let number = this.count; number >= 0; number--) {
        upto[number] = number < this.count && !this.changes[number].length ? upto[number + 1] : number;
      }
      for (let line = 0; line < last.length; line++) if (last[line] >= 0) last[line] = upto[last[line]];
      this.lived = { first, last };
    }
    return this.lived;
  }

  passName(number) {
    return number ? this.passes[number - 1].text : "input";
  }
}
