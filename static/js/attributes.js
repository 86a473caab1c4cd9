// The asked attributes of step 4: one current row, its marks, and the value they come to
// (the same rule as annotation/cot/attributes.py, which checks it again).

const nameOf = (row) => row.querySelector("[type=hidden]");
const plain = (name) => name.trim().toLowerCase();
const marked = (row) => row.querySelector(":checked");

export class Attributes {
  constructor(box) {
    this.box = box;
    const adding = box.querySelector("[data-add-attribute]");
    adding.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      if (adding.value.trim()) this.show(this.row(adding.value.trim()));
      adding.value = "";
      box.closest(".step").focus({ preventScroll: true });
    });
    box.addEventListener("focusin", ({ target }) => this.show(target.closest("[data-attribute]") ?? this.current));
    this.onward();
  }

  get rows() {
    return [...this.box.querySelectorAll("[data-attribute]")];
  }

  // The row of a name; a new one where there is none.
  row(name) {
    const there = this.rows.find((row) => plain(nameOf(row).value) === plain(name));
    if (there) return there;
    const at = this.rows.length;
    const row = document.getElementById("attribute-row").content.firstElementChild.cloneNode(true);
    row.setAttribute("aria-labelledby", `attribute-${at}`);
    Object.assign(row.querySelector(".attribute-name"), { id: `attribute-${at}`, textContent: name });
    Object.assign(nameOf(row), { name: `attribute_name-${at}`, value: name });
    for (const radio of row.querySelectorAll("[type=radio]")) radio.name = `attribute_state-${at}`;
    this.box.insertBefore(row, this.box.querySelector("[data-derived]"));
    return row;
  }

  // What the rows can still come to: nothing is said before a mark, one value when all have one.
  possible() {
    const number = (states) => this.box.querySelectorAll(`${states}:checked`).length;
    const [met, unmet] = [number("[value=match]"), number(":is([value=mismatch], [value=unknown])")];
    const open = this.rows.length - number("[type=radio]");
    if (open === this.rows.length) return [];
    return [
      met + unmet === 0 && "not_requested",
      unmet === 0 && met + open > 0 && "all",
      met + open > 0 && unmet + open > 0 && met + unmet + open > 1 && "partial",
      met === 0 && unmet + open > 0 && "none",
    ].filter(Boolean);
  }

  // "" while a row is unmarked: then nothing follows yet.
  overall() {
    return this.rows.every(marked) ? this.possible()[0] ?? "" : "";
  }

  // The first unmarked row becomes the current one.
  onward() {
    this.show(this.rows.find((row) => !marked(row)) ?? this.current);
  }

  move(step) {
    const { rows } = this;
    this.show(rows.at((rows.indexOf(this.current) + step) % rows.length));
  }

  show(row) {
    this.current?.classList.remove("current");
    this.current = row ?? this.rows[0];
    this.current?.classList.add("current");
  }
}
