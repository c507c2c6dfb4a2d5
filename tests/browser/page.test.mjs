// The playground in headless Chromium. CHROMIUM names another; SLACK=4 is for a machine
// that does other work as well: times may be as many times longer.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import puppeteer from "../../docs/playground/node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js";
import { toFragment } from "../../docs/playground/link.mjs";

const SITE = fileURLToPath(new URL("../../docs/_build/html", import.meta.url));
const SLACK = Number(process.env.SLACK ?? 1);
const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
const TYPES = { ".html": "text/html", ".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".json": "application/json", ".svg": "image/svg+xml" };
const DRIFT = readFileSync(new URL("../../specs/drift.snn", import.meta.url), "utf8");

let server;
let browser;
let page;
let asked;

before(async () => {
  assert.ok(CHROMIUM, "there is no Chromium: install it (Debian: apt install chromium), or set CHROMIUM to its path");
  server = createServer((request, response) => {
    const path = SITE + decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const known = existsSync(path);
    response.writeHead(known ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(known ? readFileSync(path) : "");
  }).listen(0);
  browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});

after(async () => {
  await browser?.close();
  server?.close();
});

beforeEach(async () => {
  await page?.close();
  const context = await browser.createBrowserContext(); // nothing is in its cache
  page = await context.newPage();
  page.setDefaultTimeout(60000 * SLACK);
  asked = [];
  page.on("request", (request) => asked.push(request.url()));
});

const address = (path) => `http://localhost:${server.address().port}/${path}`;
const open = (fragment = "") => page.goto(address(`playground/index.html${fragment}`));
const status = () => page.$eval("#status", (element) => element.textContent);
const problems = () => page.$eval("#problems", (element) => element.textContent);
const has = (id, text) => page.waitForFunction((id, text) => document.getElementById(id).textContent.includes(text), {}, id, text);
const ready = () => has("status", "Checked");
const replace = (text) =>
  page.$eval("#spec", (spec, text) => {
    spec.value = text;
    spec.dispatchEvent(new Event("input"));
  }, text);

function measured(t, what, milliseconds, most) {
  t.diagnostic(`${what}: ${Math.round(milliseconds)} ms`);
  assert.ok(milliseconds <= most * SLACK, `${what}: ${milliseconds} ms, more than ${most} ms; SLACK=${SLACK}`);
}

/** Seconds of processor time that Chromium's processes have used; for Linux. */
function processorTime() {
  let ticks = 0;
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, , group, , , , , , , , , user, system] = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1).split(" ");
      ticks += group === String(browser.process().pid) ? Number(user) + Number(system) : 0;
    } catch {
      // This process has ended.
    }
  }
  return ticks / 100;
}

test("it starts in little more processor time than Pyodide alone", async (t) => {
  await page.goto(address("playground/examples.json"));
  let before = processorTime();
  await page.evaluate(async () => {
    const { loadPyodide } = await import("/playground/pyodide.mjs");
    const info = { abi_version: "2026_0", arch: "wasm32", platform: "emscripten", python: "3.14" };
    await loadPyodide({ indexURL: "/playground/", lockFileContents: JSON.stringify({ info, packages: {} }) });
  });
  const alone = processorTime() - before;
  await page.close();
  page = await (await browser.createBrowserContext()).newPage();
  before = processorTime();
  await open();
  await ready();
  const own = processorTime() - before;
  t.diagnostic(`processor time: ${own.toFixed(2)} s, Pyodide alone ${alone.toFixed(2)} s`);
  assert.ok(own < 1.3 * alone);
});

test("it is ready in 8 s, from files that are next to it alone", async (t) => {
  const started = performance.now();
  await open();
  await ready();
  measured(t, "ready", performance.now() - started, 8000);
  assert.match(await page.$eval("#marks", (element) => element.textContent), /2,704 neurons, 5 cores/);
  const elsewhere = asked.filter((url) => !url.startsWith(address("")) && !url.startsWith("blob:"));
  assert.deepEqual(elsewhere, []);
});

