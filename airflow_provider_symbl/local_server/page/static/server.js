// Calls of the server's own routes.

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
