#!/usr/bin/env node
/**
 * Recorded vectors, one policy set per line, so that a re-recording shows as a diff of the sets that changed:
 *
 *   node test/vectors/compact.mjs RECORDED.json > test/vectors/NAME.jsonl
 *
 * The first line holds everything but the sets. Nothing of a set is changed but its notes and evaluators, which are left out.
 */
import fs from 'node:fs';

const recorded = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const { sets, disagreements, skipped, ...header } = Array.isArray(recorded) ? { sets: recorded } : recorded;
for (const line of [header, ...sets.map(({ note, evaluators, ...set }) => ({ ...set, vectors: set.vectors?.map(compact) }))]) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function compact({ evaluators, ...vector }) {
  return vector;
}
