// What was found in a conversation: who talked how much and in what mood, what it was about, and what is to be done.

import { button, clock, count, element } from "./elements.js";
import { call, Refusal } from "./server.js";

const KINDS = {
  summary: "Summary",
  topics: "Topics",
  actionItems: "Action items",
  questions: "Questions",
  followUps: "Follow-ups",
  trackers: "Trackers",
  entities: "Entities",
};
const METRICS = { total_talk_time: "talk", total_silence: "silence", total_overlap: "at the same time" };

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

  show({ metrics, members, sentiment, sentimentOf, ...found }) {
    const things = { ...found, trackers: found.trackers.flatMap(mentionsOf), entities: found.entities.map(entityOf) };
    const lists = Object.entries(KINDS).flatMap(([kind, title]) =>
      things[kind]?.length ? [this.section(kind, title, things[kind].map((thing) => element("li", {}, ...this.item(thing))))] : []);
    const talk = talkTime(metrics, members, sentiment, sentimentOf);
    this.element.replaceChildren(...(talk.length ? [this.section("talk", "Talk time and sentiment", talk)] : []), ...lists);
    this.element.hidden = !this.element.childElementCount;
  }

  section(kind, title, items) {
    return element("section", { class: kind }, element("h2", {}, title), element("ul", {}, ...items));
  }

  item({ text, messageIds, messageRefs, detail }) {
    const first = messageIds?.[0] ?? messageRefs?.[0]?.id;
    const shown = first ? button(text, () => this.goTo(first), { class: "link" }) : text;
    return detail ? [shown, " ", element("span", { class: "detail" }, detail)] : [shown];
  }
}

function mentionsOf({ name, matches }) {
  return matches.map(({ value, messageRefs }) =>
    ({ text: `${name}: ${value}`, messageRefs, detail: messageRefs.length > 1 ? `${messageRefs.length} times` : "" }));
}

function entityOf({ text, type, customType, messageRefs }) {
  return { text, messageRefs, detail: customType ?? type };
}

function talkTime(metrics, members, sentiment, sentimentOf) {
  const times = Object.fromEntries(metrics.map(({ type, seconds }) => [type, seconds]));
  if (!times.total_talk_time) return [];
  const told = Object.entries(METRICS).filter(([type]) => times[type] >= 1 || type === "total_talk_time");
  const whole = told.map(([type, name]) => `${clock(times[type])} ${name}`).join(", ");
  const everyone = element("li", {}, [whole, feeling(sentiment)].filter(Boolean).join(" · "));
  return [everyone, ...members.map((member) => talker(member, sentimentOf[member.id]))];
}

function talker({ id, name: known, talkTime: { percentage, seconds }, pace }, sentiment) {
  const name = id ? known : "Not known";
  const share = element("progress", { max: "100", value: String(percentage), "aria-label": `Talk time of ${name}` });
  const detail = [`${Math.round(percentage)} %`, clock(seconds), count(Math.round(pace.wpm), "word") + " a minute", feeling(sentiment)];
  return element("li", {}, element("strong", {}, name), share,
    element("span", { class: "detail" }, detail.filter(Boolean).join(" · ")));
}

function feeling(sentiment) {
  return sentiment ? `${sentiment.suggested} (${sentiment.polarity.score.toFixed(2)})` : "";
}
