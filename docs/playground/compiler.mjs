/** What the worker needs; the page loads it once, so that later no network is needed. */
const FILES = ["worker.mjs", "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "python_memory.bin", "site.zip"];

/** Load the files of the compiler; return an address in memory for each. */
export async function load() {
  const loaded = FILES.map(async (name) => {
    const response = await fetch(name);
    if (!response.ok) {
      throw new Error(`${name}: ${response.status} ${response.statusText}`);
    }
    return [name, URL.createObjectURL(await response.blob())];
  });
  return Object.fromEntries(await Promise.all(loaded));
}

export class TooSlow extends Error {}

/** A compiler in a worker, which answers one question after another. */
export class Compiler {
  constructor(files) {
    this.files = files;
    this.last = Promise.resolve();
    this.start();
  }

  start() {
    this.worker = new Worker(this.files["worker.mjs"], { type: "module" });
    this.ready = this.next();
    this.worker.postMessage({ files: this.files });
  }

  /** Wait for the next message of the worker. */
  next() {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }) => (data.failure ? reject(new Error(data.failure)) : resolve(data.answer));
      this.worker.onerror = (event) => reject(new Error(event.message));
    });
  }

  /** Ask what a function of `playground.py` returns; what takes longer is given up. */
  ask(seconds, verb, ...given) {
    const asked = this.last.then(() => this.answer(seconds, verb, given));
    this.last = asked.catch(() => {});
    return asked;
  }

  async answer(seconds, verb, given) {
    await this.ready;
    const answer = this.next();
    this.worker.postMessage({ verb, given });
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new TooSlow()), 1000 * seconds);
    });
    try {
      return JSON.parse(await Promise.race([answer, late]));
    } catch (error) {
      this.worker.terminate();
      this.start();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
