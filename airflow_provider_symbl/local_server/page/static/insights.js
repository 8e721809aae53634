// The insights of a conversation: summary, topics, action items, questions and follow-ups.

import { button, element } from "./elements.js";
import { call, Refusal } from "./server.js";

const KINDS = {
  summary: "Summary",
  topics: "Topics",
  actionItems: "Action items",
  questions: "Questions",
  followUps: "Follow-ups",
};

export class InsightsPanel {
  /**
   * @param {string} path the conversation's
   * @param {function(string): void} goTo is given the id of the message of an insight
   */
  constructor(path, goTo) {
    this.path = path;
    this.goTo = goTo;
    this.element = element("aside", { "aria-label": "What was found", hidden: "" });
  }

  async refresh() {
    try {
      this.show(await call(`${this.path}/insights`));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.element.replaceChildren(element("p", { class: "problem" }, error.message));
      this.element.hidden = false;
    }
  }

  show(insights) {
    const sections = Object.entries(KINDS).flatMap(([kind, title]) =>
      insights[kind]?.length ? [this.section(kind, title, insights[kind])] : []);
    this.element.replaceChildren(...sections);
    this.element.hidden = !sections.length;
  }

  section(kind, title, things) {
    const items = things.map((thing) => element("li", {}, this.item(thing)));
    return element("section", { class: kind }, element("h2", {}, title), element("ul", {}, ...items));
  }

  item({ text, messageIds }) {
    return messageIds?.length ? button(text, () => this.goTo(messageIds[0]), { class: "link" }) : text;
  }
}
