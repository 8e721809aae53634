// Jobs: the newest first, with how far they have come.

import { clock, count, element, moment, row, Rows, table, write } from "./elements.js";
import { call } from "./server.js";

const NEWEST = 200;
const WORDS = { scheduled: "Scheduled", in_progress: "In progress", completed: "Completed", failed: "Failed" };

export class JobsView {
  title = "Jobs";
  link = "#jobs";

  constructor() {
    const listed = table("Jobs", ["Conversation", "Status", "Submitted", "Time taken", "Why it failed"]);
    listed.table.className = "jobs";
    this.count = element("p", { class: "count" });
    this.rows = new Rows(listed.body, (job) => new JobRow(job));
    this.list = element("div", { hidden: "" }, listed.table);
    this.empty = emptyState();
    const head = element("div", { class: "head" }, element("h1", {}, "Jobs"), this.count);
    this.element = element("section", {}, head, this.list, this.empty);
  }

  async refresh() {
    const { jobs, total, running } = await call(`jobs?limit=${NEWEST}`);
    this.rows.show(jobs.reverse().map((job) => [job.jobId, job]));
    this.list.hidden = !total;
    this.empty.hidden = total > 0;
    write(this.count, total ? summary(total, running) : "");
    return running ? 1000 : 5000;
  }
}

class JobRow {
  constructor(job) {
    this.name = element("div", { class: "what" });
    this.word = element("span", { class: "word" });
    this.bar = element("progress", { max: "1", "aria-label": "Progress" });
    this.share = element("span", { class: "share" });
    this.seconds = element("span");
    this.reason = element("span", { class: "reason" });
    this.element = row({
      Conversation: this.name,
      Status: element("div", { class: "status" }, this.word, this.bar, this.share),
      Submitted: job.submitted ? moment(job.submitted) : "",
      "Time taken": this.seconds,
      "Why it failed": this.reason,
    });
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
    write(this.reason, (job.status === "failed" && job.message) || "");
  }

  showName({ conversationId, name }) {
    const shown = name ?? `${conversationId} (deleted)`;
    if (this.name.textContent === shown) return;
    const link = element("a", { href: `#conversations/${encodeURIComponent(conversationId)}` }, shown);
    this.name.replaceChildren(name === null ? shown : link);
  }
}

function summary(total, running) {
  const which = total > NEWEST ? `the newest ${NEWEST} of ${count(total, "job")}` : count(total, "job");
  return running ? `${which}, ${running} not over` : which;
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
    element("p", {}, "Nothing was submitted yet. App ID and App Secret were printed when the server started."),
    element("p", {}, "From Airflow: a connection of the type Symbl with the host ",
      element("code", {}, location.origin), ", the App ID as login and the App Secret as password."),
    element("p", {}, "From a shell:"),
    element("pre", { tabindex: "0", "aria-label": "Commands to submit a text" }, [...token, ...curl].join("\n")),
  );
}
