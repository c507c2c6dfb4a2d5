import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

let client: LanguageClient | undefined;
let begun = false;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
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
  const isSpec = document.languageId === "snn" || (document.languageId === "yaml" && /^snn\s*:/m.test(document.getText()));
  if (isSpec && !begun) {
    await restart();
  }
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
      `snnc: \`${[command, ...args].join(" ")}\` does not start. Install it by pip install "snnc[lsp]", or say in the settings where it is.`,
      "Settings",
    );
    if (choice === "Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "snnc.command");
    }
  }
}

function startCommand(): string[] {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? ".";
  const words = vscode.workspace.getConfiguration("snnc").get<string[]>("command", []);
  return words.map((word) => word.replaceAll("${workspaceFolder}", folder));
}
