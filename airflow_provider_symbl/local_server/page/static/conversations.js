// Conversations: the latest made first, to be searched by name, by id and by what was said.

import { button, clock, count, element, moment, row, Rows, table, write } from "./elements.js";
import { partsOf } from "./names.js";
import { call } from "./server.js";

const PAGE = 50;
const NONE = "No conversations yet: drop a recording on this page, or see under Jobs how to submit one.";
const NOT_FOUND = "No conversation has that in its name, its ids or its transcript.";

export class ConversationsView {
  title = "Conversations";
  link = "#conversations";

  constructor() {
    this.limit = PAGE;
    this.search = element("input", { type: "search", id: "search", placeholder: "Name, id or what was said", autocomplete: "off" });
    this.search.addEventListener("input", () => this.hurry());
    this.count = element("p", { class: "count", role: "status" });
    const listed = table("Conversations", ["Name", "Began", "Length", "Messages", "Speakers"]);
    listed.table.className = "conversations";
    this.rows = new Rows(listed.body, (entry) => new ConversationRow(entry));
    this.more = button("Show more", () => { this.limit += PAGE; this.hurry(); }, { hidden: "" });
    this.list = element("div", { hidden: "" }, listed.table, this.more);
    this.empty = element("p", { class: "empty", hidden: "" });
    const label = element("label", { for: "search", class: "unseen" }, "Search by name, id or what was said");
    const head = element("div", { class: "head" }, element("h1", {}, "Conversations"), label, this.search, this.count);
    this.element = element("section", {}, head, this.list, this.empty);
  }

  async refresh() {
    const search = this.search.value.trim();
    const query = new URLSearchParams({ limit: String(this.limit), ...(search && { search }) });
    const { conversations, total } = await call(`conversations?${query}`);
    this.rows.show(conversations.map((entry) => [entry.id, entry]));
    this.list.hidden = !total;
    this.more.hidden = conversations.length >= total;
    this.empty.hidden = total > 0;
    write(this.empty, search ? NOT_FOUND : NONE);
    write(this.count, total ? count(total, "conversation") : "");
    return search ? 15_000 : 2000; // a search reads everything that was ever said
  }
}

class ConversationRow {
  constructor({ id, startTime }) {
    this.path = `#conversations/${encodeURIComponent(id)}`;
    this.name = element("a", { href: this.path });
    this.from = element("span", { class: "from" });
    this.said = element("a", { class: "excerpt", hidden: "" });
    this.began = element("span", {}, moment(startTime));
    [this.length, this.messages, this.speakers] = [element("span"), element("span"), element("span")];
    this.element = row({
      Name: element("div", {}, this.name, this.from, element("code", { class: "ids" }, id), this.said),
      Began: this.began, Length: this.length, Messages: this.messages, Speakers: this.speakers,
    });
  }

  update({ name, startTime, endTime, messageCount, members, said }) {
    const { file, from } = partsOf(name);
    write(this.name, file);
    write(this.from, from);
    this.showSaid(said);
    const began = moment(startTime);
    if (began.dateTime !== this.began.firstChild.dateTime) this.began.replaceChildren(began);
    write(this.length, messageCount ? clock((new Date(endTime) - new Date(startTime)) / 1000) : "–");
    write(this.messages, messageCount.toLocaleString());
    write(this.speakers, members.map((member) => member.name).join(", ") || "–");
  }

  showSaid(said) {
    const state = JSON.stringify(said);
    if (state === this.state) return;
    this.state = state;
    this.said.hidden = !said;
    if (!said) return;
    this.said.setAttribute("href", `${this.path}/${encodeURIComponent(said.messageId)}`);
    this.said.replaceChildren(said.before, element("mark", {}, said.match), said.after);
  }
}
