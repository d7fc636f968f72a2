// A list that has elements only for the rows in sight, so that a million rows scroll like a hundred.

const TALLEST = 8e6; // pixels; browsers draw nothing beyond some 16 million

class List {
  /** `render(index)` makes the element of a row, all `height` pixels high. */
  constructor(host, height, render) {
    this.height = height;
    this.render = render;
    this.count = 0;
    this.space = el("div", "space", (this.window = el("div", "window")));
    this.box = el("div", "list", this.space);
    this.box.tabIndex = -1;
    this.box.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.soon()).observe(this.box);
    host.append(this.box);
  }

  /** Shows `count` rows, the widest of `columns` characters. */
  set(count, columns = 0) {
    this.count = count;
    this.space.style.height = `${Math.min(count * this.height, TALLEST)}px`;
    this.space.style.minWidth = columns ? `calc(${columns} * 7.3px + 120px)` : "";
    this.draw();
  }

  soon() {
    if (!this.waiting) {
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        this.draw();
      });
    }
  }

  /** How many pixels of rows one pixel of scrolling is: 1, but for very long lists. */
  get factor() {
    const real = this.count * this.height;
    const view = this.box.clientHeight;
    return real > TALLEST ? (real - view) / (TALLEST - view) : 1;
  }

  draw() {
    const view = this.box.clientHeight;
    const offset = this.box.scrollTop * this.factor;
    const first = Math.max(0, Math.floor(offset / this.height) - 8);
    const end = Math.min(this.count, Math.ceil((offset + view) / this.height) + 8);
    const rows = document.createDocumentFragment();
    for (let index = first; index < end; index++) rows.append(this.render(index));
    this.window.replaceChildren(rows);
    this.window.style.transform = `translateY(${this.box.scrollTop - (offset - first * this.height)}px)`;
  }

  /** Brings a row into sight, a third from the top, unless it is well in sight already. */
  reveal(index) {
    const view = this.box.clientHeight;
    const top = index * this.height;
    const offset = this.box.scrollTop * this.factor;
    if (top < offset + 20 || top + this.height > offset + view - 20) {
      this.box.scrollTop = Math.max(0, top - view / 3) / this.factor;
    }
    this.draw();
  }
}
