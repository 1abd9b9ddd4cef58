// A customer opens their page in a browser, narrow and wide, both ways, and answers by keyboard.
// node customer.mjs ADDRESS CHROMIUM FOLDER keeps pictures there and prints what was done and found as JSON.
import { chromium } from "playwright-core";
import { ROUNDS, args, device, look, opened } from "./looking.mjs";

const [, , address, executablePath, pictures] = process.argv;
const findings = [];
const steps = [];

/** Press Tab until something that the selector names has the focus. */
async function tabTo(page, selector) {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((one) => document.activeElement.matches(one), selector)) return;
  }
  throw new Error(`${selector} is not reached by keyboard`);
}

const browser = await chromium.launch({ executablePath, args });
try {
  const plain = await opened(await device(browser, { javaScriptEnabled: false }), 390, findings);
  await plain.goto(address);
  if ((await plain.locator("#answer fieldset").count()) === 2) steps.push("read without a script");
  const own = await device(browser);
  for (const { name, query, width, direction } of ROUNDS) {
    const page = await opened(own, width, findings);
    const told = page.waitForResponse((answer) => answer.url().includes("/opened"));
    await page.goto(`${address}${query}`);
    const status = (await told).status();
    if (status !== 204) findings.push(`${name}: opened ${status}`);
    await look(page, name, direction, findings, `${pictures}/${name}.png`);
    steps.push(`${name} looked at`);
    await page.close();
  }
  const friends = await opened(await device(browser), 390, findings);
  await friends.goto(address);
  await look(friends, "forwarded", "ltr", findings, `${pictures}/forwarded.png`);
  if ((await friends.locator("#forwarded").count()) && !(await friends.locator("#answer").count())) {
    steps.push("read where it was forwarded");
  }
  const page = await opened(own, 390, findings);
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
  await look(page, "answered", "ltr", findings, `${pictures}/answered.png`);
} finally {
  await browser.close();
}
console.log(JSON.stringify({ steps, findings }));
