// Jobs: those that failed first, then the newest, with how far they have come.

import { button, clock, count, element, moment, row, Rows, table, write } from "./elements.js";
import { partsOf } from "./names.js";
import { call } from "./server.js";

const FEW = 10;
const MANY = 50;
const WORDS = { scheduled: "Scheduled", in_progress: "In progress", completed: "Completed", failed: "Failed" };

export class JobsView {
  title = "Jobs";
  link = "#jobs";

  /** @param {import("./uploads.js").Uploads} uploads what is on its way goes on when another view is shown */
  constructor(uploads) {
    this.count = element("p", { class: "count" });
    this.failed = new JobsTable("Failed", "Failed jobs", ["Conversation", "Status", "Submitted", "Time taken", "Why it failed"], FEW, () => this.hurry());
    this.others = new JobsTable("Others", "Other jobs", ["Conversation", "Status", "Submitted", "Time taken"], MANY, () => this.hurry());
    this.empty = emptyState();
    const head = element("div", { class: "head" }, element("h1", {}, "Jobs"), this.count);
    this.element = element("section", {}, uploads.element, head, this.failed.element, this.others.element, this.empty);
  }

  async refresh() {
    const query = new URLSearchParams({ failed: this.failed.limit, others: this.others.limit });
    const { failed, others, failedTotal, total, running } = await call(`jobs/failed-first?${query}`);
    this.failed.show(failed, failedTotal);
    this.others.show(others, total - failedTotal);
    this.others.heading.hidden = !failedTotal;
    this.empty.hidden = total > 0;
    write(this.count, total ? summary(total, running, failedTotal) : "");
    return running ? 1000 : 2000;
  }
}

class JobsTable {
  constructor(title, label, columns, step, hurry) {
    this.limit = step;
    this.heading = element("h2", {}, title);
    const listed = table(label, columns);
    listed.table.className = `jobs ${title.toLowerCase()}`;
    this.rows = new Rows(listed.body, (job) => new JobRow(job, columns));
    this.more = button("Show more", () => { this.limit += MANY; hurry(); }, { hidden: "" });
    this.element = element("section", { class: "listed", hidden: "" }, this.heading, listed.table, this.more);
  }

  show(jobs, total) {
    this.rows.show(jobs.map((job) => [job.jobId, job]));
    this.element.hidden = !total;
    this.more.hidden = jobs.length >= total;
  }
}

class JobRow {
  constructor(job, columns) {
    this.name = element("div", { class: "what" });
    this.word = element("span", { class: "word" });
    this.bar = element("progress", { max: "1", "aria-label": "Progress" });
    this.share = element("span", { class: "share" });
    this.seconds = element("span");
    this.reason = element("span", { class: "reason" });
    const cells = {
      Conversation: element("div", {}, this.name, element("code", { class: "ids" }, `job ${job.jobId}`)),
      Status: element("div", { class: "status" }, this.word, this.bar, this.share),
      Submitted: job.submitted ? moment(job.submitted) : "",
      "Time taken": this.seconds,
      "Why it failed": this.reason,
    };
    this.element = row(Object.fromEntries(columns.map((column) => [column, cells[column]])));
    this.element.dataset.job = job.jobId;
  }

  update(job) {
    this.showName(job);
    this.element.dataset.status = job.status;
    write(this.word, WORDS[job.status] ?? job.status);
    this.bar.hidden = job.status !== "in_progress";
    if (typeof job.progress === "number") this.bar.value = job.progress;
    else this.bar.removeAttribute("value");
    write(this.share, this.bar.hidden || !this.bar.hasAttribute("value") ? "" : `${Math.floor(job.progress * 100)} %`);
    write(this.seconds, timeTaken(job));
    write(this.reason, job.message ?? "");
  }

  showName({ conversationId, name }) {
    const shown = name ?? `${conversationId} (deleted)`;
    if (this.shown === shown) return;
    this.shown = shown;
    const { file, from } = partsOf(shown);
    const link = element("a", { href: `#conversations/${encodeURIComponent(conversationId)}` }, file);
    this.name.replaceChildren(name === null ? shown : link, ...(from ? [element("span", { class: "from" }, from)] : []));
  }
}

function summary(total, running, failed) {
  const parts = [count(total, "job"), failed && `${failed.toLocaleString()} failed`, running && `${running} not over`];
  return parts.filter(Boolean).join(", ");
}

function timeTaken({ seconds, submitted }) {
  if (seconds !== null) return seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds);
  return submitted ? `${clock((Date.now() - new Date(submitted)) / 1000)} so far` : "";
}

function emptyState() {
  const curl = [
    `curl ${location.origin}/v1/process/text \\`,
    `  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
    `  -d '{"messages": [{"payload": {"content": "Good morning."}}]}'`,
  ];
  const token = [
    `TOKEN=$(curl -s ${location.origin}/oauth2/token:generate -H 'Content-Type: application/json' \\`,
    `  -d '{"type": "application", "appId": "…", "appSecret": "…"}' | cut -d '"' -f 4)`,
  ];
  return element(
    "div", { class: "empty", hidden: "" },
    element("p", {}, "Nothing was submitted yet: drop a recording anywhere on this page, and read what was said in it."),
    element("p", {}, "From Airflow: a connection of the type Symbl with the host ",
      element("code", {}, location.origin), ", the App ID as login and the App Secret as password. ",
      "Both were printed when the server started."),
    element("p", {}, "From a shell:"),
    element("pre", { tabindex: "0", "aria-label": "Commands to submit a text" }, [...token, ...curl].join("\n")),
  );
}
