// Compiles Python files to byte code: node compile.mjs FOLDER. Without it, every visitor
// of the playground would wait for that. Only the sources that snnc copies into packages
// stay.
import { loadPyodide } from "pyodide";

const python = await loadPyodide();
python.mountNodeFS("/site", process.argv[2]);
python.runPython(`
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
`);
