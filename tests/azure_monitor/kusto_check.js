// Reads queries with Kusto's own parser against the tables of Application Insights, and prints as
// JSON what is wrong with each and which columns it gives.
//
//   node kusto_check.js PACKAGE QUERY [QUERY ...]
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const [language, ...queries] = process.argv.slice(2);
for (const file of ["bridge.js", "Kusto.Language.Bridge.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(language, file), "utf8"), { filename: file });
}

const TABLES = JSON.parse(fs.readFileSync(path.join(__dirname, "tables.json"), "utf8"));
const { TableSymbol, DatabaseSymbol } = Kusto.Language.Symbols;
const typed = (columns) => Object.entries(columns).map(([name, type]) => `${name}:${type}`);
const tables = Object.entries(TABLES).map(([name, columns]) =>
  TableSymbol.From(`(${typed(columns).join()})`).WithName(name),
);
const globals = Kusto.Language.GlobalState.Default.WithDatabase(new DatabaseSymbol("app", tables));

const all = (list) => Array.from({ length: list.Count }, (_, index) => list.getItem(index));
const told = {};
for (const query of queries) {
  const code = Kusto.Language.KustoCode.ParseAndAnalyze(fs.readFileSync(query, "utf8"), globals);
  told[path.basename(query, ".kql")] = {
    wrong: all(code.GetDiagnostics()).map((each) => each.Message),
    columns: Object.fromEntries(
      all(code.ResultType.Columns).map((each) => [each.Name, each.Type.Name]),
    ),
  };
}
console.log(JSON.stringify(told));
