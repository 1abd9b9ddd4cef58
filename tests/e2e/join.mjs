// A company looks at an invitation in the app, narrow and wide, both ways, and signs up by keyboard.
// node join.mjs ADDRESS CHROMIUM FOLDER keeps pictures there and prints what was done and found.
import { chromium } from "playwright-core";
import { args, device, look, opened } from "./looking.mjs";

const [, , address, executablePath, pictures] = process.argv;
const ROUNDS = [
  { name: "narrow", locale: "ar-MA", width: 320, direction: "rtl" },
  { name: "phone", locale: "fr-FR", width: 390, direction: "ltr" },
  { name: "wide", locale: "en-GB", width: 1100, direction: "ltr" },
];
const SHOWN = ["Quartier Net", "Terms (version 1)", "Charter (version 1)"];
const WANTED = ["Certificate of social contributions (at most 6 months old)"];
const ENTERED = {
  "/name": "Atelier Vert",
  "/country": "France",
  "/manager_name": "Paul Morin",
  "/email": "paul@atelier.example",
  "/password": "correct horse battery",
};
const findings = [];
const steps = [];

/** Presses Tab until the field of a name has the focus. */
async function tabTo(page, name) {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement.name)) === name) return;
  }
  findings.push(`by keyboard: ${name}`);
}

const browser = await chromium.launch({ executablePath, args });
try {
  for (const { name, locale, width, direction } of ROUNDS) {
    const page = await opened(await device(browser, { locale }), width, findings);
    await page.goto(address);
    await page.locator("form").waitFor();
    await look(page, name, direction, findings, `${pictures}/${name}.png`);
    steps.push(`${name} looked at`);
  }
  const page = await opened(await device(browser, { locale: "en-GB" }), 390, findings);
  await page.goto(address);
  await page.locator("form").waitFor();
  const said = (await page.locator("main").innerText()).replace(/[\u2068\u2069]/g, "");
  for (const one of [...SHOWN, ...WANTED]) if (!said.includes(one)) findings.push(`no ${one}`);
  for (const [name, value] of Object.entries(ENTERED)) {
    await tabTo(page, name);
    await page.keyboard.type(value);
  }
  await page.keyboard.press("Enter");
  await page.locator(".error").waitFor();
  await look(page, "refused", "ltr", findings, `${pictures}/refused.png`);
  steps.push("refused without accepting");
  await page.locator('[name="/terms_version"]').focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/app\/$/);
  await page.locator("h1").waitFor();
  await look(page, "inside", "ltr", findings, `${pictures}/inside.png`);
  steps.push("signed up");
} finally {
  await browser.close();
}
console.log(JSON.stringify({ steps, findings }));
