// The asked attributes of step 4: one current row, its marks, and the value they come to
// (the same rule as annotation/cot/attributes.py, which checks it again).

const nameOf = (row) => row.querySelector("[type=hidden]");
const plain = (name) => name.trim().toLowerCase();
const stateOf = (row) => row.querySelector(":checked")?.value;

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
    const empty = document.getElementById("attribute-row").innerHTML.replaceAll("__at__", this.rows.length);
    this.box.querySelector("[data-derived]").insertAdjacentHTML("beforebegin", empty);
    const row = this.rows.at(-1);
    row.querySelector(".attribute-name").textContent = nameOf(row).value = name;
    return row;
  }

  // "" while a row is unmarked: then nothing follows yet.
  overall() {
    const states = this.rows.map(stateOf).filter((state) => state !== "not_asked");
    if (states.includes(undefined)) return "";
    if (!states.length) return "not_requested";
    return states.every((state) => state === "match") ? "all" : states.includes("match") ? "partial" : "none";
  }

  // The first unmarked row becomes the current one.
  onward() {
    this.show(this.rows.find((row) => !stateOf(row)) ?? this.current);
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
