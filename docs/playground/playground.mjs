import { Compiler, TooSlow, load } from "./compiler.mjs";
import { parts } from "./highlight.mjs";
import { LARGEST, TooLarge, fromFragment, toFragment } from "./link.mjs";

const SECONDS = 5;
/** Milliseconds without a key before what takes longer is begun. */
const REST = 300;
const $ = (id) => document.getElementById(id);
const spec = $("spec");

let grammar;
let quick;
let patient;
let shown = "problems";
let resting;
let checking = false;
/** What is wrong with the link of this page; shown until the text changes. */
let notice = "";

async function begin() {
  const examples = await (await fetch("examples.json")).json();
  grammar = await (await fetch("snn.tmLanguage.json")).json();
  $("examples").replaceChildren(...Object.keys(examples).map((name) => new Option(name)));
  $("examples").value = "drift";
  $("examples").onchange = () => edited(() => write(examples[$("examples").value]));
  $("copy").onclick = copyLink;
  spec.oninput = () => edited(changed);
  spec.onscroll = align;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.onclick = () => show(tab.getAttribute("aria-controls"));
  }
  window.onhashchange = async () => write((await linked()) ?? spec.value);
  const text = (await linked()) ?? examples.drift;
  say("Loading the compiler …");
  write(text);
  await startCompiler();
}

async function startCompiler() {
  if (typeof WebAssembly !== "object") {
    say("This browser has no WebAssembly, which the compiler needs. Use another browser, or install snnc.");
    return;
  }
  try {
    const files = await load();
    quick = new Compiler(files);
    await quick.ready;
    await check();
    patient = new Compiler(files);
  } catch (error) {
    say(`The compiler can't be loaded: ${error.message}. Load this page again.`);
    return;
  }
  patient.ask(60, "report", spec.value).catch(() => {}); // so that the first one is not slow
}

async function linked() {
  const fragment = location.hash.slice(1);
  notice = "";
  if (fragment === "") {
    return undefined;
  }
  try {
    return await fromFragment(fragment);
  } catch (error) {
    notice =
      error instanceof TooLarge
        ? `The link has a spec of more than ${LARGEST / 1024} KiB, which is too large for snnc. `
        : "The link has no spec that can be read. ";
    return undefined;
  }
}

async function copyLink() {
  await navigator.clipboard?.writeText(location.href).catch(() => {});
  say("Copied: the address of this page carries the spec.");
}

function edited(change) {
  notice = "";
  change();
}

function write(text) {
  spec.value = text;
  spec.scrollTo(0, 0);
  changed();
}

/** Colour a text that has changed, and check it; later, when it rests, do the rest. */
function changed() {
  const isYaml = /^snn\s*:/m.test(spec.value);
  const coloured = isYaml ? [[spec.value, ""]] : parts(spec.value, grammar);
  $("colours").replaceChildren(...Array.from(coloured, ([part, name]) => span(part, name)));
  const lines = spec.value.split("\n").length;
  $("numbers").textContent = Array.from({ length: lines }, (_, line) => line + 1).join("\n");
  align();
  clearTimeout(resting);
  check();
}

function align() {
  for (const id of ["colours", "marks", "numbers"]) {
    $(id).style.transform = `translate(${id === "numbers" ? 0 : -spec.scrollLeft}px, ${-spec.scrollTop}px)`;
  }
}

/** Check the newest text; one that changes meanwhile is checked next. */
async function check() {
  if (quick === undefined || checking) {
    return;
  }
  checking = true;
  const text = spec.value;
  const started = performance.now();
  const found = await ask(quick, "check", text);
  checking = false;
  if (text !== spec.value) {
    check();
  }
  if (found !== undefined) {
    showCheck(text, found);
    say(`Checked in ${Math.round(performance.now() - started)} ms`);
  }
  resting = setTimeout(() => rest(found), REST);
}

/** Ask for what takes longer: advice, the report or the files. */
async function rest(found) {
  if (patient === undefined) {
    return;
  }
  const text = spec.value;
  history.replaceState(null, "", `#${await toFragment(text)}`);
  if (found?.settled === false) {
    const advised = await ask(patient, "check", text, true);
    if (advised !== undefined && text === spec.value) {
      showCheck(text, advised);
    }
  }
  if (shown !== "problems" && text === spec.value) {
    const made = await ask(patient, shown, text);
    if (made === undefined) {
      $(shown).replaceChildren(element("p", "soft", "No result: the line at the top says why."));
    } else if (text === spec.value) {
      ({ report: showReport, files: showFiles })[shown]?.(made);
    }
  }
}

