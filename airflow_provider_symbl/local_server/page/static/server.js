// Calls of the server: its own routes below /__local__/, and the API's, by which the page changes things.

/** An answer that is no success: its message is the server's own. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Read or change something below /__local__/.
 * @param {string} path relative to the page
 * @param {RequestInit} options
 * @returns {Promise<any>} the parsed answer
 * @throws {Refusal} the server refuses
 * @throws {TypeError} there is no server to answer
 */
export async function call(path, options = {}) {
  const answer = await fetch(path, options);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, body.message ?? `The server answered ${answer.status}`);
  return body;
}

/** Post a text that is meant to be JSON; the server says what is wrong with it. */
export function post(path, text = "") {
  return call(path, { method: "POST", body: text, headers: { "Content-Type": "application/json" } });
}

/** Give what a call of the API itself needs. Asked for each time: tokens are made to expire here. */
async function authorization() {
  const { accessToken } = await post("tokens");
  return { Authorization: `Bearer ${accessToken}` };
}

/** Delete a conversation, by the API's own call. */
export async function deleteConversation(id) {
  return call(`../v1/conversations/${encodeURIComponent(id)}`, { method: "DELETE", headers: await authorization() });
}

/**
 * Submit a recording, by the API's own call. Not by fetch, which does not tell how much of it has been sent.
 * @param {File} file
 * @param {Object<string, string>} query the parameters
 * @param {function(number): void} onProgress is told which share of the file has been sent
 * @returns {Promise<{conversationId: string, jobId: string}>}
 * @throws {Refusal} the server refuses
 * @throws {TypeError} there is no server to answer, or the file cannot be read
 */
export async function submitRecording(file, query, onProgress) {
  const headers = { ...(await authorization()), "Content-Type": "application/octet-stream" };
  const request = new XMLHttpRequest();
  request.open("POST", `../v1/process/audio?${new URLSearchParams(query)}`);
  request.responseType = "json";
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
  return new Promise((done, failed) => {
    request.addEventListener("error", () => failed(new TypeError("The connection ended before the server answered")));
    request.addEventListener("load", () => {
      const { status, response } = request;
      if (status === 201) done(response);
      else failed(new Refusal(status, response?.message ?? `The server answered ${status}`));
    });
    request.send(file);
  });
}