test("a check takes 150 ms while typing, and the report 1 s", async (t) => {
  await open();
  await ready();
  await new Promise((resolve) => setTimeout(resolve, 8000 * SLACK)); // the second worker
  await page.$eval("#spec", (spec) => {
    spec.focus();
    const at = spec.value.indexOf("filters 16") + "filters 16".length;
    spec.setSelectionRange(at, at);
  });
  const times = [];
  for (let edit = 0; edit < 40; edit++) {
    await page.$eval("#status", (element) => (element.textContent = ""));
    await page.keyboard.press(edit % 2 ? "Backspace" : "0");
    await ready();
    times.push(Number((await status()).match(/(\d+) ms/)[1]));
  }
  measured(t, "check, 95th percentile", times.sort((a, b) => a - b)[37], 150);
  const started = performance.now();
  await page.click("#show-report");
  await page.waitForSelector("iframe");
  measured(t, "report", performance.now() - started, 1000);
  await page.click("#show-files");
  await has("files", "models/drift/keras_model.py");
});

test("it shows a problem where it is, and fixes it", async () => {
  await open();
  await ready();
  await replace(DRIFT.replace("target loihi", "target lohi"));
  await has("problems", "SNN201");
  assert.equal(await page.$eval("#marks mark", (mark) => mark.textContent), "lohi");
  await page.click(".fix");
  await has("problems", "No problems");
  assert.equal(await page.$eval("#spec", (spec) => spec.value), DRIFT);
});

test("the link of a page of a rule opens its example", async () => {
  await page.goto(address("rules/SNN201.html"));
  await page.click("p.open a");
  await has("problems", "there is no `target lohi`");
});

test("every spec of the site has a link", () => {
  const pages = readdirSync(SITE, { recursive: true }).filter((name) => name.endsWith(".html"));
  const text = pages.map((name) => readFileSync(`${SITE}/${name}`, "utf8")).join("");
  const blocks = Array.from(text.matchAll(/<pre>(.*?)<\/pre>/gs), ([, inner]) => inner.replaceAll(/<[^>]*>/g, ""));
  const specs = blocks.filter((block) => /^snn:? \d/.test(block));
  const links = text.match(/<p class="open">/g);
  assert.ok(specs.length > 200);
  assert.equal(links.length, specs.length);
});

test("a link carries 100 kB, and one that is broken says so", async () => {
  const long = `${DRIFT}${"# a comment of some length, number 123456\n".repeat(2500)}`;
  await open(`#${await toFragment(long)}`);
  await ready();
  assert.equal(await page.$eval("#spec", (spec) => spec.value), long);
  await page.goto("about:blank");
  await open("#this-is-none");
  await ready();
  assert.equal(await page.$eval("#spec", (spec) => spec.value), DRIFT);
});

test("without WebAssembly it says so", async () => {
  await page.evaluateOnNewDocument(() => delete globalThis.WebAssembly);
  await open();
  await has("status", "has no WebAssembly");
});

test("what takes more than 5 s is given up, and the page can be used offline", async () => {
  await open();
  await ready();
  await page.setOfflineMode(true);
  const layers = Array.from({ length: 400 }, (_, i) => `  conv2d c${i} { filters ${8 + (i % 50)}, kernel 3, padding same }`);
  const head = "snn 1\n\nnetwork big {\n  target loihi { chips 768 }\n  input image 64x64x3 in 0..1\n  encode conv\n";
  await replace(`${head}${layers.join("\n")}\n  readout label { classes 10 }\n}\n`);
  await has("status", "more than 5 s");
  await replace(DRIFT.replace("target loihi", "target lohi"));
  await has("problems", "SNN201");
  await page.click("#show-report");
  await replace(DRIFT);
  await page.waitForSelector("iframe");
});
