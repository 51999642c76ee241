// The report for people.

/** A table of the report's columns. */
export function markdown(report) {
  const rows = report.columns.map((column) => [
    column.name,
    column.kind,
    count(column.filled),
    count(column.missing),
    count(column.distinct),
    column.least === undefined ? "" : `${column.least} … ${column.most}`,
    column.common.map(([value, times]) => `${shown(value)} (${count(times)})`).join(", "),
  ]);
  return [
    `# ${report.source}: ${count(report.rows)} rows`,
    "",
    line(["column", "kind", "filled", "missing", "distinct", "range", "most common"]),
    line(["---", "---", "---:", "---:", "---:", "---", "---"]),
    ...rows.map(line),
    "",
  ].join("\n");
}

function line(cells) {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function shown(value) {
  const whole = value.replace(/\s+/g, " ");
  return whole.length > 40 ? `${whole.slice(0, 39)}…` : whole;
}

function count(number) {
  return number.toLocaleString("en");
}
