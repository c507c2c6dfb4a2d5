// Runs the compiler: is given its files once, and then questions, one at a time.
let compiler;

self.onmessage = async ({ data }) => {
  try {
    if (data.files) {
      compiler = await start(data.files);
      self.postMessage({ answer: "ready" });
    } else {
      self.postMessage({ answer: compiler[data.verb](...data.given) });
    }
  } catch (error) {
    self.postMessage({ failure: String(error) });
  }
};

/** Start Python from files that the page has loaded: nothing else is ever fetched. */
async function start(files) {
  const { fetch } = self;
  self.fetch = (url) => fetch(files[String(url).split("/").at(-1)]);
  const { loadPyodide } = await import(files["pyodide.mjs"]);
  const { default: createPyodideModule } = await import(files["pyodide.asm.mjs"]);
  const memory = (await self.fetch("python_memory.bin")).body.pipeThrough(new DecompressionStream("gzip"));
  const python = await loadPyodide({
    _loadSnapshot: new Response(memory).arrayBuffer(),
    createPyodideModule,
    indexURL: "https://files/",
    lockFileContents: '{"info": {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten", "python": "3.14"}, "packages": {}}',
  });
  const site = await (await self.fetch("site.zip")).arrayBuffer();
  python.unpackArchive(site, "zip", { extractDir: "/site" });
  python.pyimport("importlib").invalidate_caches();
  return python.pyimport("playground");
}