/** Return an answer of a compiler; if there is none, say why. */
async function ask(compiler, verb, ...given) {
  try {
    return await compiler.ask(SECONDS, verb, ...given);
  } catch (error) {
    say(
      error instanceof TooSlow
        ? `This takes more than ${SECONDS} s here: install snnc, and run \`snnc ${verb}\`. You can go on with a smaller network.`
        : `The compiler failed, which is a bug in snnc: ${error.message}`,
    );
    return undefined;
  }
}

function show(panel) {
  shown = panel;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const name = tab.getAttribute("aria-controls");
    tab.setAttribute("aria-selected", String(name === panel));
    $(name).hidden = name !== panel;
  }
  rest();
}

function showCheck(text, { diagnostics, costs }) {
  const lines = text.split("\n");
  $("marks").replaceChildren(...marked(lines, diagnostics, new Map(costs)));
  $("problems").replaceChildren(...diagnostics.map((found) => problem(found, lines)));
  if (diagnostics.length === 0) {
    $("problems").append(element("p", "soft", "No problems."));
  }
}

/** The text with what is wrong underlined, and costs at the ends of lines. */
function* marked(lines, diagnostics, costs) {
  for (const [index, line] of lines.entries()) {
    const number = index + 1;
    const wrong = diagnostics.filter((d) => d.line <= number && number <= d.end_line);
    const ends = wrong.map((d) => [
      d.line === number ? place(line, d.column) : 0,
      d.end_line === number ? place(line, d.end_column) : line.length,
      d.severity,
    ]);
    let at = 0;
    for (const [start, end, severity] of ends.sort((a, b) => a[0] - b[0])) {
      if (start >= at) {
        yield document.createTextNode(line.slice(at, start));
        yield element("mark", severity, line.slice(start, end) || " ");
        at = end;
      }
    }
    yield document.createTextNode(line.slice(at));
    if (costs.has(number)) {
      yield element("span", "cost", `  ${costs.get(number)}`);
    }
    yield document.createTextNode("\n");
  }
}

/** A column, which counts characters from 1, as a place in a string of UTF-16. */
function place(line, column) {
  return Array.from(line).slice(0, column - 1).join("").length;
}

function problem(found, lines) {
  const item = element("article", found.severity);
  const title = element("button", "title", `${found.line}:${found.column} ${found.message}`);
  title.onclick = () => select(lines, found);
  const code = element("a", "code", found.code);
  code.href = `../rules/${found.code}.html`;
  item.append(code, title);
  for (const note of [found.label, ...found.notes]) {
    item.append(element("p", "", note));
  }
  if (found.help) {
    item.append(element("p", "help", `help: ${found.help}`));
  }
  if (found.fix) {
    const fix = element("button", "fix", `Fix: ${found.fix.description}`);
    fix.onclick = () => apply(lines, found.fix);
    item.append(fix);
  }
  return item;
}

function offset(lines, line, column) {
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return before + place(lines[line - 1] ?? "", column);
}

function select(lines, { line, column, end_line, end_column }) {
  spec.focus();
  spec.setSelectionRange(offset(lines, line, column), offset(lines, end_line, end_column));
}

function apply(lines, { start, end, replacement }) {
  const [from, to] = [start, end].map((at) => offset(lines, at.line, at.column));
  spec.setRangeText(replacement, from, to, "end");
  changed();
}

function showReport({ page, problems }) {
  const frame = element("iframe", "");
  frame.title = "Report";
  frame.sandbox = "";
  frame.srcdoc = page;
  $("report").replaceChildren(page ? frame : element("pre", "", problems));
}

function showFiles({ files, problems }) {
  const isOwn = ([path]) => !path.includes("/_runtime/");
  const ordered = Object.entries(files).sort((a, b) => isOwn(b) - isOwn(a));
  const listed = ordered.map(([path, text]) => {
    const file = element("details", "");
    file.append(element("summary", "", path), element("pre", "", text));
    return file;
  });
  $("files").replaceChildren(...listed, element("pre", "", problems));
}

function say(text) {
  $("status").textContent = notice + text;
}

function span(text, name) {
  return name ? element("span", name.replaceAll(".", " "), text) : document.createTextNode(text);
}

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

await begin();
