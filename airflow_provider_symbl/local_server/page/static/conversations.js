// Conversations: the latest made first, to be searched by name.

import { button, clock, count, element, moment, row, Rows, table, write } from "./elements.js";
import { call } from "./server.js";

const PAGE = 50;
const NONE = "No conversations yet: under Jobs it says how to submit one.";
const NOT_FOUND = "No conversation has that in its name.";

export class ConversationsView {
  title = "Conversations";
  link = "#conversations";

  constructor() {
    this.limit = PAGE;
    this.search = element("input", { type: "search", id: "search", placeholder: "Part of a name", autocomplete: "off" });
    this.search.addEventListener("input", () => this.hurry());
    this.count = element("p", { class: "count", role: "status" });
    const listed = table("Conversations", ["Name", "Began", "Length", "Messages", "Speakers"]);
    listed.table.className = "conversations";
    this.rows = new Rows(listed.body, (entry) => new ConversationRow(entry));
    this.more = button("Show more", () => { this.limit += PAGE; this.hurry(); }, { hidden: "" });
    this.list = element("div", { hidden: "" }, listed.table, this.more);
    this.empty = element("p", { class: "empty", hidden: "" });
    const label = element("label", { for: "search", class: "unseen" }, "Search by name");
    const head = element("div", { class: "head" }, element("h1", {}, "Conversations"), label, this.search, this.count);
    this.element = element("section", {}, head, this.list, this.empty);
  }

  async refresh() {
    const name = this.search.value;
    const query = new URLSearchParams({ limit: String(this.limit), ...(name && { name }) });
    const { conversations, total } = await call(`conversations?${query}`);
    this.rows.show(conversations.map((entry) => [entry.id, entry]));
    this.list.hidden = !total;
    this.more.hidden = conversations.length >= total;
    this.empty.hidden = total > 0;
    write(this.empty, name ? NOT_FOUND : NONE);
    write(this.count, total ? count(total, "conversation") : "");
    return 5000;
  }
}

class ConversationRow {
  constructor({ id, startTime }) {
    this.name = element("a", { href: `#conversations/${encodeURIComponent(id)}` });
    this.began = element("span", {}, moment(startTime));
    [this.length, this.messages, this.speakers] = [element("span"), element("span"), element("span")];
    this.element = row({
      Name: this.name, Began: this.began, Length: this.length, Messages: this.messages, Speakers: this.speakers,
    });
  }

  update({ name, startTime, endTime, messageCount, members }) {
    write(this.name, name);
    const began = moment(startTime);
    if (began.dateTime !== this.began.firstChild.dateTime) this.began.replaceChildren(began);
    write(this.length, messageCount ? clock((new Date(endTime) - new Date(startTime)) / 1000) : "–");
    write(this.messages, messageCount.toLocaleString());
    write(this.speakers, members.map((member) => member.name).join(", ") || "–");
  }
}
