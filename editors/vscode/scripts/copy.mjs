// What the extension has of snnc: its grammar, its licence and its changelog.
import { copyFileSync, mkdirSync } from "node:fs";

const here = new URL("../", import.meta.url);
const root = new URL("../../", here);
mkdirSync(new URL("syntaxes/", here), { recursive: true });
copyFileSync(new URL("grammar/snn.tmLanguage.json", root), new URL("syntaxes/snn.tmLanguage.json", here));
for (const name of ["LICENSE", "CHANGELOG.md"]) {
  copyFileSync(new URL(name, root), new URL(name, here));
}
