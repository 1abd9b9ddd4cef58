// Plays the stories of an administrator, of depots and a driver in the app, and looks at each screen
// with axe-core. node app.mjs URL CHROMIUM ADDRESS TOKEN [FOLDER] takes the address of a first
// administrator and a token of the platform's operator, prints {"begun": [step], "registered": [text],
// "wide": [step], "narrow": [step], "findings": [text]}, and keeps a picture of each screen in the
// folder.

import { createHmac } from "node:crypto";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [, , url, executablePath, address, operator, pictures] = process.argv;
const DRIVER = "camille-dev";
const STAFF = "lea-dev";
const ROUNDS = {
  wide: { locale: "fr-FR", direction: "ltr", viewport: { width: 1280, height: 800 } },
  narrow: { locale: "ar-MA", direction: "rtl", viewport: { width: 320, height: 640 } },
  english: { locale: "en-GB", direction: "ltr", viewport: { width: 320, height: 640 } },
};
const TRIP = {
  client_brand: "Atlas",
  departure: { city: "Lyon", postal_code: "69001", point: { latitude: 45.76, longitude: 4.83 } },
  arrival: { city: "Paris", postal_code: "75001", point: { latitude: 48.86, longitude: 2.35 } },
  vehicle: { make: "Renault", model: "Clio" },
  delivery_type: "home",
  distance_km: 465,
  duration_minutes: 290,
};
// What the browser says of answers that the app expects: a wrong quote, a session to be renewed, and
// what is asked again because a fact is still on its way.
const EXPECTED = /^Failed to load resource: the server responded with a status of (401|422|425) /;
// A busy machine is no bug.
const PATIENCE_MS = 90_000;
const ACCESS = "__Host-relais-access";

const findings = [];

// --- Looking ----------------------------------------------------------------

