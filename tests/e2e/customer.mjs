// A customer opens their page in a browser, narrow and wide, both ways, and answers by keyboard.
// node customer.mjs ADDRESS CHROMIUM [FOLDER for pictures] prints what was done and found as JSON.
import axe from "axe-core";
import { chromium } from "playwright-core";

const [, , address, executablePath, pictures] = process.argv;
const ROUNDS = [
  { name: "narrow", query: "?lang=ar", width: 320, direction: "rtl" },
  { name: "phone", query: "", width: 390, direction: "ltr" },
  { name: "wide", query: "?lang=en", width: 1100, direction: "ltr" },
];
const findings = [];
const steps = [];

async function look(page, name, direction) {
  const seen = await page.evaluate(() => ({
    direction: document.documentElement.dir,
    isTooWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  }));
  if (seen.direction !== direction) findings.push(`${name}: ${seen.direction}`);
  if (seen.isTooWide) findings.push(`${name}: scrolls sideways`);
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ resultTypes: ["violations"] }),
  );
  for (const { id, nodes } of violations) {
    findings.push(`${name}: ${id} ${nodes.map((node) => node.html).join(" ")}`);
  }
  if (pictures !== undefined) {
    await page.screenshot({ path: `${pictures}/customer-${name}.png`, fullPage: true });
  }
}

/** A browser that keeps what it is told, and nothing of any other. */
async function device(browser, options = {}) {
  return browser.newContext({ viewport: { width: 390, height: 800 }, ...options });
}

/** A page whose script complains nowhere. */
async function opened(context, width) {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 800 });
  page.on("pageerror", (error) => findings.push(`${width}: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) findings.push(message.text());
  });
  return page;
}

/** Press Tab until something that the selector names has the focus. */
async function tabTo(page, selector) {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((one) => document.activeElement.matches(one), selector)) return;
  }
  throw new Error(`${selector} is not reached by keyboard`);
}

const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
const browser = await chromium.launch({ executablePath, args });
try {
  const plain = await opened(await device(browser, { javaScriptEnabled: false }), 390);
  await plain.goto(address);
  if ((await plain.locator("#answer fieldset").count()) === 2) steps.push("read without a script");
  const own = await device(browser);
  for (const { name, query, width, direction } of ROUNDS) {
    const page = await opened(own, width);
    const told = page.waitForResponse((answer) => answer.url().includes("/opened"));
    await page.goto(`${address}${query}`);
    const status = (await told).status();
    if (status !== 204) findings.push(`${name}: opened ${status}`);
    await look(page, name, direction);
    steps.push(`${name} looked at`);
    await page.close();
  }
  const friends = await opened(await device(browser), 390);
  await friends.goto(address);
  await look(friends, "forwarded", "ltr");
  if ((await friends.locator("#forwarded").count()) && !(await friends.locator("#answer").count())) {
    steps.push("read where it was forwarded");
  }
  const page = await opened(own, 390);
  await page.goto(address);
  await tabTo(page, '[name="work.pads"]');
  await page.keyboard.press("ArrowRight");
  await tabTo(page, '[name="risk.pads"]');
  await page.keyboard.press("Space");
  await tabTo(page, '[name="work.tyres"]');
  await page.keyboard.press("Space");
  await tabTo(page, "#answer > p > button");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#answered");
  if (page.url() === address) steps.push("answered by keyboard");
  await look(page, "answered", "ltr");
} finally {
  await browser.close();
}
console.log(JSON.stringify({ steps, findings }));
