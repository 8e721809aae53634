// Faults: rules that make calls go wrong, to see how a client bears it.

import { button, element, row, Rows, table, write } from "./elements.js";
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
const COUNTS = ["met", "left", "holding"];

export class FaultsView {
  title = "Faults";
  link = "#faults";

  constructor() {
    this.done = element("p", { class: "count", role: "status" });
    const head = element("div", { class: "head" }, element("h1", {}, "Faults"), this.done);
    this.element = element("section", { class: "faults" }, head, this.inForce(), this.ready(), this.own());
  }

  async refresh() {
    const { faults } = await call("faults");
    this.rows.show(faults.map((fault, index) => [`${index} ${ruleOf(fault)}`, fault]));
    this.list.hidden = !faults.length;
    this.none.hidden = faults.length > 0;
    return faults.length ? 1000 : 5000;
  }

  inForce() {
    const listed = table("Faults in force", ["Rule", "Met", "Still to meet", "Holding"]);
    listed.table.className = "rules";
    this.rows = new Rows(listed.body, (fault) => new RuleRow(fault));
    const clear = button("Clear all", () => this.act("All faults are cleared.", () => call("faults", { method: "DELETE" })));
    this.list = element("div", { hidden: "" }, listed.table, clear);
    this.none = element("p", { class: "empty", hidden: "" }, "None: every call is answered as it should be.");
    return element("section", {}, element("h2", {}, "In force"), this.none, this.list);
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

class RuleRow {
  constructor(fault) {
    [this.met, this.left, this.holding] = COUNTS.map(() => element("span"));
    const rule = element("code", {}, ruleOf(fault));
    this.element = row({ Rule: rule, Met: this.met, "Still to meet": this.left, Holding: this.holding });
  }

  update({ met, left, holding }) {
    write(this.met, String(met));
    write(this.left, left === null ? "all" : String(left));
    write(this.holding, String(holding));
  }
}

function ruleOf({ call: about, ...fault }) {
  const rest = Object.entries(fault).filter(([name]) => !COUNTS.includes(name));
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
