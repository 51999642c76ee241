// Reads a CSV file and reports on it, column by column.

import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { Column } from "./column.mjs";
import { markdown } from "./markdown.mjs";

const PACKED = new URL("./services.csv", import.meta.url);

/** The event may have `csv` (a text; else the file in the package is read), `delimiter` and `common` (how many values). */
export async function handler(event) {
  const text = event.csv === undefined ? createReadStream(PACKED) : Readable.from([event.csv]);
  const { columns, rows } = await read(text, event.delimiter ?? ",");
  const report = {
    source: event.csv === undefined ? "services.csv" : "event",
    rows,
    columns: columns.map((column) => column.told(event.common ?? 3)),
  };
  return { report, markdown: markdown(report) };
}

async function read(input, delimiter) {
  // Throws when a row has more or fewer fields than the head, or a quote is not closed: the invocation's error names the line.
  const parser = input.pipe(parse({ bom: true, delimiter, skip_empty_lines: true }));
  input.on("error", (error) => parser.destroy(error));
  let columns;
  let rows = 0;
  for await (const fields of parser) {
    if (columns === undefined) {
      columns = fields.map((name) => new Column(name));
      continue;
    }
    rows += 1;
    fields.forEach((field, index) => columns[index].add(field));
  }
  return { columns: columns ?? [], rows };
}
