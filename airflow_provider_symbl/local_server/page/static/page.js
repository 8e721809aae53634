// The page: which view is shown, how often it is refreshed, and the line that says how the server is.

import { count, write } from "./elements.js";
import { call, Refusal } from "./server.js";
import { ConversationsView } from "./conversations.js";
import { FaultsView } from "./faults.js";
import { JobsView } from "./jobs.js";
import { ReaderView } from "./reader.js";
import { Uploads } from "./uploads.js";

const RETRY = 2000;
const main = document.querySelector("main");
const health = document.getElementById("health");
const uploads = new Uploads(showSent);
let view; // what is shown
let shown = 0; // how many views there were: what an earlier one still waits for is dropped

function chosen() {
  const [name, ...ids] = location.hash.slice(1).split("/").map(decoded);
  if (name === "conversations") return ids[0] ? new ReaderView(...ids) : new ConversationsView();
  return name === "faults" ? new FaultsView() : new JobsView(uploads);
}

/** Decode a part of the address; what cannot be decoded is taken as it stands, and is not found. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function show() {
  view = chosen();
  document.title = `${view.title} – symbl-local`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === view.link) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  main.replaceChildren(view.element);
  shown += 1;
  keepFresh(view, shown);
}

/** Refresh a view until another is shown: after the pause that it asks for, or as soon as it calls `hurry`. */
async function keepFresh(view, turn) {
  let isStale = false;
  let wake = () => {};
  view.hurry = () => {
    isStale = true;
    wake();
  };
  while (turn === shown) {
    isStale = false;
    const pause = await refreshed(view);
    if (!isStale) await new Promise((done) => { wake = done; setTimeout(done, pause); });
  }
}

/** Refresh all that is shown, and tell for how many milliseconds it is good. */
async function refreshed(view) {
  try {
    const [state, pause] = await Promise.all([call("health"), view.refresh()]);
    tell(healthLine(state), false);
    return pause;
  } catch (error) {
    if (!(error instanceof Refusal) && !(error instanceof TypeError)) throw error;
    const problem = error instanceof Refusal ? error.message : "The server does not answer";
    tell(`${problem}. Trying again …`, true);
    return RETRY;
  }
}

function healthLine({ status, version, model, workers }) {
  const parts = [status, `version ${version}`, `model ${model}`, workers && count(workers, "worker")];
  return parts.filter(Boolean).join(" · ");
}

function tell(line, isBad) {
  write(health, line);
  health.classList.toggle("bad", isBad);
}

/** Read a recording that was sent alone, where somebody still looks at how it is sent; list it elsewhere. */
function showSent({ conversationId }, isAlone) {
  if (isAlone && view instanceof JobsView) location.hash = `#conversations/${encodeURIComponent(conversationId)}`;
  else view.hurry();
}

function hasFiles({ dataTransfer }) {
  return dataTransfer.types.includes("Files");
}

addEventListener("beforeunload", (event) => {
  if (uploads.isSending) event.preventDefault(); // the browser asks: what has not been sent would be lost
});
addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) document.body.classList.remove("dropping");
});
addEventListener("drop", (event) => {
  document.body.classList.remove("dropping");
  if (!hasFiles(event)) return;
  event.preventDefault();
  if (!(view instanceof JobsView)) location.hash = "#jobs";
  uploads.take([...event.dataTransfer.files]);
});
addEventListener("hashchange", () => {
  document.querySelector("dialog")?.close(); // what it asks is about the view that goes
  show();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
});
show();