/** A page of somebody alone, whose errors are findings. */
async function pageOf(browser, { locale, viewport }) {
  const context = await browser.newContext({ locale, viewport, timezoneId: "Europe/Paris" });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("pageerror", (error) => findings.push(`${page.url()}: ${error}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !EXPECTED.test(text)) {
      findings.push(`${page.url()}: ${text}`);
    }
  });
  return page;
}

/** Examine the present screen; where pictures are wanted, keep one of it. */
async function look(page, round, name) {
  const { direction, locale } = ROUNDS[round];
  const seen = await page.evaluate(() => ({
    direction: document.documentElement.dir,
    lang: document.documentElement.lang,
    isTooWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  }));
  if (seen.direction !== direction || !locale.startsWith(seen.lang)) {
    findings.push(`${round} ${name}: ${seen.direction} ${seen.lang}`);
  }
  if (seen.isTooWide) findings.push(`${round} ${name}: scrolls sideways`);
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const options = { resultTypes: ["violations"] };
  const { violations } = await page.evaluate((how) => globalThis.axe.run(how), options);
  for (const { id, nodes } of violations) {
    findings.push(`${round} ${name}: ${id} ${nodes.map((node) => node.html).join(" ")}`);
  }
  if (pictures !== undefined) {
    await page.screenshot({ path: `${pictures}/${round}-${name}.png`, fullPage: true });
  }
}

/** Examine the present screen at the width of its round, and at the other one. */
async function lookAtBoth(page, round, name) {
  await look(page, round, name);
  const own = page.viewportSize();
  const { wide, narrow } = ROUNDS;
  const other = own.width === wide.viewport.width ? narrow : wide;
  await page.setViewportSize(other.viewport);
  await look(page, round, `${name}-${other.viewport.width}`);
  await page.setViewportSize(own);
}

/** One command of whoever is signed in on a page. */
const tell = (page, path, body) =>
  page.evaluate(
    async ([path, body]) => {
      const headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": crypto.randomUUID(),
        "Relais-CSRF": "1",
      };
      const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
      return answer.json();
    },
    [path, body],
  );

const field = (page, name) => page.locator(`[name="${name}"]`);
const submit = (page, name) =>
  page.locator(`form:has([name="${name}"]) button[type="submit"]`).click();

// --- The steps --------------------------------------------------------------

async function credentials(person) {
  const headers = { "Relais-CSRF": "1" };
  const answer = await fetch(`${url}/development/people/${person}`, { method: "POST", headers });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** The links to set a password in all mails. */
async function linksOfMails() {
  const inbox = await (await fetch(`${url}/messaging/inbox`)).text();
  return new Set(inbox.match(/\/app\/set-password#token=[\w.~-]+/g));
}

/** The link that was not there before, once it has come. */
async function newLink(before) {
  for (;;) {
    for (const link of await linksOfMails()) if (!before.has(link)) return url + link;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function setPassword(page, round, { email, password }) {
  await page.goto(`${url}/app/forgotten`);
  await field(page, "/email").fill(email);
  await look(page, round, "forgotten");
  const before = await linksOfMails();
  await submit(page, "/email");
  await page.locator("form").waitFor({ state: "detached" });
  await page.goto(await newLink(before));
  await field(page, "/password").fill(password);
  await look(page, round, "set-password");
  await submit(page, "/password");
  await page.locator("form").waitFor({ state: "detached" });
}

async function signIn(page, { email, password }) {
  await page.goto(`${url}/app/`);
  await field(page, "/email").fill(email);
  await field(page, "/password").fill(password);
  await submit(page, "/email");
  await field(page, "/email").waitFor({ state: "detached" });
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The present code of an authenticator app with this secret (RFC 6238). */
function codeOf(secret) {
  const bits = Array.from(secret, (sign) => ALPHABET.indexOf(sign).toString(2).padStart(5, "0"));
  const bytes = bits.join("").match(/.{8}/g);
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(step).digest();
  const cut = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(cut % 1_000_000).padStart(6, "0");
}

/** The first days of an administrator, who may do nothing before there is a second factor. */
async function begin(browser, round) {
  const steps = [];
  const page = await pageOf(browser, ROUNDS[round]);
  const person = { email: address, password: "four words of a stranger" };
  await setPassword(page, round, person);
  steps.push("password set by the link of a mail");

  await signIn(page, person);
  await field(page, "/password").fill(person.password);
  await look(page, round, "second-factor");
  await submit(page, "/password");
  await page.locator("img.code").waitFor();
  await look(page, round, "enrolment");
  await field(page, "/code").fill(codeOf(await page.locator("main code").innerText()));
  await submit(page, "/code");
  await page.locator(".codes").waitFor();
  await look(page, round, "recovery-codes");
  const [spare] = await page.locator(".codes code").allInnerTexts();
  await page.locator("main form button").click();
  await page.locator("main dl").waitFor();
  await look(page, round, "account");
  steps.push("second factor enrolled");

  await page.locator("header button").click();
  await field(page, "/email").fill(person.email);
  await field(page, "/password").fill(person.password);
  await submit(page, "/email");
  await page.locator('[name="/code"]:focus').fill(spare);
  await look(page, round, "code");
  await submit(page, "/email");
  await page.locator("main dl").waitFor();
  steps.push("signed in with a recovery code");
  return steps;
}

/** The code in the text message to a phone, once it has come. */
async function codeTo(phone) {
  const message = new RegExp(`to \\${phone},[^]*?<pre[^>]*>[^<]*?\\b([0-9]{6})\\b`);
  for (;;) {
    const found = message.exec(await (await fetch(`${url}/messaging/inbox`)).text());
    if (found !== null) return found[1];
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The decision of the platform's operator about the depot of a page, which shows how far it is. */
async function decide(page, decision, more) {
  const { organisation_id, ...registration } = await page.evaluate(async () =>
    (await fetch("/accounts/organisation/registration")).json(),
  );
  const { name, manager_name, phone, identity_card, company_number, address, city } = registration;
  const seen = { name, manager_name, phone, identity_card, company_number, address, city };
  const answer = await fetch(`${url}/accounts/registrations/${organisation_id}/${decision}`, {
    method: "PUT",
    headers: {
      Authorization: `Bearer ${operator}`,
      "Content-Type": "application/json",
      "Idempotency-Key": organisation_id,
    },
    body: JSON.stringify({ seen, ...more }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** A depot registers itself, is let in or not, and its manager sees so. */
async function register(browser, round, { phone, card }, isLetIn) {
  const page = await pageOf(browser, ROUNDS[round]);
  await page.goto(`${url}/app/`);
  await page.locator('main a[href$="/register"]').click();
  await field(page, "/phone").fill("1");
  await submit(page, "/phone");
  await page.locator('[name="/phone"][aria-invalid="true"]:focus').waitFor();
  await lookAtBoth(page, round, "phone");
  await field(page, "/phone").fill(phone);
  await submit(page, "/phone");
  await field(page, "/code").fill(await codeTo(phone));
  const depot = { name: "Maarif", address: "12 rue Ibn Batouta", city: "Casablanca" };
  const manager = { manager_name: "Nadia Alaoui", password: "four words of a stranger" };
  for (const [name, value] of Object.entries({ ...depot, ...manager, identity_card: card })) {
    await field(page, `/${name}`).fill(value);
  }
  await submit(page, "/code");
  await page.locator('[name="/conditions_version"][aria-invalid="true"]:focus').waitFor();
  await lookAtBoth(page, round, "register");
  await field(page, "/conditions_version").check();
  await submit(page, "/code");
  await page.locator("main .badge").waitFor();
  await lookAtBoth(page, round, "registration");

  if (isLetIn) {
    await decide(page, "confirmation", {});
    await page.locator("main form button").click();
    await field(page, "/password").waitFor();
  } else {
    await decide(page, "rejection", { reason: "There is no such street." });
    await page.locator("main form button").click();
    await page.locator("main form").waitFor({ state: "detached" });
    await lookAtBoth(page, round, "rejected");
    await page.locator("header button").click();
    await page.locator("main button.plain").click();
    await field(page, "/phone").fill(phone);
    await field(page, "/password").fill(manager.password);
    await lookAtBoth(page, round, "sign-in-by-phone");
    await submit(page, "/phone");
    await page.locator("main .badge").waitFor();
  }
  return page.locator("h1").innerText();
}

async function play(browser, round, driver, staff) {
  const steps = [];
  const mine = await pageOf(browser, ROUNDS[round]);
  const theirs = await pageOf(browser, ROUNDS[round]);
  await mine.goto(`${url}/app/`);
  await field(mine, "/email").waitFor();
  await look(mine, round, "sign-in");
  await signIn(mine, driver);
  await signIn(theirs, staff);
  steps.push("signed in");

  const today = new Date().toLocaleDateString("sv", { timeZone: "Europe/Paris" });
  const slots = { from_slot: { date: today }, until_slot: { date: today } };
  await mine.locator("main p, main li").first().waitFor();
  const trip = await tell(theirs, "/missions/trips", { ...TRIP, ...slots, reference: round });
  const card = mine.locator(`a[href$="/trips/${trip.id}"]`);
  await card.waitFor();
  steps.push("a new trip appeared by itself");
  await look(mine, round, "trips");

  await card.click();
  await field(mine, "/price/amount_minor").fill("0");
  await submit(mine, "/comment");
  await mine.locator('[name="/price/amount_minor"][aria-invalid="true"]:focus').waitFor();
  await look(mine, round, "refused");
  steps.push("a wrong quote was refused at its field");
  await field(mine, "/price/amount_minor").fill("240,50");
  await field(mine, "/expenses/0/amount/amount_minor").fill("34,80");
  await submit(mine, "/comment");
  await mine.locator("#own-quote").waitFor();
  await look(mine, round, "trip");
  steps.push("quoted");

  await theirs.locator(".quotes").waitFor();
  await look(theirs, round, "awarding");
  await theirs.locator(".quotes button").first().click();
  await mine.locator(`a[href$="/missions/${trip.id}"]`).click();
  steps.push("awarded");

  await field(mine, "/file_id").setInputFiles("photo.jpg");
  await submit(mine, "/file_id");
  // The small copy of the photo comes through the session in cookies.
  await mine.waitForFunction(() => document.querySelector(".photos img")?.naturalWidth > 0);
  await look(mine, round, "mission");
  await mine.locator("main form").last().locator("button").click();
  const toInvoices = mine.locator('main a[href$="/invoices"]');
  await toInvoices.waitFor();
  await look(mine, round, "delivered");
  steps.push("delivered with a photo");

  await toInvoices.click();
  const invoice = mine.locator(`a[href$="/invoices/inv-${trip.id}"]`);
  await invoice.waitFor();
  await look(mine, round, "invoices");
  await invoice.click();
  await field(mine, "/amount/amount_minor").fill("34,80");
  await field(mine, "/receipt_file_id").setInputFiles("photo.jpg");
  await submit(mine, "/receipt_file_id");
  await mine.locator("tbody tr:nth-child(2)").waitFor();
  await look(mine, round, "invoice");
  await mine.locator("main form button").last().click();
  await mine.locator("form").waitFor({ state: "detached" });
  await look(mine, round, "validated");
  steps.push("validated with a receipt");

  // As if five minutes had gone by.
  await mine.context().clearCookies({ name: ACCESS });
  for (const path of ["quotes", "missions"]) {
    await mine.locator(`nav a[href$="/${path}"]`).click();
    await mine.locator(".cards").waitFor();
    await look(mine, round, path);
  }
  steps.push("session renewed");
  await mine.locator("header button").click();
  await field(mine, "/email").waitFor();
  steps.push("signed out");
  return steps;
}

const driver = await credentials(DRIVER);
const staff = await credentials(STAFF);
const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
const browser = await chromium.launch({ executablePath, args });
try {
  const begun = await begin(browser, "english");
  const registered = [
    await register(browser, "english", { phone: "+212661000001", card: "BK100001" }, true),
    await register(browser, "wide", { phone: "+212661000002", card: "BK100002" }, true),
    await register(browser, "narrow", { phone: "+212661000003", card: "BK100003" }, false),
  ];
  const wide = await play(browser, "wide", driver, staff);
  const narrow = await play(browser, "narrow", driver, staff);
  console.log(JSON.stringify({ begun, registered, wide, narrow, findings }));
} finally {
  await browser.close();
}
