// Making and changing elements. What comes from the server only ever becomes text, never markup.

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, string|null>} attributes those that are null are left out
 * @param {...(Node|string)} children strings become text
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Make a button that does something. */
export function button(label, action, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", action);
  return made;
}

/** Make an id that can be copied with one press; where a browser forbids that, it is selected instead. */
export function copyable(label, id) {
  const shown = element("code", {}, id);
  const said = element("span", { class: "unseen", role: "status" });
  const copy = button("Copy", async () => {
    const isCopied = await (navigator.clipboard?.writeText(id).then(() => true, () => false) ?? false);
    if (!isCopied) getSelection().selectAllChildren(shown);
    write(copy, isCopied ? "Copied" : "Selected");
    write(said, isCopied ? `${label} copied` : `${label} selected`);
  }, { class: "link", "aria-label": `Copy ${label}` });
  copy.addEventListener("blur", () => { write(copy, "Copy"); write(said, ""); });
  return element("span", { class: "id" }, `${label} `, shown, " ", copy, said);
}

/**
 * Ask before something is done that cannot be undone; Escape and the first button leave all as it is.
 * @param {string} question
 * @param {string} consequence
 * @param {string} yes the label of the button that does it
 * @returns {Promise<boolean>}
 */
export function ask(question, consequence, yes) {
  const dialog = element("dialog", { "aria-labelledby": "question", "aria-describedby": "consequence" });
  const answers = element("div", { class: "send" }, button("Keep it", () => dialog.close(), { autofocus: "" }),
    button(yes, () => dialog.close("yes"), { class: "danger" }));
  dialog.append(element("h2", { id: "question" }, question), element("p", { id: "consequence" }, consequence), answers);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => {
    dialog.remove();
    done(dialog.returnValue === "yes");
  }));
}

/** Change a text, and touch nothing where it is the same: screen readers announce changes. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Make a table that stays one for screen readers when it is laid out as cards.
 * @param {string} label what it lists
 * @param {string[]} columns their headings
 * @returns {{table: HTMLElement, body: HTMLElement}}
 */
export function table(label, columns) {
  const heads = columns.map((column) => element("th", { scope: "col", role: "columnheader" }, column));
  const head = element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads));
  const body = element("tbody", { role: "rowgroup" });
  return { table: element("table", { role: "table", "aria-label": label }, head, body), body };
}

/** Make a table's row of cells, each labelled with its column for the narrow layout. */
export function row(cells) {
  const made = Object.entries(cells).map(([label, content]) =>
    element("td", { role: "cell", "data-label": label }, content));
  return element("tr", { role: "row" }, ...made);
}

/** Rows that are kept while what they show changes, so that focus and selection stay where they are. */
export class Rows {
  /**
   * @param {HTMLElement} parent
   * @param {function(any): {element: HTMLElement, update: function(any): void}} make
   */
  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
    this.known = new Map();
  }

  /** @param {Array<[string, any]>} items keys and what their rows show, in order */
  show(items) {
    const keys = new Set(items.map(([key]) => key));
    for (const [key, { element: gone }] of this.known) {
      if (keys.has(key)) continue;
      gone.remove();
      this.known.delete(key);
    }
    let place = this.parent.firstElementChild;
    for (const [key, item] of items) {
      if (!this.known.has(key)) this.known.set(key, this.make(item));
      const shown = this.known.get(key);
      shown.update(item);
      if (shown.element === place) place = place.nextElementSibling;
      else this.parent.insertBefore(shown.element, place);
    }
  }
}

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Make a moment readable in the reader's own time zone. */
export function moment(iso) {
  return element("time", { datetime: iso }, MOMENT.format(new Date(iso)));
}

/** Write seconds as on a player: 0:07, 12:30, 1:00:00. */
export function clock(seconds) {
  const whole = Math.floor(Math.max(0, seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Write a number of things: "1 job", "2 jobs". */
export function count(number, thing) {
  return `${number.toLocaleString()} ${thing}${number === 1 ? "" : "s"}`;
}
