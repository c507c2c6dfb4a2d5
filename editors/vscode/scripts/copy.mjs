// What the extension shows is what snnc knows: its grammar, and its licence.
import { copyFileSync, mkdirSync } from "node:fs";

const here = new URL("../", import.meta.url);
const root = new URL("../../", here);
mkdirSync(new URL("syntaxes/", here), { recursive: true });
copyFileSync(new URL("grammar/snn.tmLanguage.json", root), new URL("syntaxes/snn.tmLanguage.json", here));
copyFileSync(new URL("LICENSE", root), new URL("LICENSE", here));
