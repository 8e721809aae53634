// Uploads: recordings that are dropped or chosen, sent one after the other.

import { button, element, write } from "./elements.js";
import { Refusal, submitRecording } from "./server.js";

const SPEAKERS = {
  "Not told apart": {},
  "One on each channel": { enableSeparateRecognitionPerChannel: "true" },
  ...Object.fromEntries([2, 3, 4, 5, 6].map((number) =>
    [`${number} voices`, { enableSpeakerDiarization: "true", diarizationSpeakerCount: String(number) }])),
};
const ALWAYS = { detectEntities: "true", enableAllTrackers: "true" };
const TOO_MANY_JOBS = 429;
const RETRY = 2000;

export class Uploads {
  /** @param {function({conversationId: string}, boolean): void} onSent is told of each, and whether it was the only one */
  constructor(onSent) {
    this.onSent = onSent;
    this.waiting = [];
    this.isSending = false;
    this.picker = element("input", { type: "file", multiple: "", hidden: "", tabindex: "-1", "aria-label": "Recordings" });
    this.picker.addEventListener("change", () => {
      this.take([...this.picker.files]);
      this.picker.value = ""; // the same file may be chosen again
    });
    this.speakers = element("select", { id: "speakers" }, ...Object.keys(SPEAKERS).map((name) => element("option", {}, name)));
    this.said = element("p", { class: "unseen", role: "status" });
    this.list = element("ul", { class: "sending", "aria-label": "Recordings on their way" });
    this.choose = button("Choose recordings …", () => this.picker.click(), { class: "main" });
    const line = element("div", { class: "choose" }, this.choose, this.picker, element("span", { class: "hint" }, "or drop them here"),
      element("span", { class: "choice" }, element("label", { for: "speakers" }, "Speakers"), this.speakers));
    this.element = element("section", { class: "uploads", "aria-label": "Hear a recording" }, line, this.said, this.list);
  }

  /** @param {File[]} files to be sent, in order */
  take(files) {
    const query = { ...ALWAYS, ...SPEAKERS[this.speakers.value] };
    this.waiting.push(...files.map((file) => new Upload(file, query, files.length === 1)));
    this.list.append(...this.waiting.filter(({ element: { isConnected } }) => !isConnected).map((upload) => upload.element));
    this.sendAll();
  }

  async sendAll() {
    if (this.isSending) return;
    this.isSending = true;
    while (this.waiting.length) await this.send(this.waiting.shift());
    this.isSending = false;
  }

  async send(upload) {
    write(this.said, `Sending ${upload.file.name}`);
    try {
      const ids = await upload.send();
      upload.element.remove();
      write(this.said, `${upload.file.name} was sent`);
      this.onSent(ids, upload.isAlone);
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof TypeError)) throw error;
      upload.refuse(error.message, () => this.choose.focus());
      write(this.said, `${upload.file.name}: ${error.message}`);
    }
  }
}

class Upload {
  constructor(file, query, isAlone) {
    this.file = file;
    this.query = { name: file.name, ...query };
    this.isAlone = isAlone;
    this.state = element("span", { class: "state" }, "Waiting");
    this.bar = element("progress", { max: "1", value: "0", "aria-label": `Sent of ${file.name}` });
    this.element = element("li", {}, element("span", { class: "file" }, file.name), this.bar, this.state);
  }

  async send() {
    for (;;) {
      try {
        return await submitRecording(this.file, this.query, (share) => this.show(share));
      } catch (error) {
        if (error.status !== TOO_MANY_JOBS) throw error;
        write(this.state, "Waiting for a job to end");
        await new Promise((done) => { setTimeout(done, RETRY); });
      }
    }
  }

  show(share) {
    this.bar.value = share;
    write(this.state, `${Math.floor(share * 100)} % sent`);
  }

  /** @param {function(): void} onDismiss takes the focus from the button that goes */
  refuse(reason, onDismiss) {
    this.bar.remove();
    write(this.state, `Not sent: ${reason}`);
    this.element.classList.add("refused");
    const dismiss = () => { this.element.remove(); onDismiss(); };
    this.element.append(button("Dismiss", dismiss, { "aria-label": `Dismiss ${this.file.name}` }));
  }
}
