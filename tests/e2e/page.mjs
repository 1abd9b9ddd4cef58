// Somebody opens a page in a browser, narrow and wide, both ways, and reaches all of it by keyboard.
// node page.mjs ADDRESS CHROMIUM FOLDER keeps pictures there and prints what was done and found.
import { chromium } from "playwright-core";
import { ROUNDS, args, device, look, opened } from "./looking.mjs";

const [, , address, executablePath, pictures] = process.argv;
const findings = [];
const steps = [];

/** Tab stops at each part of a time: day, month, year, hour, minute, half of the day, calendar. */
const PARTS_OF_A_TIME = 7;

/** What can be used on a page; of a form's group of radio buttons the keyboard reaches one. */
function controls() {
  const usable = 'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary';
  const groups = new Set();
  return [...document.querySelectorAll(usable)].filter((one) => {
    if (one.type === "hidden" || !one.checkVisibility()) return false;
    if (one.type !== "radio") return true;
    const group = `${[...document.forms].indexOf(one.form)}/${one.name}`;
    const isNew = !groups.has(group);
    groups.add(group);
    return isNew;
  });
}

/** How many controls there are, and the names of those that Tab does not come to. */
async function keyboard(page) {
  await page.evaluate(`globalThis.controls = ${controls}; globalThis.met = new Set()`);
  const count = await page.evaluate(() => globalThis.controls().length);
  const times = await page.locator('input[type="datetime-local"]').count();
  for (let pressed = 0; pressed <= count + times * PARTS_OF_A_TIME; pressed += 1) {
    await page.keyboard.press("Tab");
    await page.evaluate(() => globalThis.met.add(document.activeElement));
  }
  const missed = await page.evaluate(() =>
    globalThis
      .controls()
      .filter((one) => !globalThis.met.has(one))
      .map((one) => one.outerHTML),
  );
  return { count, missed };
}

const browser = await chromium.launch({ executablePath, args });
try {
  const plain = await opened(await device(browser, { javaScriptEnabled: false }), 390, findings);
  await plain.goto(address);
  if ((await plain.locator("h1").count()) === 1) steps.push("read without a script");
  const own = await device(browser);
  for (const { name, query, width, direction } of ROUNDS) {
    const page = await opened(own, width, findings);
    const answer = await page.goto(`${address}${query}`);
    if (!answer.ok()) findings.push(`${name}: ${answer.status()}`);
    await look(page, name, direction, findings, `${pictures}/${name}.png`);
    steps.push(`${name} looked at`);
    await page.close();
  }
  const page = await opened(own, 390, findings);
  await page.goto(address);
  const { count, missed } = await keyboard(page);
  if (count === 0) findings.push("nothing can be used");
  findings.push(...missed.map((one) => `by keyboard: ${one}`));
  steps.push("used by keyboard");
} finally {
  await browser.close();
}
console.log(JSON.stringify({ steps, findings }));
