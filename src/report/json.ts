import type { Renderer } from './renderer.ts';

/** DEL and the C1 controls: JSON leaves them raw, and some terminals obey them. */
const controls = /[\u007f-\u009f]/g;

const MOST_INDENTED = 500;

/** The result as it is, keys in the order of the contract; or with `residualOnly` the matching part of it. */
export const renderJson: Renderer = (result, { residualOnly }) => {
  const { schemaVersion, tool, input, confidence, residual } = result;
  const shown = residualOnly
    ? { schemaVersion, tool, input: { assumptions: input.assumptions }, confidence, residual }
    : result;
  // Indented as long as a person may want to read it.
  const text = JSON.stringify(shown, null, result.inventory.workloads.length > MOST_INDENTED ? undefined : 2);
  return `${text.replace(controls, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)}\n`;
};
