// The reader: what was said in a conversation, by whom and when, with its recordings and its insights.

import { ask, button, clock, copyable, count, element, moment, write } from "./elements.js";
import { InsightsPanel } from "./insights.js";
import { partsOf } from "./names.js";
import { Player } from "./player.js";
import { call, deleteConversation, Refusal } from "./server.js";

const FORMS = { txt: "TXT", md: "Markdown", srt: "SRT", json: "JSON" };
const FEW = 3;

export class ReaderView {
  title = "Conversation";
  link = "#conversations";

  /**
   * @param {string} id the conversation's
   * @param {string} [messageId] what was said that is to be shown first
   */
  constructor(id, messageId) {
    this.id = id;
    this.messageId = messageId;
    this.path = `conversations/${encodeURIComponent(id)}`;
    this.state = "";
    this.heading = element("h1", {}, " ");
    this.from = element("p", { class: "from" });
    this.facts = element("p", { class: "facts" });
    this.ids = element("div", { class: "ids" });
    this.jobs = element("ul", { class: "notes", role: "status" });
    this.bar = element("progress", { max: "1", "aria-label": "Progress" });
    this.share = element("span");
    this.heard = element("div", { class: "heard", hidden: "" }, this.bar, this.share);
    this.told = element("p", { class: "told unseen", role: "status" });
    this.problem = element("p", { class: "problem", role: "alert" });
    this.player = new Player((jobId, second) => this.mark(jobId, second));
    this.transcript = element("ol", { class: "transcript", "aria-label": "Transcript" });
    this.transcript.addEventListener("click", (event) => this.playClicked(event));
    this.insights = new InsightsPanel(this.path, (id) => this.goTo(id));
    const said = element("div", { class: "said" }, this.player.element, this.transcript);
    const columns = element("div", { class: "columns" }, said, this.insights.element);
    this.element = element("section", { class: "reader" }, this.heading, this.from, this.facts, this.actions(), this.problem,
      this.jobs, this.heard, this.told, columns);
  }

  actions() {
    const links = Object.entries(FORMS).map(([suffix, name]) =>
      element("a", { href: `${this.path}/transcript.${suffix}`, download: "" }, name));
    this.downloads = element("p", { class: "downloads", hidden: "" }, "Download ", ...links);
    this.delete = button("Delete …", () => this.askToDelete(), { hidden: "" });
    return element("div", { class: "actions" }, this.ids, this.downloads, this.delete);
  }

  async askToDelete() {
    const consequence = "Its recordings, its transcript and what was found in it are gone for good, here and for Airflow.";
    if (!await ask(`Delete ${this.heading.textContent}?`, consequence, "Delete")) return;
    try {
      await deleteConversation(this.id);
      location.hash = "#conversations";
    } catch (error) {
      write(this.problem, `Not deleted: ${error.message}`);
    }
  }

  async refresh() {
    if (this.state && !this.isRunning) return 5000;
    try {
      await this.show(await call(this.path));
    } catch (error) {
      if (error.status !== 404 || !(error instanceof Refusal)) throw error;
      this.showMissing();
    }
    return this.isRunning ? 1000 : 5000;
  }

  showMissing() {
    write(this.heading, "No such conversation");
    write(this.facts, "It may have been deleted, or the server was started anew without its data.");
    [this.from, this.ids, this.downloads, this.delete, this.heard].forEach((part) => { part.hidden = true; });
  }

  async show(conversation) {
    const wasRunning = this.isRunning;
    this.isRunning = conversation.jobs.some(({ status }) => status === "scheduled" || status === "in_progress");
    const state = JSON.stringify(conversation.messages.map(({ id }) => id));
    const { file, from } = partsOf(conversation.name);
    write(this.heading, file);
    write(this.from, from);
    this.from.hidden = !from;
    this.delete.hidden = false;
    this.downloads.hidden = !conversation.messages.length;
    this.showIds(conversation.jobs);
    this.showJobs(conversation.jobs);
    this.showProgress(conversation.jobs);
    if (wasRunning && !this.isRunning) write(this.told, `What was said is here: ${count(conversation.messages.length, "message")}`);
    if (state === this.state) return;
    this.facts.replaceChildren(...facts(conversation));
    this.showMessages(conversation);
    this.player.show(conversation.recordings);
    if (this.messageId) this.goTo(this.messageId);
    await this.insights.refresh();
    this.state = state;
  }

  showIds(jobs) {
    if (this.ids.childElementCount && this.ids.dataset.jobs === String(jobs.length)) return;
    const ids = jobs.map(({ jobId }, index) => copyable(jobs.length > 1 ? `Job ${index + 1}` : "Job", jobId));
    const many = element("details", {}, element("summary", {}, `${jobs.length} job ids`), ...ids);
    this.ids.replaceChildren(copyable("Conversation", this.id), ...(ids.length > FEW ? [many] : ids));
    this.ids.dataset.jobs = String(jobs.length);
  }

