// The compiler in Pyodide gives what CPython gives: for each spec of the documentation.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { loadPyodide } from "../../docs/playground/node_modules/pyodide/pyodide.mjs";
import { parts } from "../../docs/playground/highlight.mjs";
import { fromFragment, toFragment } from "../../docs/playground/link.mjs";

const ROOT = new URL("../../", import.meta.url);
const SITE = new URL("docs/_build/html/playground/", ROOT);
const PYTHON = process.env.PYTHON ?? "python3";

let cases;
let outputs;
let parser;

before(async () => {
  const file = process.env.CASES ?? join(mkdtempSync(join(tmpdir(), "snnc-")), "cases.json");
  if (!process.env.CASES) {
    execFileSync(PYTHON, ["-m", "tests.browser.cases", file], { cwd: ROOT });
  }
  cases = JSON.parse(readFileSync(file, "utf8"));
  const python = await loadPyodide({ _loadSnapshot: gunzipSync(readFileSync(new URL("python_memory.bin", SITE))) });
  python.unpackArchive(new Uint8Array(readFileSync(new URL("site.zip", SITE))), "zip", { extractDir: "/site" });
  python.FS.writeFile("/site/outputs.py", readFileSync(new URL("outputs.py", import.meta.url)));
  python.pyimport("importlib").invalidate_caches();
  outputs = python.pyimport("outputs").outputs;
  parser = JSON.parse(readFileSync(new URL("snn.tmLanguage.json", SITE), "utf8"));
});

test("every spec gives the same bytes as in CPython", () => {
  assert.ok(cases.length > 200);
  for (const [text, builds, expected] of cases) {
    const found = outputs(text, builds);
    let at = 0;
    while (at < expected.length && found[at] === expected[at]) {
      at += 1;
    }
    assert.equal(found.slice(at - 100, at + 100), expected.slice(at - 100, at + 100), text);
    assert.equal(found.length, expected.length);
  }
});

test("a link carries each spec", async () => {
  for (const [text] of cases.slice(0, 50)) {
    assert.equal(await fromFragment(await toFragment(text)), text);
  }
  await assert.rejects(fromFragment("no-spec"));
});

test("colours cover each spec, and statements have some", () => {
  for (const [text] of cases) {
    const coloured = Array.from(parts(text, parser));
    assert.equal(coloured.map(([part]) => part).join(""), text);
  }
  const classes = new Map(parts("  conv2d c0 { filters 8 }", parser));
  assert.equal(classes.get("conv2d"), "keyword.control.snn");
  assert.equal(classes.get("8"), "constant.numeric.snn");
});
