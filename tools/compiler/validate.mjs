// What the parser of AsyncAPI says of the document on stdin, one complaint a line.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const required = createRequire(process.argv[2] + "/");
const { Parser } = required("@asyncapi/parser");
const { ProtoBuffSchemaParser } = required("@asyncapi/protobuf-schema-parser");

const parser = new Parser();
parser.registerSchemaParser(ProtoBuffSchemaParser());
const ERROR = 0, WARNING = 1;
const { diagnostics } = await parser.parse(readFileSync(0, "utf8"));
for (const { severity, path, message } of diagnostics) {
  if (severity === ERROR || severity === WARNING) console.log(`${path.join(".")}: ${message}`);
}
