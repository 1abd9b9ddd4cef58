// node emmett.cjs SIZE: the side of Emmett, an event store for Node on PostgreSQL.
//
// Takes one request a line on standard input and answers it with one line, both JSON:
// {do: "append", url, seconds, writers} answers {written, seconds};
// {do: "follow", url} starts a consumer of all events and answers {};
// {do: "seen"} answers {seen}, the count of the events it was given.
// SIZE is the length of an event's text.

const { randomUUID } = require('node:crypto');
const { createInterface } = require('node:readline');
const {
  getPostgreSQLEventStore,
  postgreSQLEventStoreConsumer,
} = require('@event-driven-io/emmett-postgresql');

const event = { type: 'QuoteSubmitted', data: { text: 'x'.repeat(Number(process.argv[2])) } };
const stores = new Map();

async function storeAt(url) {
  if (!stores.has(url)) {
    const store = getPostgreSQLEventStore(url);
    await store.schema.migrate();
    stores.set(url, store);
  }
  return stores.get(url);
}

async function append({ url, seconds, writers }) {
  const store = await storeAt(url);
  const run = randomUUID().slice(0, 8);
  const started = performance.now();
  const until = started + seconds * 1000;
  const writer = async (number) => {
    let version = 0n;
    while (performance.now() < until) {
      await store.appendToStream(`${run}-${number}`, [event], { expectedStreamVersion: version });
      version += 1n;
    }
    return Number(version);
  };
  const written = await Promise.all(Array.from({ length: writers }, (_, number) => writer(number)));
  return {
    written: written.reduce((sum, one) => sum + one, 0),
    seconds: (performance.now() - started) / 1000,
  };
}

let seen = 0;

async function follow({ url }) {
  await storeAt(url);
  const consumer = postgreSQLEventStoreConsumer({ connectionString: url });
  const eachMessage = () => { seen += 1; };
  consumer.reactor({ processorId: 'bench', startFrom: 'BEGINNING', eachMessage });
  consumer.start();
  return {};
}

const jobs = { append, follow, seen: async () => ({ seen }) };

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(await jobs[request.do](request))}\n`);
  }
  process.exit();
}

main();
