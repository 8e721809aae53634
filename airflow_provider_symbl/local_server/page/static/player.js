// The player: a conversation's recordings one after the other, with the picture of videos, and what is being said.

import { clock, element, write } from "./elements.js";

export class Player {
  /** @param {function(string, number): void} onTime is told the job and the second that the player stands at */
  constructor(onTime) {
    this.onTime = onTime;
    this.recordings = [];
    this.index = 0;
    [this.audio, this.video] = ["audio", "video"].map((tag) => this.made(tag));
    this.media = this.audio;
    this.choice = element("select", { "aria-label": "Which recording" });
    this.problem = element("p", { class: "problem", role: "alert" });
    this.element = element("div", { class: "player", hidden: "" }, this.choice, this.audio, this.problem);
    this.choice.addEventListener("change", () => this.load(this.choice.selectedIndex));
  }

  made(tag) {
    const media = element(tag, { controls: "", preload: "metadata", playsinline: "", "aria-label": "Recording" });
    const listen = (event, action) => media.addEventListener(event, () => { if (media === this.media) action(); });
    listen("ended", () => this.playNext());
    listen("error", () => this.explain());
    listen("play", () => this.follow());
    listen("timeupdate", () => this.tell());
    // An MP4 may hold sound alone: then it is as low as any other player.
    listen("loadedmetadata", () => media.classList.toggle("picture", Boolean(media.videoWidth)));
    return media;
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
    this.media.currentTime = Math.max(0, second - this.recordings[index].startOffset);
    this.play();
  }

  load(index) {
    this.index = index;
    this.choice.selectedIndex = index;
    write(this.problem, "");
    const { url, mediaType } = this.recordings[index];
    this.use(mediaType.startsWith("video/") ? this.video : this.audio);
    this.media.src = url;
  }

  use(media) {
    if (media === this.media) return;
    this.media.pause();
    this.media.replaceWith(media);
    this.media = media;
  }

  playNext() {
    if (this.index + 1 >= this.recordings.length) return;
    this.load(this.index + 1);
    this.play();
  }

  play() {
    this.media.play().catch(() => {}); // what cannot be played is explained by its event; what is replaced need not be
  }

  explain() {
    const { mediaType } = this.recordings[this.index];
    write(this.problem, `This browser cannot play the recording (${mediaType}).`);
  }

  /** Tell the time at each frame while it plays: the browser's own event is too slow for words. */
  follow() {
    if (this.media.paused || !this.element.isConnected) return;
    this.tell();
    requestAnimationFrame(() => this.follow());
  }

  tell() {
    const { jobId, startOffset } = this.recordings[this.index];
    this.onTime(jobId, startOffset + this.media.currentTime);
  }
}
