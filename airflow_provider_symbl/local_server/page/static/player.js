// The player: a conversation's recordings one after the other, and what is being said in them.

import { clock, element, write } from "./elements.js";

export class Player {
  /** @param {function(string, number): void} onTime is told the job and the second that the player stands at */
  constructor(onTime) {
    this.onTime = onTime;
    this.recordings = [];
    this.index = 0;
    this.audio = element("audio", { controls: "", preload: "metadata", "aria-label": "Recording" });
    this.choice = element("select", { "aria-label": "Which recording" });
    this.problem = element("p", { class: "problem", role: "alert" });
    this.element = element("div", { class: "player", hidden: "" }, this.choice, this.audio, this.problem);
    this.listen();
  }

  listen() {
    this.choice.addEventListener("change", () => this.load(this.choice.selectedIndex));
    this.audio.addEventListener("ended", () => this.playNext());
    this.audio.addEventListener("error", () => this.explain());
    this.audio.addEventListener("play", () => this.follow());
    this.audio.addEventListener("timeupdate", () => this.tell());
  }

  /** Take the recordings, in order; one that is loaded goes on playing. */
  show(recordings) {
    const isFirst = !this.recordings.length;
    this.recordings = recordings;
    this.element.hidden = !recordings.length;
    this.choice.hidden = recordings.length < 2;
    this.choice.replaceChildren(...recordings.map(({ startOffset }, index) =>
      element("option", {}, `Recording ${index + 1} of ${recordings.length}, from ${clock(startOffset)}`)));
    this.choice.selectedIndex = this.index;
    if (isFirst && recordings.length) this.load(0);
  }

  /** Play from a second of the conversation on, in the recording that a job has heard. */
  playFrom(jobId, second) {
    const index = this.recordings.findIndex((recording) => recording.jobId === jobId);
    if (index !== this.index) this.load(index);
    this.audio.currentTime = Math.max(0, second - this.recordings[index].startOffset);
    this.play();
  }

  load(index) {
    this.index = index;
    this.choice.selectedIndex = index;
    write(this.problem, "");
    this.audio.src = this.recordings[index].url;
  }

  playNext() {
    if (this.index + 1 >= this.recordings.length) return;
    this.load(this.index + 1);
    this.play();
  }

  play() {
    this.audio.play().catch(() => {}); // what cannot be played is explained by its event; what is replaced need not be
  }

  explain() {
    const { mediaType } = this.recordings[this.index];
    write(this.problem, `This browser cannot play the recording (${mediaType}).`);
  }

  /** Tell the time at each frame while it plays: the browser's own event is too slow for words. */
  follow() {
    if (this.audio.paused || !this.element.isConnected) return;
    this.tell();
    requestAnimationFrame(() => this.follow());
  }

  tell() {
    const { jobId, startOffset } = this.recordings[this.index];
    this.onTime(jobId, startOffset + this.audio.currentTime);
  }
}
