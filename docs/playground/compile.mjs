// node compile.mjs FOLDER MEMORY prepares what every visitor of the playground would wait
// for. It compiles the Python files of FOLDER to byte code and leaves only the sources
// that snnc copies into packages. It writes to MEMORY what a started Python has in memory,
// with all modules that the compiler imports. Pyodide can't save a memory with a library
// in C, so pydantic and snnc, which need one, are left out.
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { loadPyodide } from "pyodide";

const [folder, memory] = process.argv.slice(2);

async function start(options) {
  const python = await loadPyodide({ ...options, env: { NO_COLOR: "1", PYTHONPATH: "/site" } });
  python.mountNodeFS("/site", folder);
  python.pyimport("importlib").invalidate_caches();
  return python;
}

const python = await start({});
const modules = python.runPython(`
import sys
from compileall import compile_dir
from pathlib import Path
from py_compile import PycInvalidationMode

vendored = Path("/site/snnc/runtime")
compile_dir(vendored, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
compile_dir("/site", quiet=1, legacy=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
for path in Path("/site").rglob("*.py"):
    if vendored in path.parents:
        path.with_suffix(".pyc").unlink()
    else:
        path.unlink()

import playground

left_out = {"__main__", "playground", "pydantic", "pydantic_core", "snnc"}
" ".join(name for name in sys.modules if name.split(".")[0] not in left_out)
`);
const saved = await start({ _makeSnapshot: true });
for (const name of modules.split(" ")) {
  saved.pyimport("importlib").import_module(name);
}
writeFileSync(memory, gzipSync(saved.makeMemorySnapshot()));
