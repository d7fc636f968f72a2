// A line of IR with its parts marked: values, types, strings, names. Elided constants become chips that open.

const TOKEN = new RegExp(
  [
    '("(?:[^"\\\\]|\\\\.)*")', // 1 string
    "(%[\\w$.-]+(?:#\\d+)?)", // 2 value
    '(@(?:[\\w$.-]+|"[^"]*"))', // 3 symbol
    "dense_resource<__elided_(\\d+)__>", // 4 constant
    "((?:tensor|memref|vector|complex|tuple|dense)<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>|\\b(?:[su]?i\\d+|b?f\\d+\\w*|index)\\b|![\\w.]+)", // 5 type
    "(-?\\b\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?\\w*)", // 6 number
    "(//.*$)", // 7 comment
  ].join("|"),
  "g",
);
const KINDS = [, "s", "v", "f", "chip", "y", "d", "r"];
const LONGEST = 4000;

/** The parts of a text: [start, end, kind], in order; what is between them is plain. */
function partsOf(text, op) {
  const parts = [];
  let named = -1;
  if (op) {
    named = text.indexOf(op);
    let name = op;
    if (named < 0) {
      name = op.slice(op.lastIndexOf(".") + 1);
      named = text.indexOf(name);
    }
    if (named >= 0) parts.push([named, named + name.length, "o"]);
  }
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
    const kind = found.findIndex((group, index) => index && group !== undefined);
    const start = found.index;
    const end = start + found[0].length;
    if (!end || end === start) break;
    if (named >= 0 && start < parts[0][1] && end > named) continue;
    parts.push([start, end, KINDS[kind], kind === 4 ? Number(found[4]) : 0]);
  }
  return parts.sort((a, b) => a[0] - b[0]);
}

/**
 * The text as nodes. `mark` is the stretch [from, to) that is other than in the line that it replaced; `toConstant(number)` is called
 * for the chip of a constant.
 */
function codeOf(model, line, { mark = null, value = null, toConstant = null } = {}) {
  const full = line.text;
  const text = full.length > LONGEST ? full.slice(0, LONGEST) : full;
  const out = document.createDocumentFragment();
  const put = (start, end, make) => {
    // Cut where the mark begins and ends.
    for (let at = start; at < end; ) {
      const inside = mark && at >= mark[0] && at < mark[1];
      const stop = !mark ? end : Math.min(end, inside ? mark[1] : at < mark[0] ? mark[0] : end);
      const node = make(text.slice(at, stop));
      out.append(inside ? el("mark", "", node) : node);
      at = stop;
    }
  };
  let at = 0;
  for (const [start, end, kind, number] of partsOf(text, line.op)) {
    if (start < at) continue;
    if (start > at) put(at, start, (piece) => document.createTextNode(piece));
    const constant = kind === "chip" ? model.trace.constants[number] : null;
    if (constant) {
      const label = constantLabel(constant);
      out.append("dense<", toConstant ? button("chip", (event) => { event.stopPropagation(); toConstant(number); }, label) : el("span", "chip", label), ">");
    } else {
      const name = kind === "v" && text.slice(start, end) === value ? "v same" : kind === "chip" ? "r" : kind;
      put(start, end, (piece) => el("span", name, piece));
    }
    at = end;
  }
  if (at < text.length) put(at, text.length, (piece) => document.createTextNode(piece));
  if (full.length > LONGEST) out.append(el("span", "r", ` … ${full.length - LONGEST} more characters`));
  return out;
}

function constantLabel(constant) {
  const shape = /<((?:\d+x)*)/.exec(constant.type);
  const sizes = shape && shape[1] ? shape[1].split("x").slice(0, -1).map(Number) : [];
  return plural(sizes.reduce((product, size) => product * size, 1), "value");
}

/** The rows of an opened constant: its elements, and what is known of all of them. */
function constantRows(constant) {
  const rows = constant.text.split("\n");
  if (rows.length > 2000) rows.splice(2000, rows.length, `… ${rows.length - 2000} more lines`);
  rows.unshift([constant.type, constant.summary, constant.whole ? "" : "the first and last elements of each dimension"].filter(Boolean).join(" · "));
  return rows;
}

/** The stretch in which two texts differ, for each of them: between their common beginning and their common end. */
function differing(a, b) {
  let start = 0;
  const most = Math.min(a.length, b.length);
  while (start < most && a[start] === b[start]) start++;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  // Whole words, so that a number is not marked by its last digit.
  const word = /[\w%@#.]/;
  while (start > 0 && word.test(a[start - 1]) && (word.test(a[start] ?? "") || word.test(b[start] ?? ""))) start--;
  while (end > 0 && word.test(a[a.length - end]) && (word.test(a[a.length - end - 1] ?? "") || word.test(b[b.length - end - 1] ?? ""))) end--;
  return [[start, Math.max(start, a.length - end)], [start, Math.max(start, b.length - end)]];
}
