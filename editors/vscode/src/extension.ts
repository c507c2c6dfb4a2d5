import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

let client: LanguageClient | undefined;
let begun = false;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider("snnc", { provideTasks, resolveTask }),
    vscode.commands.registerCommand("snnc.restart", restart),
    vscode.workspace.onDidOpenTextDocument(startFor),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (begun && change.affectsConfiguration("snnc.command")) {
        await restart();
      }
    }),
  );
  for (const document of vscode.workspace.textDocuments) {
    await startFor(document);
  }
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

/** Start the server for the first spec; of other YAML files it would have nothing to say. */
async function startFor(document: vscode.TextDocument): Promise<void> {
  if (isSpec(document) && !begun) {
    await restart();
  }
}

function isSpec(document: vscode.TextDocument): boolean {
  return document.languageId === "snn" || (document.languageId === "yaml" && /^snn\s*:/m.test(document.getText()));
}

/** Offer to build the spec in the editor, and to report on it. */
function provideTasks(): vscode.Task[] {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined || document.isUntitled || !isSpec(document)) {
    return [];
  }
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const file = vscode.workspace.asRelativePath(document.uri, false);
  return ["build", "report"].map((verb) => taskOf({ type: "snnc", verb, file }, folder));
}

/** Complete a task of `tasks.json`. */
function resolveTask(task: vscode.Task): vscode.Task {
  return taskOf(task.definition, task.scope);
}

/** Make the task that runs `snnc VERB FILE` in a terminal, for the device of the settings. */
function taskOf(definition: vscode.TaskDefinition, scope: vscode.Task["scope"]): vscode.Task {
  const { verb, file } = definition as vscode.TaskDefinition & { verb: string; file: string };
  const words = startCommand();
  const [command = "snnc", ...options] = words.at(-1) === "lsp" ? words.slice(0, -1) : words;
  const device = vscode.workspace.getConfiguration("snnc").get<string>("device", "loihi1");
  if (device !== "loihi1") {
    options.push("--device", device);
  }
  const run = new vscode.ProcessExecution(command, [...options, verb, file]);
  return new vscode.Task(definition, scope ?? vscode.TaskScope.Workspace, `${verb} ${file}`, "snnc", run);
}

/** Start the server, or say how to get it. */
async function restart(): Promise<void> {
  begun = true;
  await deactivate();
  const [command, ...args] = startCommand();
  if (command === undefined) {
    return;
  }
  const server: ServerOptions = { command, args };
  const options: LanguageClientOptions = {
    documentSelector: [{ language: "snn" }, { language: "yaml" }],
    // The server asks for the section `snnc`, and is told when it changes.
    synchronize: { configurationSection: "snnc" },
  };
  const started = new LanguageClient("snnc", "snnc", server, options);
  try {
    await started.start();
    client = started;
  } catch {
    const choice = await vscode.window.showErrorMessage(
      `snnc: \`${[command, ...args].join(" ")}\` does not start. Install it with \`python -m pip install '.[lsp]'\` in a clone of snnc, or say in the settings where it is.`,
      "Settings",
    );
    if (choice === "Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "snnc.command");
    }
  }
}

/** Return the command of the settings; if they have none, that of the project's interpreter. */
function startCommand(): string[] {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? ".";
  const words = vscode.workspace.getConfiguration("snnc").get<string[]>("command", []);
  if (words.length > 0) {
    return words.map((word) => word.replaceAll("${workspaceFolder}", folder));
  }
  const interpreter = selectedInterpreter();
  const environments = [".venv", "venv"].map((name) => join(folder, name));
  const places = environments.flatMap((path) => [join(path, "bin"), join(path, "Scripts")]);
  if (interpreter !== undefined) {
    places.push(dirname(interpreter));
  }
  const found = places.flatMap((path) => [join(path, "snnc"), join(path, "snnc.exe")]);
  return [found.find((path) => existsSync(path)) ?? "snnc", "lsp"];
}

/** Return the path of the interpreter that is selected in the Python extension. */
function selectedInterpreter(): string | undefined {
  const python = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
  return python?.isActive ? python.exports.environments.getActiveEnvironmentPath().path : undefined;
}

/** The part of the Python extension that is used. */
interface PythonExtension {
  environments: { getActiveEnvironmentPath(): { path: string } };
}
