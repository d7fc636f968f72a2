// What pages are built of. All texts of the data came from a model: they become text nodes, never markup.

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

