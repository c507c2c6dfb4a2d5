// What notebooks show of results, in headless Chromium with JupyterLab's style. CHROMIUM
// names another browser; PYTHON has snnc.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = process.env.PYTHON ?? "python";
const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));

// Runs in the page, and leaves what it finds there.
function look() {
  const found = [];
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((c) => (c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const boxes = (selector) => [...document.querySelectorAll(selector)].map((e) => ({ e, box: e.getBoundingClientRect() }));
  const groups = { tiles: boxes(".tiles > div"), texts: boxes("dt, dd, small, caption") };
  let pairs = 0;
  for (const [name, all] of Object.entries(groups))
    for (const [i, one] of all.entries())
      for (const other of all.slice(i + 1)) {
        if (one.e.contains(other.e) || other.e.contains(one.e)) continue;
        pairs++;
        const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (wide > 0.5 && high > 0.5) found.push(`${name} overlap: ${one.e.textContent} / ${other.e.textContent}`);
      }
  for (const cell of document.querySelectorAll(".snnc td, .snnc th")) {
    const side = getComputedStyle(cell).textAlign;
    if (side !== (cell.classList.contains("number") ? "right" : "left")) found.push(`aligned ${side}: ${cell.textContent}`);
  }
  let texts = 0;
  for (const element of document.querySelectorAll(".snnc :is(h1, h2, p, dt, dd, small, td, th, li, caption, a, .percent)")) {
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    texts++;
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(`contrast ${((a + 0.05) / (b + 0.05)).toFixed(2)}: ${element.textContent}`);
  }
  const result = document.createElement("script");
  result.type = "application/json";
  result.id = "found";
  result.textContent = JSON.stringify({ found, pairs, texts });
  document.body.append(result);
}

for (const theme of ["light", "dark"])
  test(`in JupyterLab's ${theme} theme, nothing overlaps and all can be read`, () => {
    assert.ok(CHROMIUM, "there is no Chromium: install it (Debian: apt install chromium), or set CHROMIUM to its path");
    const file = join(mkdtempSync(join(tmpdir(), "snnc-")), "page.html");
    execFileSync(PYTHON, ["-m", "tests.browser.results", file, theme], { cwd: ROOT });
    appendFileSync(file, `<script>(${look})()</script>`);
    const options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,800", "--dump-dom"];
    const page = execFileSync(CHROMIUM, [...options, pathToFileURL(file).href], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1e8 });
    const { found, pairs, texts } = JSON.parse(page.match(/id="found">(.*?)<\/script>/s)[1]);
    assert.ok(pairs > 100 && texts > 200, `${pairs} pairs, ${texts} texts`);
    assert.deepEqual(found, []);
  });
