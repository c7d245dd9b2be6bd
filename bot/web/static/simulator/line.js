// The line to the bot: what is said goes to the simulator's webhook, what was pushed is fetched.

const PATIENCE = 20_000; // milliseconds

/** Say something; the answer is {replies: [text], ends, picture}. The same id said twice is answered once, with the same words. */
export async function say({ phone, channel, text, id, session }) {
  const answer = await ask("/webhooks/simulator", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ phone, channel, text, id, ...(session ? { session } : {}) }),
  });
  return { replies: answer.replies.map((reply) => reply.text ?? reply), ends: answer.ends, picture: answer.picture };
}

/** What has been pushed to a number since message `after`, in order. */
export async function pushed(phone, after) {
  const wanted = new URLSearchParams({ phone, after });
  return (await ask(`/simulator/messages?${wanted}`)).messages;
}

/** An id nobody else has. (crypto.randomUUID is missing where the page came over plain HTTP from another machine.) */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function ask(url, options = {}) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
