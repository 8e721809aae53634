// Faults: rules that make calls go wrong, to see how a client bears it.

import { button, element, Rows, write } from "./elements.js";
import { call, post } from "./server.js";

const READY = [
  ["Lose an answer", "The next submission makes its job, and its answer never comes.",
    { call: "POST /v1/process/*", at: "after_job", cut: true }],
  ["Refuse three polls", "The next three reads of a job are answered 503.",
    { call: "GET /v1/job/*", status: 503, times: 3 }],
  ["Fail a job", "The job of the next submission or append fails.",
    { call: "* /v1/process/*", job: "failed" }],
  ["Answer slowly", "Every call is held for two seconds.",
    { call: "* *", delay: 2, times: null }],
  ["Refuse two submits", "The next two submissions are answered 429, to be sent again after a second.",
    { call: "POST /v1/process/*", status: 429, headers: { "Retry-After": "1" }, times: 2 }],
];
const EXAMPLE = { call: "GET /v1/conversations/*", after: 1, times: 2, status: 500, body: { message: "Out of order" } };
const FIELDS = {
  call: "method and path, such as POST /v1/process/*; both may hold * (required)",
  containing: "only calls whose path, query or body contain this",
  after: "how many such calls pass unharmed first; 0 unless given",
  times: "how many it meets then; 1 unless given, null for all of them",
  at: "before_body, before_job (unless given) or after_job: all is done, the answer not sent",
  delay: "seconds to hold the call; may come with one of the following",
  cut: "true closes the connection without an answer",
  status: "answers this, with headers and body",
  job: "failed: the job that is made fails, with message as its reason",
  job_seconds: "the job is shown over no earlier than this many seconds after its submission",
};
const NOT_OF_THE_RULE = ["id", "met", "left", "holding", "isCleared"];

export class FaultsView {
  title = "Faults";
  link = "#faults";

  constructor() {
    this.known = new Map(); // by id; what is cleared here stays, so that nothing moves under a finger
    this.cleared = new Set();
    this.done = element("p", { class: "count", role: "status" });
    const head = element("div", { class: "head" }, element("h1", {}, "Faults"), this.done);
    const columns = element("div", { class: "columns" }, element("div", {}, this.ready(), this.own()), this.inForce());
    this.element = element("section", { class: "faults" }, head, columns);
  }

  async refresh() {
    const { faults } = await call("faults");
    const inForce = new Map(faults.map((fault) => [fault.id, fault]));
    for (const [id, fault] of this.known) {
      if (this.cleared.has(id)) this.known.set(id, { ...fault, isCleared: !inForce.has(id) });
      else if (!inForce.has(id)) this.known.delete(id);
    }
    for (const [id, fault] of inForce) this.known.set(id, { ...fault, isCleared: false });
    this.rows.show([...this.known]);
    this.list.hidden = !this.known.size;
    this.none.hidden = this.known.size > 0;
    this.all.setAttribute("aria-disabled", String(!faults.length));
    return faults.length ? 1000 : 5000;
  }

  inForce() {
    this.list = element("ul", { class: "rules", "aria-label": "Faults in force", hidden: "" });
    this.rows = new Rows(this.list, (fault) => new Rule(fault, () => this.clear(fault)));
    this.all = button("Clear all", () => this.clearAll());
    this.none = element("p", { class: "empty", hidden: "" }, "None: every call is answered as it should be.");
    const head = element("div", { class: "head" }, element("h2", {}, "In force"), this.all);
    return element("section", { class: "in-force" }, head, this.none, this.list);
  }

  clear({ id }) {
    if (this.known.get(id).isCleared) return;
    this.cleared.add(id);
    this.act("The fault is cleared.", () => call(`faults/${encodeURIComponent(id)}`, { method: "DELETE" }));
  }

  clearAll() {
    this.cleared.clear();
    this.act("All faults are cleared.", () => call("faults", { method: "DELETE" }));
  }

  ready() {
    const items = READY.map(([title, what, rule]) =>
      this.offer(title, what, spaced(rule), () => post("faults", JSON.stringify(rule))));
    const expire = this.offer("Expire tokens", "Every token that was handed out so far is refused.",
      "POST /__local__/tokens/expire", () => post("tokens/expire"));
    return element("section", {}, element("h2", {}, "Switch on"), element("ul", { class: "ready" }, ...items, expire));
  }

  offer(title, what, detail, action) {
    const chosen = button(title, () => this.act(`Done: ${title.toLowerCase()}.`, action));
    return element("li", {}, chosen, element("p", {}, what, " ", element("code", {}, detail)));
  }

  own() {
    this.rule = element("textarea", { id: "rule", rows: "4", spellcheck: "false", "aria-describedby": "problem" });
    this.rule.value = spaced(EXAMPLE);
    this.problem = element("p", { id: "problem", class: "problem", role: "alert" });
    const form = element("form", {}, element("label", { for: "rule" }, "A rule as JSON"), this.rule,
      element("div", { class: "send" }, element("button", {}, "Add rule"), this.problem), explanation());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.act("The rule is in force.", () => post("faults", this.rule.value));
    });
    return element("section", {}, element("h2", {}, "Your own"), form);
  }

  async act(done, action) {
    write(this.problem, "");
    try {
      await action();
      write(this.done, done);
    } catch (error) {
      write(this.done, "");
      write(this.problem, error.message);
    }
    this.hurry();
  }
}

class Rule {
  constructor(fault, clear) {
    const rule = ruleOf(fault);
    this.state = element("span", { class: "count" });
    this.button = button("Clear", clear, { "aria-label": `Clear ${rule}` });
    this.element = element("li", {}, element("code", {}, rule), this.state, this.button);
  }

  update({ met, left, holding, isCleared }) {
    const state = [`met ${met}`, left === null ? "meets all" : `${left} still to meet`, holding && `holding ${holding}`];
    write(this.state, isCleared ? "Cleared" : state.filter(Boolean).join(" · "));
    this.button.setAttribute("aria-disabled", String(isCleared)); // not disabled: it would lose the focus
    this.element.classList.toggle("cleared", isCleared);
  }
}

function ruleOf({ call: about, ...fault }) {
  const rest = Object.entries(fault).filter(([name]) => !NOT_OF_THE_RULE.includes(name));
  return spaced({ call: about, ...Object.fromEntries(rest) });
}

/** Write JSON on one line that can wrap. */
function spaced(value) {
  return JSON.stringify(value, null, 1).replace(/\n */g, " ");
}

function explanation() {
  const fields = Object.entries(FIELDS).flatMap(([name, what]) =>
    [element("dt", {}, element("code", {}, name)), element("dd", {}, what)]);
  return element("details", {}, element("summary", {}, "What a rule can say"), element("dl", {}, ...fields));
}
