// Runs one evaluation with promptfoo's own library and prints one JSON line:
// {"name", "version", "seconds", "answers", "passed"}.
//
//   node promptfoo.mjs PROMPTFOO_DIRECTORY SETTINGS_JSON
//
// The settings are {"url", "model", "rows": [{"ticket", "reference"}], "prompts": [...], "at_once"}.
// A small evaluation comes first, so that nothing is loaded or connected while the clock runs.
// Nothing is written to promptfoo's database and no table is drawn: its fastest way.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [given, settingsFile] = process.argv.slice(2);
const directory = resolve(given);
const settings = JSON.parse(readFileSync(settingsFile, "utf8"));
const home = join(directory, "node_modules", "promptfoo");
const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
const { evaluate } = (await import(pathToFileURL(join(home, "dist", "src", "index.js")))).default;

function suite(rows) {
  return {
    prompts: settings.prompts.map((text) => text.replace("{ticket}", "{{ticket}}")),
    providers: [
      { id: `google:${settings.model}`, config: { apiKey: "local", apiBaseUrl: settings.url } },
    ],
    tests: rows.map((row) => ({
      vars: { ticket: row.ticket },
      assert: [{ type: "equals", value: row.reference }],
    })),
    writeLatestResults: false,
  };
}

async function run(rows) {
  const options = { maxConcurrency: settings.at_once, cache: false, showProgressBar: false };
  const found = await evaluate(suite(rows), options);
  return typeof found.toEvaluateSummary === "function" ? found.toEvaluateSummary() : found;
}

await run(settings.rows.slice(0, 16));
const started = performance.now();
const summary = await run(settings.rows);
const seconds = (performance.now() - started) / 1000;
const answered = summary.results.filter((one) => one.response && one.response.output);
const passed = summary.results.filter((one) => one.success).length;
console.log(
  JSON.stringify({ name: "promptfoo", version, seconds, answers: answered.length, passed }),
);
process.exit(0);