  showProgress(jobs) {
    const running = jobs.find(({ status }) => status === "in_progress");
    this.heard.hidden = !running;
    if (typeof running?.progress === "number") this.bar.value = running.progress;
    else this.bar.removeAttribute("value");
    write(this.share, this.bar.hasAttribute("value") ? `${Math.floor(running.progress * 100)} % heard` : "");
  }

  showJobs(jobs) {
    const notes = jobs.flatMap(({ status, message }, index) => note(status, message, `Job ${index + 1} of ${jobs.length}`));
    if (this.jobs.textContent !== notes.join("")) this.jobs.replaceChildren(...notes.map((text) => element("li", {}, text)));
  }

  showMessages({ messages, recordings }) {
    this.cues = new Map(recordings.map(({ jobId }) => [jobId, []]));
    [this.line, this.word] = [];
    let previous;
    const lines = messages.map((message) => {
      const line = this.lineOf(message, message.from !== previous);
      previous = message.from;
      return line;
    });
    this.transcript.replaceChildren(...lines);
    for (const cues of this.cues.values()) cues.sort((one, other) => one.start - other.start);
  }

  lineOf(message, isNewTurn) {
    const cues = this.cues.get(message.jobId);
    const line = element("li", { id: `message-${message.id}`, tabindex: "-1", class: isNewTurn ? "turn" : null });
    line.append(
      cues ? timeButton(message) : element("span", { class: "time" }, clock(message.timeOffset)),
      element("span", { class: isNewTurn ? "speaker" : "speaker unseen" }, message.from ?? "Unknown speaker"),
      element("p", { class: cues ? "playable" : null }, ...words(message)),
    );
    if (cues) cues.push(...cuesOf(line, message));
    return line;
  }

  playClicked({ target }) {
    const line = target.closest("li");
    const place = target.closest("[data-from]") ?? (target.closest("p.playable") && line.querySelector("[data-from]"));
    if (place && !String(getSelection())) this.player.playFrom(line.querySelector("button").dataset.job, Number(place.dataset.from));
  }

  mark(jobId, second) {
    const { line, word } = lastBegun(this.cues.get(jobId) ?? [], second) ?? {};
    if (line && line !== this.line) line.scrollIntoView({ block: "nearest" });
    this.line = moved(this.line, line);
    this.word = moved(this.word, word);
  }

  goTo(id) {
    const line = document.getElementById(`message-${id}`);
    line?.scrollIntoView({ block: "center" });
    line?.focus({ preventScroll: true });
  }
}

function facts({ startTime, endTime, messages, members }) {
  const length = clock((new Date(endTime) - new Date(startTime)) / 1000);
  const names = members.map(({ name }) => name).join(", ");
  const rest = [messages.length ? length : "", count(messages.length, "message"), names].filter(Boolean);
  return [moment(startTime), ...rest.map((fact) => ` · ${fact}`)];
}

function note(status, message, which) {
  if (status === "failed") return [`${which} failed: ${message}`];
  return status === "completed" ? [] : [`${which} is not over: what it finds will appear here.`];
}

function timeButton({ jobId, timeOffset }) {
  const time = clock(timeOffset);
  const label = `Play from ${time}`;
  return button(time, () => {}, { class: "time", "aria-label": label, "data-job": jobId, "data-from": String(timeOffset) });
}

/** Give the words as elements of their own where together they are the text, and the text itself elsewhere. */
function words({ text, words: spoken }) {
  if (spoken.map(({ word }) => word).join("").trim() !== text) return [text];
  return spoken.flatMap(({ word, timeOffset }, index) => {
    const bare = word.trimStart();
    const gap = index ? word.slice(0, word.length - bare.length) : "";
    return [gap, element("span", { "data-from": String(timeOffset) }, bare)];
  });
}

function cuesOf(line, { timeOffset, words: spoken }) {
  const spans = [...line.querySelectorAll("p [data-from]")];
  if (!spans.length) return [{ start: timeOffset, line }];
  return spans.map((word, index) => ({ start: spoken[index].timeOffset, line, word }));
}

/** Move the mark of what is being said from one element to another, and give that. */
function moved(from, to) {
  if (from !== to) {
    from?.removeAttribute("aria-current");
    to?.setAttribute("aria-current", "true");
  }
  return to;
}

/** Find the cue that began last, by halving: a long recording has tens of thousands. */
function lastBegun(cues, second) {
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle].start <= second) low = middle + 1;
    else high = middle;
  }
  return cues[low - 1];
}
