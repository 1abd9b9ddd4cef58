// Reads records from standard input as the CloudEvents SDK of JavaScript does, and says what it
// refuses: one sentence a record, empty when all is well.
import { readFileSync } from "node:fs";
import { Kafka } from "cloudevents";

const bytes = (text) => Buffer.from(text, "base64");

function complaint({ headers, value }) {
  const texts = Object.entries(headers).map(([name, text]) => [name, bytes(text).toString()]);
  try {
    const event = Kafka.toEvent({ headers: Object.fromEntries(texts), body: bytes(value), value: bytes(value) });
    return event.validate() ? "" : "not valid";
  } catch (error) {
    return JSON.stringify([error.message, error.errors ?? ""]);
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(complaint)));
